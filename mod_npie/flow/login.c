/* SPDX-License-Identifier: Apache-2.0
 * Login: from a signed challenge to an employer and what it may do now.
 */
#include "flow/adopt.h"
#include "flow/step.h"

#include <string.h>

#include <apr_strings.h>

#include "model/field.h"
#include "pki/cms.h"
#include "pki/proof.h"

/* A login waits no longer for npie-signer. */
#define LEDGER_PATIENCE apr_time_from_sec(1)

static apr_status_t refuse(npie_login_t *login, npie_problem_t problem)
{
    login->verdict = NPIE_VERDICT_REFUSED;
    login->problem = problem;
    return APR_SUCCESS;
}

/* The signature, and by whose certificate. */
static apr_status_t prove(npie_login_t *login, const npie_flow_t *flow,
                          npie_bytes_t challenge, npie_bytes_t cms,
                          npie_err_t *err)
{
    const npie_cms_rules_t rules = {
        .trust = flow->trust,
        .min_bits = flow->policy->old_key_min_bits,
    };
    npie_err_t why = { 0 };
    npie_cert_t *signer = NULL;
    apr_status_t rv;

    rv = npie_cms_verify(&signer, cms, &challenge, 1, &rules, &why, flow->p);
    login->cert = signer;
    if (rv == APR_SUCCESS) {
        return APR_SUCCESS;
    }
    if (signer != NULL && (why.problem == NPIE_P_UNTRUSTED ||
                           why.problem == NPIE_P_KEY_WEAK)) {
        return refuse(login, why.problem);
    }
    login->cert = NULL;
    return npie_err_set(err, rv,
                        why.problem == NPIE_P_LETTER_ALTERED ? NPIE_P_SIGNATURE
                                                             : why.problem,
                        "%s", why.detail);
}

static apr_status_t find(npie_login_t *login, const npie_flow_t *flow,
                         npie_err_t *err)
{
    npie_certificate_t *row;
    npie_employer_t *employer;
    apr_status_t rv;

    rv = npie_certificate_by_spki(&row, flow->registry,
                                  login->cert->spki_sha256, err);
    if (rv == APR_NOTFOUND ||
        (rv == APR_SUCCESS && strcmp(row->serial, login->cert->serial) != 0)) {
        return refuse(login, NPIE_P_CERT_UNKNOWN);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_employer_get(&employer, flow->registry, row->employer, err);
    if (rv != APR_SUCCESS) {
        return rv == APR_NOTFOUND ? refuse(login, NPIE_P_CERT_UNKNOWN) : rv;
    }
    login->certificate = row;
    login->employer = employer;
    return APR_SUCCESS;
}

static npie_problem_t belongs(const npie_login_t *login, const char *user,
                              apr_pool_t *p)
{
    if (login->cert->rp10[0] == '\0') {
        return NPIE_P_CERT_MALFORMED;
    }
    if (strncmp(login->cert->rp10, login->employer->rp, NPIE_RP10_SIZE - 1)
        != 0) {
        return NPIE_P_CERT_OTHER;
    }
    return *user == '\0' || npie_flow_is_user(user, login->employer, p)
               ? NPIE_P_NONE : NPIE_P_USER;
}

/* Takes an unknown certificate in, or leaves it refused. */
static apr_status_t adopt(npie_login_t *login, npie_flow_t *flow,
                          const char *user, npie_err_t *err)
{
    apr_status_t rv = npie_flow_adopt(login, flow, user, err);

    if (rv == APR_SUCCESS) {
        login->problem = NPIE_P_NONE;
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* What the ledger has as revoked or superseded is refused although a registry
 * that was restored, or written by somebody else, says that it is good. Nobody
 * is kept out because npie-signer is away: it looks again before it issues. */
static void ask_ledger(npie_login_t *login, const npie_flow_t *flow)
{
    npie_signer_t signer;
    npie_reason_t reason;
    int revoked = 0;

    if (flow->signer == NULL || login->verdict == NPIE_VERDICT_REFUSED) {
        return;
    }
    signer = npie_signer_within(flow->signer, LEDGER_PATIENCE);
    if (npie_signer_standing(&revoked, &reason, &signer, login->cert->der,
                             NULL, flow->p) == APR_SUCCESS && revoked) {
        refuse(login, reason == NPIE_REASON_SUPERSEDED
               ? NPIE_P_CERT_SUPERSEDED : NPIE_P_CERT_REVOKED);
    }
}

/* From a proved certificate to its row, its employer and what they may do. */
static apr_status_t judge(npie_login_t *login, npie_flow_t *flow,
                          const char *user, npie_err_t *err)
{
    npie_problem_t other;
    npie_place_t place;
    npie_renewal_t *due;
    npie_who_t who;
    apr_status_t rv = find(login, flow, err);

    if (rv == APR_SUCCESS && login->problem == NPIE_P_CERT_UNKNOWN &&
        flow->policy->adopt) {
        rv = adopt(login, flow, user, err);
    }
    if (rv != APR_SUCCESS || login->problem != NPIE_P_NONE) {
        return rv;
    }
    other = belongs(login, user, flow->p);
    if (other != NPIE_P_NONE) {
        return refuse(login, other);
    }
    who.employer = login->employer->id;
    who.certificate = login->certificate->id;
    who.actor = login->certificate->serial;
    rv = npie_place_read(&place, &due, flow, &who, err);
    if (rv == APR_SUCCESS) {
        login->verdict = place.verdict;
        login->problem = place.problem;
        ask_ledger(login, flow);
    }
    return rv;
}

/* Anybody makes certificates with any serial number: those that no trusted
 * authority made write nothing into the audit. httpd logs them. */
static int is_ours(const npie_login_t *login)
{
    return login->certificate != NULL
        || (login->problem != NPIE_P_UNTRUSTED
            && login->problem != NPIE_P_KEY_WEAK);
}

/* Every login by a proved certificate, let in or not, is in the audit. */
static apr_status_t note(const npie_login_t *login, npie_flow_t *flow,
                         npie_err_t *err)
{
    static const char *const verdicts[] = {
        [NPIE_VERDICT_APPLICATION] = "application",
        [NPIE_VERDICT_EARLY] = "application, to be renewed soon",
        [NPIE_VERDICT_RENEWAL] = "renewal",
        [NPIE_VERDICT_TERMS] = "terms",
    };
    const char *detail = login->employer == NULL ? ""
        : apr_psprintf(flow->p, ", employer %" APR_INT64_T_FMT,
                       login->employer->id);

    if (flow->browser != NULL) {
        detail = apr_pstrcat(flow->p, detail, ", browser ", flow->browser,
                             NULL);
    }
    return login->verdict == NPIE_VERDICT_REFUSED
        ? npie_audit(flow->registry, flow->now, login->cert->serial,
                     "login-refused",
                     apr_pstrcat(flow->p,
                                 npie_problem_find((int)login->problem)->slug,
                                 ", key ", login->cert->spki_sha256, detail,
                                 NULL), err)
        : npie_audit(flow->registry, flow->now, login->cert->serial, "login",
                     apr_pstrcat(flow->p, verdicts[login->verdict], ", key ",
                                 login->cert->spki_sha256, detail, NULL), err);
}

apr_status_t npie_flow_login(npie_login_t *login, npie_flow_t *flow,
                             npie_bytes_t challenge, npie_bytes_t cms,
                             const char *user, npie_err_t *err)
{
    apr_status_t rv;

    memset(login, 0, sizeof(*login));
    rv = prove(login, flow, challenge, cms, err);
    if (rv == APR_SUCCESS && login->problem == NPIE_P_NONE) {
        rv = judge(login, flow, user, err);
    }
    return rv == APR_SUCCESS && is_ours(login) ? note(login, flow, err) : rv;
}

apr_status_t npie_flow_by_key(npie_certificate_t **prow, npie_flow_t *flow,
                              npie_bytes_t challenge, npie_bytes_t spki,
                              npie_bytes_t signature, npie_err_t *err)
{
    char sha256[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = npie_proof_verify(sha256, spki, signature, challenge,
                                        err);

    if (rv == APR_SUCCESS) {
        rv = npie_certificate_by_spki(prow, flow->registry, sha256, err);
    }
    return rv != APR_NOTFOUND ? rv
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_KEY_UNKNOWN,
                       "no certificate has the key %s", sha256);
}

apr_status_t npie_flow_login_cert(npie_login_t *login, npie_flow_t *flow,
                                  npie_bytes_t certificate,
                                  const apr_array_header_t *chain,
                                  npie_err_t *err)
{
    npie_err_t why = { 0 };
    npie_cert_t *cert;
    apr_status_t rv;

    memset(login, 0, sizeof(*login));
    rv = npie_cert_parse(&cert, certificate, err, flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    login->cert = cert;
    rv = npie_trust_verify(flow->trust, cert, chain,
                           flow->policy->old_key_min_bits, &why, flow->p);
    if (rv == APR_SUCCESS) {
        rv = judge(login, flow, "", err);
    }
    else if (why.problem == NPIE_P_UNTRUSTED || why.problem == NPIE_P_KEY_WEAK) {
        rv = refuse(login, why.problem);
    }
    else {
        return npie_err_set(err, rv, why.problem, "%s", why.detail);
    }
    return rv == APR_SUCCESS && is_ours(login) ? note(login, flow, err) : rv;
}
