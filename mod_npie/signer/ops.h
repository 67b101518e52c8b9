/* SPDX-License-Identifier: Apache-2.0
 * What the signer does for one request.
 */
#ifndef NPIE_SIGNER_OPS_H
#define NPIE_SIGNER_OPS_H

#include "pki/ocsp_sign.h"
#include "signer/authority.h"
#include "signer/evidence.h"
#include "signer/heads.h"
#include "signer/log.h"
#include "signer/protocol.h"
#include "signer/revocations.h"
#include "signer/sealed.h"

#include "base/wire.h"

/** The CRL that is handed out. */
typedef struct npie_crl_cache_t {
    apr_pool_t *p;    /**< of the bytes; made anew with each */
    npie_bytes_t der; /**< empty: none made since the start */
    apr_time_t made;  /**< when; its thisUpdate is backdated */
} npie_crl_cache_t;

/** What requests are answered with. One thread. */
typedef struct npie_ops_t {
    npie_authority_t *authority;
    npie_issuance_t *log;
    npie_revocations_t *revocations;
    apr_interval_time_t crl_validity; /**< microseconds */
    npie_crl_cache_t crl;
    npie_heads_t *heads;
    npie_sealed_log_t *sealed;
    apr_interval_time_t ocsp_validity; /**< microseconds */
    npie_responder_t *responder;  /**< NULL before the first OCSP */
    apr_pool_t *responder_pool;
    apr_pool_t *p;                /**< as long as the program runs */
    npie_evidence_rules_t rules;
    npie_bucket_t rate;             /**< of requests */
    npie_bucket_t revoke_rate;      /**< of revocations on httpd's word alone */
    apr_interval_time_t revoke_said; /**< when their excess was last said, on
                                       the monotonic clock; 0 = never */
} npie_ops_t;

/** Sets the rules and the rate from the configuration. */
void npie_ops_init(npie_ops_t *ops, npie_authority_t *authority,
                   npie_issuance_t *log, npie_revocations_t *revocations,
                   npie_heads_t *heads, npie_sealed_log_t *sealed,
                   const npie_signer_config_t *config, apr_pool_t *p);

/**
 * Refuses a letter 1 whose old key was renewed already, of whatever trusted
 * authority it is. A certificate that was made upon it and revoked before its
 * terms were sealed is no successor.
 * @return APR_SUCCESS; NPIE_EPOLICY (CERT_SUPERSEDED); NPIE_EINTERNAL
 */
apr_status_t npie_ops_check_successor(const npie_ops_t *ops,
                                      const npie_evidence_t *evidence,
                                      npie_err_t *err, apr_pool_t *p);

/**
 * May this letter, whose signature holds, have the seal? Letters 1 and 3 when
 * a certificate was made upon them; letter 2 once for each certificate made
 * here, as long as that one is good. A folio has one letter.
 * @param sealed set to what is to be noted; to what was, when the same letter
 *        has its seal already
 * @param pagain set to 1 then
 * @param letter the file as signed
 * @return APR_SUCCESS; NPIE_EPOLICY; NPIE_EINTERNAL
 */
apr_status_t npie_ops_check_sealing(npie_sealed_t *sealed, int *pagain,
                                    const npie_ops_t *ops,
                                    const npie_cadena_t *cadena,
                                    npie_bytes_t letter, apr_time_t now,
                                    npie_err_t *err, apr_pool_t *p);

/**
 * Answers one frame. Whatever the payload holds there is an answer; what was
 * refused or failed is said in the log.
 * @param reply set to a whole frame, in p
 * @param p for this request alone
 */
void npie_ops_answer(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, npie_bytes_t payload,
                     apr_pool_t *p);

/**
 * The answer to a frame that is not taken at all.
 * @param reply set to a whole frame, in p
 * @param detail English
 */
void npie_ops_refuse(npie_bytes_t *reply, const npie_signer_header_t *header,
                     npie_signer_status_t status, npie_problem_t problem,
                     const char *detail, apr_pool_t *p);

/** The reply to a request with these fields, status first. */
npie_bytes_t npie_ops_framed(const npie_signer_header_t *header,
                             const npie_wire_writer_t *w, apr_pool_t *p);

/** Answers a failure by its kind: refused for what was asked, or failed; said
 * in the log.
 * @param what for the log, English, as "REVOKE" */
void npie_ops_answer_failure(npie_bytes_t *reply,
                             const npie_signer_header_t *header,
                             const char *what, apr_status_t rv,
                             const npie_err_t *err, apr_pool_t *p);

/** Has this certificate, of this authority, been revoked or superseded as far
 * as the signer was told? 1 = yes. */
int npie_ops_is_revoked(const npie_ops_t *ops, const npie_cert_t *cert);
/** Did this authority sign it? 1 = yes. */
int npie_ops_is_ours(const npie_ops_t *ops, const npie_cert_t *cert);

/* The operations about what becomes of certificates; each reads its fields. */
void npie_ops_crl(npie_bytes_t *reply, npie_ops_t *ops,
                  const npie_signer_header_t *header, npie_wire_reader_t *r,
                  apr_pool_t *p);
void npie_ops_ocsp(npie_bytes_t *reply, npie_ops_t *ops,
                   const npie_signer_header_t *header, npie_wire_reader_t *r,
                   apr_pool_t *p);
void npie_ops_revoke(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header,
                     npie_wire_reader_t *r, apr_pool_t *p);

#endif
