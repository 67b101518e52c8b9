/* SPDX-License-Identifier: Apache-2.0
 * Values of npie-signer.conf.
 */
#ifndef NPIE_SIGNER_CONFIG_VALUE_H
#define NPIE_SIGNER_CONFIG_VALUE_H

#include <sys/types.h>

#include <apr_pools.h>
#include <apr_time.h>

#include "signer/bucket.h"

/** A whole decimal number of [min, max]; -1 when it is none. */
long npie_signer_number(const char *text, long min, long max);

/** A user by name or number.
 * @return NULL, or what is wrong, English, static */
const char *npie_signer_account(uid_t *uid, gid_t *gid, const char *value);

/** "30s", "1m", "2h", "10d" in microseconds; 0 when it is none of these. */
apr_interval_time_t npie_signer_interval(const char *text, apr_pool_t *p);

/** A number and a time, as "600 1m".
 * @return NULL, or what is wrong, English, static */
const char *npie_signer_rate(npie_bucket_t *out, const char *value,
                             apr_pool_t *p);

/** The longest address of pages: more makes a QR code too fine to be read. */
#define NPIE_SIGNER_PAGES_MAX 150

/* These set it, in p, and return NULL, or what is wrong, English, static: a
 * path, an address of the web, one of pages that ends with "/", a policy's
 * object identifier. */
const char *npie_signer_absolute(const char **ppath, const char *value,
                                 apr_pool_t *p);
const char *npie_signer_url(const char **purl, const char *value,
                            apr_pool_t *p);
const char *npie_signer_pages(const char **purl, const char *value,
                              apr_pool_t *p);
const char *npie_signer_oid(const char **poid, const char *value,
                            apr_pool_t *p);

/** A user that is not root; set only when root can become it.
 * @return NULL, or what is wrong, English, static */
const char *npie_signer_become(uid_t *puid, gid_t *pgid, const char *value);

#endif
