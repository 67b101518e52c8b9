/* SPDX-License-Identifier: Apache-2.0
 * Timestamps of an outside authority (RFC 3161): requests, answers, tokens.
 */
#ifndef NPIE_PKI_TIMESTAMP_H
#define NPIE_PKI_TIMESTAMP_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest request, and the longest answer taken, bytes of DER. */
#define NPIE_TIMESTAMP_ASK_MAX 512
#define NPIE_TIMESTAMP_MAX (64 * 1024)

/** The roots of the timestamp authorities that are trusted. Read-only after
 * loading: threads may share it. */
typedef struct npie_tsa_t npie_tsa_t;

/**
 * Loads the roots from a PEM file. Other CA certificates in it help to build
 * chains.
 * @param file absolute path
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason
 */
apr_status_t npie_tsa_load(npie_tsa_t **ptsa, const char *file,
                           npie_err_t *err, apr_pool_t *p);

/** When the first of the roots ends; 0: there is none. */
apr_time_t npie_tsa_end(const npie_tsa_t *tsa);

/** A verified token. Lives in the pool. */
typedef struct npie_timestamp_t {
    apr_time_t time;       /**< UTC microseconds, whole seconds */
    const char *authority; /**< common name in its certificate, UTF-8; "" */
    const char *serial;    /**< of the token, upper-case hex */
    apr_time_t until;      /**< end of the authority's certificate */
} npie_timestamp_t;

/**
 * Makes a request for the SHA-256 of content given in pieces: a nonce of 64
 * random bits, and the authority's certificates wanted in the token.
 * @param policy dotted, or NULL: any
 * @return APR_SUCCESS; NPIE_ECONFIG: no such policy; NPIE_EINTERNAL
 */
apr_status_t npie_timestamp_ask(npie_bytes_t *prequest,
                                const npie_bytes_t *content, int npieces,
                                const char *policy, npie_err_t *err,
                                apr_pool_t *p);

/**
 * Takes the token out of the answer to a request: granted, of the same digest,
 * nonce and policy. Its signature is npie_timestamp_verify()'s matter.
 * @param ptoken set to DER in p
 * @return APR_SUCCESS; NPIE_EPROTO (TIMESTAMP): no such answer; NPIE_EPOLICY
 *         (TIMESTAMP): the authority refused, with its reason
 */
apr_status_t npie_timestamp_take(npie_bytes_t *ptoken, npie_bytes_t answer,
                                 npie_bytes_t request, npie_err_t *err,
                                 apr_pool_t *p);

/**
 * Verifies a token over content: SHA-256, signature, and the authority's
 * chain at the token's own time, so that it holds after its certificate has
 * ended. Thread-safe.
 * @param tsa NULL: no authority is trusted
 * @return APR_SUCCESS; NPIE_EINPUT (TIMESTAMP): no token; NPIE_ESIGNATURE:
 *         LETTER_ALTERED when it is of other content, UNTRUSTED when its
 *         signature or chain does not hold; NPIE_EINTERNAL
 */
apr_status_t npie_timestamp_verify(npie_timestamp_t **pstamp,
                                   npie_bytes_t token,
                                   const npie_bytes_t *content, int npieces,
                                   const npie_tsa_t *tsa, npie_err_t *err,
                                   apr_pool_t *p);

#endif
