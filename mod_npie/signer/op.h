/* SPDX-License-Identifier: Apache-2.0
 * What the operations share.
 */
#ifndef NPIE_SIGNER_OP_H
#define NPIE_SIGNER_OP_H

#include "base/wire.h"
#include "pki/ocsp_sign.h"
#include "signer/authority.h"
#include "signer/drawer.h"
#include "signer/evidence.h"
#include "signer/ledger.h"
#include "signer/protocol.h"

/** The CRL that is handed out. */
typedef struct npie_crl_cache_t {
    apr_pool_t *p;       /**< of the bytes; made anew with each */
    npie_bytes_t der;
    apr_uint64_t number; /**< its crlNumber; 0: none was made since the start */
} npie_crl_cache_t;

/** What requests are answered with. One thread. */
typedef struct npie_ops_t {
    npie_authority_t *authority;
    npie_ledger_t *ledger;
    npie_drawer_t drawer;
    apr_uint64_t refused;         /**< letters, since the start */
    apr_interval_time_t crl_validity; /**< microseconds */
    npie_crl_cache_t crl;
    apr_interval_time_t ocsp_validity; /**< microseconds */
    npie_responder_t *responder;  /**< NULL before the first OCSP */
    apr_pool_t *responder_pool;
    apr_pool_t *p;                /**< as long as the program runs */
    npie_evidence_rules_t rules;
    npie_bucket_t rate;             /**< of requests */
    npie_bucket_t revoke_rate;      /**< of revocations on httpd's word alone */
    npie_bucket_t ocsp_rate;        /**< of OCSP answers made for one request */
} npie_ops_t;

/** One operation: reads its fields and answers. */
typedef void npie_op_fn(npie_bytes_t *reply, npie_ops_t *ops,
                        const npie_signer_header_t *header,
                        npie_wire_reader_t *r, apr_pool_t *p);

npie_op_fn npie_ops_audit, npie_ops_heads, npie_ops_crl, npie_ops_ocsp,
    npie_ops_revoke, npie_ops_standing;

/** The reply to a request with these fields, status first. */
npie_bytes_t npie_ops_framed(const npie_signer_header_t *header,
                             const npie_wire_writer_t *w, apr_pool_t *p);

/**
 * The answer to a frame that is not taken at all.
 * @param reply set to a whole frame, in p
 * @param detail English
 */
void npie_ops_refuse(npie_bytes_t *reply, const npie_signer_header_t *header,
                     npie_signer_status_t status, npie_problem_t problem,
                     const char *detail, apr_pool_t *p);

/** Answers a failure by its kind: refused for what was asked, or failed; said
 * in the log.
 * @param what for the log, English, as "REVOKE" */
void npie_ops_answer_failure(npie_bytes_t *reply,
                             const npie_signer_header_t *header,
                             const char *what, apr_status_t rv,
                             const npie_err_t *err, apr_pool_t *p);

/** Answers for the caller when there are too many requests. @return 1 then */
int npie_ops_is_busy(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, apr_pool_t *p);

/** Did this authority sign it? 1 = yes. */
int npie_ops_is_ours(const npie_ops_t *ops, const npie_cert_t *cert);

/** Whose it is: the digest of the key of the trusted authority that signed it,
 * as entries of kind revoke name it.
 * @param pissuer set to hex, in p or as long as the ledger
 * @return APR_SUCCESS; as npie_trust_chain() */
apr_status_t npie_ops_issuer(const char **pissuer, npie_ops_t *ops,
                             const npie_cert_t *cert, npie_err_t *err,
                             apr_pool_t *p);

/**
 * Refuses a certificate of whatever trusted authority that is revoked.
 * @param what stands before the reason, English
 * @return APR_SUCCESS; NPIE_EPOLICY (CERT_REVOKED); as npie_ledger_look()
 */
apr_status_t npie_ops_check_revoked(npie_ops_t *ops, const npie_cert_t *cert,
                                    const char *what, npie_err_t *err,
                                    apr_pool_t *p);

/** The SHA-256 of a letter as signed.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_ops_digest(char digest[NPIE_SHA256_HEX_SIZE],
                             npie_bytes_t letter, npie_err_t *err);

/** The certificate of an entry of kind issue, DER and taken apart.
 * @param pcert may be NULL
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_ops_certificate(npie_bytes_t *der, npie_cert_t **pcert,
                                  const npie_entry_t *entry, npie_err_t *err,
                                  apr_pool_t *p);

/** Reads on; what is known goes on being said while the ledger is away, until
 * the last CRL's nextUpdate.
 * @return APR_SUCCESS; as npie_ledger_sync() */
apr_status_t npie_ops_follow(npie_ops_t *ops, apr_time_t now, npie_err_t *err,
                             apr_pool_t *p);

/** A letter that was judged, and what is to be noted of its seal. */
typedef struct npie_op_seal_t {
    const npie_cadena_t *cadena;
    const npie_cert_t *made;            /**< letter 2: the certificate that it
                                             is about; else NULL */
    npie_bytes_t letter;                /**< as signed */
    const npie_cert_t *signer;          /**< with what */
    char digest[NPIE_SHA256_HEX_SIZE];  /**< of it */
    apr_time_t time;                    /**< of the seal; of the first one,
                                             when it has one already */
    int again;                          /**< 1 then, and these are set: */
    const char *section;                /**< digest of what is appended */
    const char *signature;              /**< its signature, base64 */
} npie_op_seal_t;

/**
 * May this letter, whose signature holds, have the seal? Letters 1 and 3 when
 * a certificate was made upon these very bytes: they were drawn again and found
 * to be of the installed terms when it was made, and its entry, whose digest is
 * signed and chained, is of nothing else; so terms that changed since are no
 * matter. Letter 2 once for each certificate made here, as long as that one is
 * good: it is still to be drawn again. A folio has one letter.
 * @param sealing time, again and made are set
 * @return APR_SUCCESS; NPIE_EPOLICY; as npie_ledger_look()
 */
apr_status_t npie_ops_check_sealing(npie_op_seal_t *sealing, npie_ops_t *ops,
                                    apr_time_t now, npie_err_t *err,
                                    apr_pool_t *p);

/**
 * Refuses a letter 1 whose old key was renewed already, of whatever trusted
 * authority it is. A certificate that was made upon it and revoked before its
 * terms were sealed is no successor.
 * @param pturn set to what the next one is
 * @return APR_SUCCESS; NPIE_EPOLICY (CERT_SUPERSEDED); as npie_ledger_look()
 */
apr_status_t npie_ops_check_successor(apr_uint64_t *pturn, npie_ops_t *ops,
                                      const npie_evidence_t *evidence,
                                      npie_err_t *err, apr_pool_t *p);

/** Refuses a new key that was certified before, or has signed as an old one.
 * @return APR_SUCCESS; NPIE_EPOLICY (NEW_KEY_SEEN); as npie_ledger_look() */
apr_status_t npie_ops_check_key(npie_ops_t *ops,
                                const npie_cadena_t *cadena, npie_err_t *err,
                                apr_pool_t *p);

/** Has this key signed as an old one? 1 yes, 0 no or not to be told. */
int npie_ops_is_renewed(npie_ops_t *ops, const char *spki, apr_pool_t *p);

#endif
