/* SPDX-License-Identifier: Apache-2.0
 * A timestamp authority, as admins write it.
 */
#ifndef NPIE_TSA_SERVER_H
#define NPIE_TSA_SERVER_H

#include <apr_pools.h>
#include <apr_time.h>

/** A timestamp authority. Strings NULL where nothing is said. */
typedef struct npie_tsa_server_t {
    const char *url;      /**< http or https; NULL: there is none */
    const char *user;     /**< for HTTP's basic authentication; only https */
    const char *password;
    const char *ca_file;  /**< PEM, of the server's TLS certificate; NULL: the
                               system's */
    const char *policy;   /**< dotted, asked for */
    apr_interval_time_t timeout; /**< microseconds, of the whole exchange */
} npie_tsa_server_t;

/**
 * Parses "URL [user=...] [password-file=...] [ca-file=...] [policy=...]
 * [timeout=...]"; 30 s unless timeout is given. The password file is read.
 * @param out touched only on success; strings in p
 * @return NULL, or what is wrong and what is allowed, English
 */
const char *npie_tsa_server_parse(npie_tsa_server_t *out, const char *arg,
                                  apr_pool_t *p);

#endif
