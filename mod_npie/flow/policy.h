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
    apr_interval_time_t renewal_timeout; /**< an unfinished renewal lapses this
                                          long after its beginning; > 0 */
    int old_key_min_bits;             /**< RSA of certificates in use */
    npie_key_rules_t new_keys;
    int additional_max;               /**< additional certificates that an
                                           employer may have at a time */
    int adopt;                        /**< 1: unknown certificates of known
                                           employers, see flow/adopt.h */
    int mail;                         /**< 1: there is a mail server: mails are
                                           queued, signed waits at correo */
    int mail_link_required;           /**< 1: only the mail's link confirms */
    int mails_to_address;             /**< most within a day from one employer
                                           to an address that is not the
                                           registered one; 0: any number */
} npie_policy_t;

/** How a certificate known to the registry is judged at login. */
typedef enum npie_verdict_t {
    NPIE_VERDICT_APPLICATION, /**< valid, terms signed */
    NPIE_VERDICT_EARLY,       /**< the same, and may renew: in the early
                                   window, or being renewed already */
    NPIE_VERDICT_TERMS,       /**< valid, letter 2 to be signed: made by the
                                   open renewal, which is issued */
    NPIE_VERDICT_RENEWAL,     /**< expired, may renew */
    NPIE_VERDICT_REFUSED      /**< see the problem */
} npie_verdict_t;

/**
 * Judges a certificate. Dates are half open: now == not_before is valid, now
 * == not_after is expired. In this order:
 *
 * - revoked, superseded, not yet valid: refused.
 * - valid: TERMS when the open renewal made it; EARLY when it is the newest
 *   in the early window, or the old certificate of the open renewal; else
 *   APPLICATION. Additional certificates: APPLICATION.
 * - expired: additional ones are refused; the old certificate of an issued
 *   renewal goes on; any other that is not the newest is refused; the newest
 *   may renew within renew_after of its end, or as long as its renewal, begun
 *   in time, is open.
 *
 * @param newest the employer's newest principal certificate, or NULL: this
 * @param open the employer's open renewal, or NULL; not one that
 *        npie_policy_lapsed()
 * @param problem set for REFUSED: CERT_REVOKED, CERT_SUPERSEDED,
 *        CERT_NOT_YET, CERT_ADDITIONAL, CERT_TOO_OLD; else NPIE_P_NONE
 */
npie_verdict_t npie_policy_judge(npie_problem_t *problem,
                                 const npie_policy_t *policy,
                                 const npie_certificate_t *certificate,
                                 const npie_certificate_t *newest,
                                 const npie_renewal_t *open, apr_time_t now);

/**
 * Is an unfinished renewal over? Before issued: when its time has passed.
 * Issued: only when the certificate it made can no longer sign its letter 2,
 * being expired or not active; it would block the next renewal for ever.
 * @param issued the certificate the renewal made, NULL before issued
 * @return 1 yes, 0 no; 0 for what is not open
 */
int npie_policy_lapsed(const npie_policy_t *policy,
                       const npie_renewal_t *renewal,
                       const npie_certificate_t *issued, apr_time_t now);

/** The shortest RSA key of a certificate made in a renewal, bits: what the
 * rules say, and never under 2048. */
int npie_policy_new_rsa_bits(const npie_policy_t *policy);

#endif
