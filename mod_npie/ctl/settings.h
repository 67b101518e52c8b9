/* SPDX-License-Identifier: Apache-2.0
 * npiectl.conf: where the parts of the installation are.
 */
#ifndef NPIE_CTL_SETTINGS_H
#define NPIE_CTL_SETTINGS_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/status.h"
#include "store/session.h"
#include "tsa/server.h"

/** What the file and the options say. Strings NULL where they say nothing. */
typedef struct npie_ctl_settings_t {
    const char *driver;        /**< of the registry: "sqlite3" or "pgsql" */
    const char *params;        /**< as DBDParams */
    int has_redis;
    npie_redis_t redis;
    npie_secrets_t *secrets;   /**< of sessions, or NULL */
    const char *secrets_wrong; /**< why they could not be read, or NULL */
    const char *signer;        /**< socket, absolute path */
    const char *signer_config; /**< npie-signer.conf, absolute path */
    apr_array_header_t *seal;  /**< of const char *: files of seals */
    const char *sql;           /**< folder with sqlite/ and pgsql/; never NULL */
    const char *user;          /**< whom root becomes */
    apr_array_header_t *trust; /**< of const char *: files of authorities */
    apr_array_header_t *trust_crl; /**< of const char *: their CRLs */
    const char *site;          /**< NPIEBaseURL: https; or NULL */
    const char *site_ca;       /**< PEM, of its certificate; NULL: the
                                    system's */
    const char *logs;          /**< httpd's, absolute path; never NULL */
    const char *test;          /**< command that tests httpd's configuration;
                                    never NULL */
    npie_tsa_server_t timestamp; /**< url NULL: none */
    const char *timestamp_trust; /**< its root, absolute path */
    int old_key_min_bits;      /**< as NPIEOldKeyMinBits */
    apr_interval_time_t renewal_timeout; /**< as NPIERenewalTimeout */
    apr_pool_t *p;
} npie_ctl_settings_t;

/** Defaults alone. In p. */
npie_ctl_settings_t *npie_ctl_settings_make(apr_pool_t *p);

/** Reads the file over them.
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason */
apr_status_t npie_ctl_settings_read(npie_ctl_settings_t *settings,
                                    const char *file, npie_err_t *err);

/**
 * One setting by the name of its option: registry, redis, signer.
 * @return NULL, or what is wrong with the value
 */
const char *npie_ctl_settings_set(npie_ctl_settings_t *settings,
                                  const char *name, const char *value);

#endif
