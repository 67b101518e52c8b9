/* SPDX-License-Identifier: Apache-2.0
 * Signing what an authority says of its certificates' status (RFC 6960), with
 * a key that the authority vouches for. Used by npie-signer alone.
 */
#ifndef NPIE_PKI_OCSP_SIGN_H
#define NPIE_PKI_OCSP_SIGN_H

#include "pki/issue.h"
#include "pki/ocsp.h"

/** A responder: a key that never leaves the process, and its certificate
 * (id-kp-OCSPSigning, id-pkix-ocsp-nocheck). One thread. */
typedef struct npie_responder_t npie_responder_t;

/**
 * Makes key (P-256) and certificate.
 * @param now UTC microseconds; the certificate is good for a month, or as
 *        long as the CA's
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_responder_create(npie_responder_t **presponder,
                                   const npie_issuer_t *issuer, apr_time_t now,
                                   npie_err_t *err, apr_pool_t *p);

/** Is it time for another one? 1 = half of the certificate's time is over. */
int npie_responder_is_old(const npie_responder_t *responder, apr_time_t now);

/** A certificate's status. */
typedef struct npie_status_t {
    int known;           /**< 0: unknown */
    int revoked;         /**< 1 */
    int reason;          /**< CRLReason */
    apr_time_t when;     /**< revoked at */
} npie_status_t;

/** Tells the status of a serial, upper-case hex. */
typedef npie_status_t npie_status_fn(void *baton, const char *serial);

/** An answer. */
typedef struct npie_ocsp_answer_t {
    npie_bytes_t der;
    apr_time_t this_update; /**< 0: an error, not to be kept */
    apr_time_t next_update;
} npie_ocsp_answer_t;

/**
 * Answers a request; unauthorized when a certificate of another issuer is
 * among those asked for, malformedRequest as npie_ocsp_parse(). A nonce is
 * repeated. thisUpdate is backdated by five minutes, for clocks behind.
 * @param validity from now until nextUpdate, microseconds
 * @return APR_SUCCESS, also with an error for an answer; NPIE_EINTERNAL
 */
apr_status_t npie_responder_answer(npie_ocsp_answer_t *answer,
                                   const npie_responder_t *responder,
                                   npie_bytes_t request, npie_status_fn *tell,
                                   void *baton, apr_time_t now,
                                   apr_interval_time_t validity,
                                   npie_err_t *err, apr_pool_t *p);

#endif
