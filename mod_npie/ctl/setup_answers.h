/* SPDX-License-Identifier: Apache-2.0
 * What npiectl setup has to know: from a file, or asked for.
 */
#ifndef NPIE_CTL_SETUP_ANSWERS_H
#define NPIE_CTL_SETUP_ANSWERS_H

#include <apr_tables.h>

#include "ctl/ctl.h"

/** The answers, checked; strings in p, never "", NULL where nothing is said. */
typedef struct npie_answers_t {
    const char *site;        /**< host name of the site; never NULL */
    const char *institution; /**< of letters, pages and certificates; never
                                  NULL */
    const char *mail_server; /**< as NPIEMailServer */
    const char *mail_from;   /**< as NPIEMailFrom; set when mail_server is */
    const char *registry;    /**< as Registry of npiectl.conf; never NULL */
    const char *token;       /**< pkcs11: URI of the keys' token */
    const char *pin_file;    /**< its PIN */
    apr_array_header_t *trust; /**< of const char *: older authorities, PEM */
    const char *redis;       /**< as NPIERedis; NULL: its default */
    int service;             /**< 1: systemd runs npie-signer, not httpd */
    const char *certificate; /**< of TLS, PEM; never NULL */
    const char *key;         /**< of TLS, PEM; never NULL */
    const char *state;       /**< as State of npie-signer.conf; never NULL */
    const char *ledger;      /**< as Ledger there; never NULL */
    const char *user;        /**< httpd's; never NULL */
    apr_pool_t *p;
} npie_answers_t;

/**
 * Reads the file of --answers, or asks at the terminal.
 * @param panswers set to them, in ctl->p
 * @return APR_SUCCESS; NPIE_ECONFIG: file, line and reason; NPIE_EINPUT:
 *         neither a file nor a terminal, or the terminal's end
 */
apr_status_t npie_answers_get(npie_answers_t **panswers, npie_ctl_t *ctl,
                              npie_err_t *err);

#endif
