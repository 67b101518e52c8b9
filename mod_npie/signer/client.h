/* SPDX-License-Identifier: Apache-2.0
 * Asking npie-signer. One connection an exchange, one deadline for all of it.
 */
#ifndef NPIE_SIGNER_CLIENT_H
#define NPIE_SIGNER_CLIENT_H

#include <apr_tables.h>
#include <apr_time.h>

#include "base/ticks.h"
#include "base/wire.h"
#include "model/reason.h"

#include "pki/cert.h"
#include "signer/protocol.h"

/** Where the signer is. Read-only; threads may share it. */
typedef struct npie_signer_t {
    const char *path;            /**< unix socket, absolute */
    apr_interval_time_t timeout; /**< for a whole exchange, microseconds */
    npie_ticks_fn *timed;        /**< of each exchange, or NULL */
} npie_signer_t;

/** For what anybody may ask of the server: threads that wait longer than this
 * for a signer that is stuck would be missing elsewhere. */
#define NPIE_SIGNER_PUBLIC_TIMEOUT apr_time_from_sec(3)

/** The same signer, waited for no longer than that. */
npie_signer_t npie_signer_within(const npie_signer_t *signer,
                                 apr_interval_time_t timeout);

/** From which difference of the clocks on an admin is told; and from which on
 * letters and certificates are refused. */
#define NPIE_SIGNER_CLOCK_WARN apr_time_from_sec(10)
#define NPIE_SIGNER_CLOCK_LIMIT apr_time_from_sec(300)

/** What PING told. */
typedef struct npie_signer_state_t {
    apr_uint32_t pid;
    apr_uint64_t entries; /**< in the ledger */
    apr_interval_time_t ahead; /**< how far its clock is ahead of this
                                    machine's at least, microseconds; < 0:
                                    behind */
    char letters[NPIE_SHA256_HEX_SIZE]; /**< what letters must be drawn with:
                                    npie_letter_art_digest() */
    apr_uint64_t refused; /**< letters, since it began */
    apr_uint64_t lost; /**< how often npie-draw lost the process that drew,
                               since then */
    apr_uint64_t held;    /**< certificates on hold */
} npie_signer_state_t;

/** @return APR_SUCCESS; NPIE_EBACKEND (SIGNER_DOWN); NPIE_EPROTO */
apr_status_t npie_signer_ping(npie_signer_state_t *state,
                              const npie_signer_t *signer, npie_err_t *err,
                              apr_pool_t *ptemp);

/**
 * Asks for the certificate of a renewal, or for an additional one. The same request again gives the
 * same certificate, so after NPIE_EBACKEND the caller simply repeats it.
 * @param pcert set to DER in p
 * @param csr DER; letter: letter 1 or 3 with the employer's signature inside
 * @return APR_SUCCESS; NPIE_EPOLICY (the signer's problem number, or
 *         ISSUE_REFUSED); NPIE_EBACKEND (SIGNER_DOWN: unreachable, timed out,
 *         busy or failed; CLOCKS, AUTHORITY_ENDS: not the employer's fault);
 *         NPIE_EPROTO
 */
apr_status_t npie_signer_issue(npie_bytes_t *pcert, const npie_signer_t *signer,
                               npie_bytes_t csr, npie_bytes_t letter,
                               npie_err_t *err, apr_pool_t *p);

/**
 * Asks for the institute's seal on a letter. Each answer is another one.
 * @param psection set to what is to be appended to the letter, in p
 * @param letter as the employer signed it
 * @return APR_SUCCESS; APR_ENOTIMPL: the signer has no seal; NPIE_EPOLICY (it
 *         does not take the letter); NPIE_EBACKEND (SIGNER_DOWN); NPIE_EPROTO
 */
apr_status_t npie_signer_seal(npie_bytes_t *psection,
                              const npie_signer_t *signer, npie_bytes_t letter,
                              npie_err_t *err, apr_pool_t *p);

/**
 * Asks for anything: one exchange with its status looked at.
 * @param answer set to stand behind the status
 * @param fields what the operation takes, as protocol.h says
 * @return APR_SUCCESS; NPIE_EPOLICY, NPIE_EBACKEND, NPIE_EPROTO as
 *         npie_signer_issue()
 */
apr_status_t npie_signer_ask(npie_wire_reader_t *answer,
                             const npie_signer_t *signer, npie_signer_op_t op,
                             npie_bytes_t fields, npie_err_t *err,
                             apr_pool_t *p);

/** Notes that an answer has other fields than the operation's.
 * @return NPIE_EPROTO */
apr_status_t npie_signer_malformed(const npie_signer_t *signer,
                                   npie_err_t *err);

/** A revocation for the signer to note. */
typedef struct npie_signer_revoke_t {
    npie_bytes_t certificate; /**< DER */
    npie_reason_t reason;
    apr_time_t revoked;       /**< UTC microseconds */
    apr_time_t invalid_since; /**< 0 = not said */
    int *held;                /**< set to 1: it is on hold, for an admin to
                                   confirm or lift; 0; NULL: nobody asks */
} npie_signer_revoke_t;

/**
 * Has a revocation noted, for good or as a hold; again is no failure.
 * @return APR_SUCCESS; NPIE_EPOLICY (UNTRUSTED: not a certificate of this
 *         authority, its own list is another's); NPIE_EBACKEND; NPIE_EPROTO
 */
apr_status_t npie_signer_revoke(const npie_signer_t *signer,
                                const npie_signer_revoke_t *revoke,
                                npie_err_t *err, apr_pool_t *p);

/**
 * Asks whether the ledger has a certificate of whatever trusted authority as
 * revoked, on hold or superseded.
 * @param prevoked set to 1 or 0
 * @param preason set when it is
 * @return APR_SUCCESS; NPIE_EPOLICY: of no trusted authority; NPIE_EBACKEND;
 *         NPIE_EPROTO
 */
apr_status_t npie_signer_standing(int *prevoked, npie_reason_t *preason,
                                  const npie_signer_t *signer,
                                  npie_bytes_t certificate, npie_err_t *err,
                                  apr_pool_t *ptemp);

/** What the authority says in public. */
typedef struct npie_signer_crl_t {
    npie_bytes_t crl;         /**< DER */
    npie_bytes_t ca;          /**< its certificate, DER */
    apr_time_t this_update;   /**< UTC microseconds */
    apr_time_t next_update;
} npie_signer_crl_t;

/**
 * Whose certificate OCSP answers are signed with, by a question about the
 * authority's own.
 * @param crl the CRL of the same moment
 * @return as npie_signer_ask(); NPIE_EINPUT
 */
apr_status_t npie_signer_responder(npie_cert_t **presponder,
                                   npie_signer_crl_t *crl,
                                   const npie_signer_t *signer,
                                   npie_err_t *err, apr_pool_t *p);

/** The CRL as it is now; bytes in p.
 * @return as npie_signer_ask() */
apr_status_t npie_signer_crl(npie_signer_crl_t *crl,
                             const npie_signer_t *signer, npie_err_t *err,
                             apr_pool_t *p);

/**
 * Hands over the audit's head, or asks for the one that is kept.
 * @param kept set to the head that the signer keeps now
 * @param head NULL: only ask
 * @return APR_SUCCESS, also when the signer has a later one; NPIE_EPOLICY: it
 *         has another hash for that number; NPIE_EBACKEND (SIGNER_DOWN);
 *         NPIE_EPROTO
 */
apr_status_t npie_signer_audit(npie_signer_head_t *kept,
                               const npie_signer_t *signer,
                               const npie_signer_head_t *head, npie_err_t *err,
                               apr_pool_t *ptemp);

/** Heads that the signer was given. */
typedef struct npie_signer_heads_t {
    apr_array_header_t *list; /**< of npie_signer_head_t, numbers ascending */
    apr_uint64_t next;        /**< where to go on; 0: these were the last */
    apr_int64_t resealed;     /**< how often the head was set by hand; what was
                                   kept before counts no more */
    const char *resealed_at;  /**< the last time, RFC 3339; "" = never */
} npie_signer_heads_t;

/**
 * Asks for the heads that count, some at a time.
 * @param heads filled in p
 * @param place 0, or heads->next of the call before
 * @return APR_SUCCESS; NPIE_EBACKEND (SIGNER_DOWN); NPIE_EPROTO
 */
apr_status_t npie_signer_heads(npie_signer_heads_t *heads,
                               const npie_signer_t *signer,
                               apr_uint64_t place, npie_err_t *err,
                               apr_pool_t *p);

/** An OCSP answer. */
typedef struct npie_signer_ocsp_t {
    npie_bytes_t response;   /**< DER */
    apr_time_t this_update;  /**< 0: an error, not to be kept */
    apr_time_t next_update;
} npie_signer_ocsp_t;

/**
 * Has an OCSP request answered.
 * @param request DER, at most NPIE_OCSP_MAX bytes
 * @param certificates of npie_bytes_t, DER: those known of what is asked for;
 *        without its certificate one that is not revoked is unknown
 * @return as npie_signer_ask()
 */
apr_status_t npie_signer_ocsp(npie_signer_ocsp_t *answer,
                              const npie_signer_t *signer,
                              npie_bytes_t request,
                              const apr_array_header_t *certificates,
                              npie_err_t *err, apr_pool_t *p);

#endif
