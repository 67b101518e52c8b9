/* SPDX-License-Identifier: Apache-2.0
 * Revoking certificates.
 */
#ifndef NPIE_FLOW_REVOKE_H
#define NPIE_FLOW_REVOKE_H

#include "flow/flow.h"
#include "model/reason.h"

/** What is to be revoked, and why. */
typedef struct npie_revocation_t {
    apr_int64_t certificate;  /**< row */
    npie_reason_t reason;
    apr_time_t invalid_since; /**< when the key was lost, 0 = not said */
} npie_revocation_t;

/** What a revocation has done. */
typedef struct npie_revoke_done_t {
    apr_array_header_t *certificates; /**< that ended in this call, as they
                                           are now (npie_certificate_t *);
                                           none when it had ended before */
    npie_renewal_t *renewal; /**< that ended with them, or NULL */
    apr_status_t sessions;   /**< APR_SUCCESS: theirs have ended */
    apr_status_t signer;     /**< APR_SUCCESS: it knows of them; NPIE_EPOLICY:
                                  of those of its authority */
    int held;                /**< so many of them are on hold there, for an
                                  admin to confirm or release */
    npie_err_t sessions_err; /**< unless APR_SUCCESS */
    npie_err_t signer_err;
} npie_revoke_done_t;

/**
 * Revokes a certificate for good, in one transaction with its audit rows:
 *
 * - an open renewal of it ends: before issued as cancelled; issued as lapsed,
 *   and what it made is revoked too, for the old key's signature stands under
 *   it;
 * - the renewal that made it and waits for letter 2 ends as lapsed: the
 *   certificate before is the newest again and may begin another one;
 * - the additional certificates that hang on it are revoked.
 *
 * Then their sessions end, whoever's they are, and npie-signer is told. What
 * fails of that, httpd's job does: see flow/publish.h.
 * @param actor for the audit: a serial or a user's name
 * @return APR_SUCCESS, also when it had ended before; APR_NOTFOUND: no such
 *         row; NPIE_EINPUT: no such reason; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_flow_revoke(npie_revoke_done_t *revoked, npie_flow_t *flow,
                              const char *actor,
                              const npie_revocation_t *revocation,
                              npie_err_t *err);

/** Which certificate an employer speaks of, who has lost its key. */
typedef enum npie_lost_t {
    NPIE_LOST_THIS, /**< the one proved in the session */
    NPIE_LOST_NEW   /**< what the open renewal made, letter 2 not signed */
} npie_lost_t;

/**
 * As npie_flow_revoke(), for an employer: the certificate proved, expired or
 * not, or the new one of the open renewal.
 * @return the same; NPIE_ECONFLICT (NOT_NOW) when there is no such new one,
 *         or its letter 2 was signed; NPIE_EPOLICY for a certificate that is
 *         refused for another reason than its end
 */
apr_status_t npie_flow_revoke_own(npie_revoke_done_t *revoked,
                                  npie_flow_t *flow, const npie_who_t *who,
                                  npie_lost_t lost, npie_reason_t reason,
                                  npie_err_t *err);

#endif
