/* SPDX-License-Identifier: Apache-2.0
 * Who may renew, and until when. Pure.
 */
#ifndef NPIE_FLOW_POLICY_H
#define NPIE_FLOW_POLICY_H

#include "pki/csr.h"
#include "store/registry.h"

/** The admin's rules. */
typedef struct npie_policy_t {
    apr_interval_time_t renew_before; /**< early window, microseconds */
    apr_interval_time_t renew_after;  /**< late window; -1 = no limit */
    apr_interval_time_t renewal_timeout; /**< an unfinished renewal lapses */
    int old_key_min_bits;             /**< RSA of certificates in use */
    npie_key_rules_t new_keys;
    int mail_link_required;           /**< 0: signed goes on to confirmed */
} npie_policy_t;

/** How a certificate known to the registry is judged at login. */
typedef enum npie_verdict_t {
    NPIE_VERDICT_APPLICATION, /**< valid, terms signed */
    NPIE_VERDICT_EARLY,       /**< the same, and in the early window */
    NPIE_VERDICT_TERMS,       /**< valid, letter 2 to be signed */
    NPIE_VERDICT_RENEWAL,     /**< expired, may renew */
    NPIE_VERDICT_REFUSED      /**< see the problem */
} npie_verdict_t;

/**
 * Judges a certificate.
 * @param newest the employer's newest principal certificate, or NULL
 * @param open the employer's open renewal, or NULL: whoever holds the old
 *        certificate of an issued renewal goes on with it
 * @param problem set for REFUSED: CERT_REVOKED, CERT_SUPERSEDED,
 *        CERT_NOT_YET, CERT_TOO_OLD
 */
npie_verdict_t npie_policy_judge(npie_problem_t *problem,
                                 const npie_policy_t *policy,
                                 const npie_certificate_t *certificate,
                                 const npie_certificate_t *newest,
                                 const npie_renewal_t *open, apr_time_t now);

/** Has an unfinished renewal's time passed? Never after issued. */
int npie_policy_lapsed(const npie_policy_t *policy,
                       const npie_renewal_t *renewal, apr_time_t now);

#endif
