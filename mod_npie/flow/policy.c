/* SPDX-License-Identifier: Apache-2.0
 * The rules by which a certificate is judged and a renewal lapses.
 */
#include "flow/policy.h"

#include "flow/machine.h"

#define NEW_RSA_MIN 2048

static npie_verdict_t refuse(npie_problem_t *problem, npie_problem_t why)
{
    *problem = why;
    return NPIE_VERDICT_REFUSED;
}

static int is_newest(const npie_certificate_t *certificate,
                     const npie_certificate_t *newest)
{
    return newest == NULL || newest->id == certificate->id;
}

/* Is the certificate being renewed by the open renewal? Once that has issued,
 * its own new certificate is the newest one. */
static int is_being_renewed(const npie_certificate_t *certificate,
                            const npie_certificate_t *newest,
                            const npie_renewal_t *open)
{
    return open != NULL && open->old_certificate == certificate->id &&
           (open->state == NPIE_RENEWAL_ISSUED ||
            is_newest(certificate, newest));
}

static npie_verdict_t judge_valid(const npie_policy_t *policy,
                                  const npie_certificate_t *certificate,
                                  const npie_certificate_t *newest,
                                  const npie_renewal_t *open, apr_time_t now)
{
    if (certificate->additional) {
        return NPIE_VERDICT_APPLICATION;
    }
    if (open != NULL && open->state == NPIE_RENEWAL_ISSUED &&
        open->new_certificate == certificate->id &&
        certificate->terms_signed == 0) {
        return NPIE_VERDICT_TERMS;
    }
    if (is_being_renewed(certificate, newest, open)) {
        return NPIE_VERDICT_EARLY;
    }
    if (is_newest(certificate, newest) &&
        certificate->not_after - now <= policy->renew_before) {
        return NPIE_VERDICT_EARLY;
    }
    return NPIE_VERDICT_APPLICATION;
}

static npie_verdict_t judge_expired(npie_problem_t *problem,
                                    const npie_policy_t *policy,
                                    const npie_certificate_t *certificate,
                                    const npie_certificate_t *newest,
                                    const npie_renewal_t *open, apr_time_t now)
{
    if (certificate->additional) {
        return refuse(problem, NPIE_P_CERT_ADDITIONAL);
    }
    if (is_being_renewed(certificate, newest, open)) {
        return NPIE_VERDICT_RENEWAL;
    }
    if (!is_newest(certificate, newest)) {
        return refuse(problem, NPIE_P_CERT_SUPERSEDED);
    }
    if (policy->renew_after >= 0 &&
        now - certificate->not_after > policy->renew_after) {
        return refuse(problem, NPIE_P_CERT_TOO_OLD);
    }
    return NPIE_VERDICT_RENEWAL;
}

npie_verdict_t npie_policy_judge(npie_problem_t *problem,
                                 const npie_policy_t *policy,
                                 const npie_certificate_t *certificate,
                                 const npie_certificate_t *newest,
                                 const npie_renewal_t *open, apr_time_t now)
{
    *problem = NPIE_P_NONE;
    if (certificate->status == NPIE_CERTIFICATE_SUPERSEDED) {
        return refuse(problem, certificate->additional
                               ? NPIE_P_CERT_ADDITIONAL
                               : NPIE_P_CERT_SUPERSEDED);
    }
    if (certificate->status != NPIE_CERTIFICATE_ACTIVE) {
        return refuse(problem, NPIE_P_CERT_REVOKED);
    }
    if (now < certificate->not_before) {
        return refuse(problem, NPIE_P_CERT_NOT_YET);
    }
    if (now < certificate->not_after) {
        return judge_valid(policy, certificate, newest, open, now);
    }
    return judge_expired(problem, policy, certificate, newest, open, now);
}

int npie_policy_lapsed(const npie_policy_t *policy,
                       const npie_renewal_t *renewal,
                       const npie_certificate_t *issued, apr_time_t now)
{
    if (!npie_machine_is_open(renewal->state)) {
        return 0;
    }
    if (renewal->state == NPIE_RENEWAL_ISSUED) {
        return issued != NULL && (issued->status != NPIE_CERTIFICATE_ACTIVE ||
                                  now >= issued->not_after);
    }
    return now - renewal->created >= policy->renewal_timeout;
}

int npie_policy_new_rsa_bits(const npie_policy_t *policy)
{
    return policy->new_keys.rsa_min_bits > NEW_RSA_MIN
               ? policy->new_keys.rsa_min_bits : NEW_RSA_MIN;
}
