/* SPDX-License-Identifier: Apache-2.0
 * Asks an address once, as anybody outside would: does it answer, and with
 * which certificate?
 */
#ifndef NPIE_TSA_FETCH_URL_H
#define NPIE_TSA_FETCH_URL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest answer taken, bytes. */
#define NPIE_TSA_URL_MAX (16 << 20)

/** What to ask. Strings NULL where nothing is said. */
typedef struct npie_tsa_url_t {
    const char *url;     /**< http or https; never NULL */
    const char *ca_file; /**< PEM, of the TLS certificate; NULL: the system's */
    const char *type;    /**< Content-Type of body */
    npie_bytes_t body;   /**< POSTed; data NULL: GET */
    int connect;         /**< 1: connect, shake hands, and ask nothing */
    apr_interval_time_t timeout; /**< microseconds, of the whole exchange */
} npie_tsa_url_t;

/** What came back, in the pool. */
typedef struct npie_tsa_reply_t {
    npie_bytes_t body;
    int status;              /**< of HTTP; 0 with connect */
    const char *certificate; /**< PEM, of the server; NULL: no TLS */
    const char *distrust;    /**< why the server's certificate does not hold,
                                  libcurl's words; NULL: it holds */
} npie_tsa_reply_t;

/**
 * One attempt, no redirects, no proxy. A certificate that does not hold fails,
 * except with connect: it is then told in the reply.
 * @return APR_SUCCESS, whatever HTTP's status; NPIE_EBACKEND: no answer, with
 *         address and reason; NPIE_EINTERNAL
 */
apr_status_t npie_tsa_url_ask(npie_tsa_reply_t *reply,
                              const npie_tsa_url_t *url, npie_err_t *err,
                              apr_pool_t *p);

#endif
