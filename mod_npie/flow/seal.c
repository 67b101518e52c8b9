/* SPDX-License-Identifier: Apache-2.0
 * From a signed letter to a sealed one.
 */
#include "flow/seal.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/verify.h"
#include "model/field.h"
#include "pki/policy.h"
#include "store/sealing.h"

#define LEASE apr_time_from_sec(60)
#define ACTOR "npie-signer"

/* What was asked for is looked at as everybody will. */
static apr_status_t check(npie_flow_t *flow, npie_bytes_t sealed,
                          npie_err_t *err)
{
    const npie_verify_rules_t rules = {
        .trust = flow->trust, .seals = flow->seals,
        .old_key_min_bits = flow->policy->old_key_min_bits,
        .additional_oid = NPIE_ADDITIONAL_OID, .now = flow->now
    };
    npie_letter_view_t *view;
    apr_status_t rv = npie_letter_verify(&view, &rules, sealed, err, flow->p);

    if (rv != APR_SUCCESS || view->outcome == NPIE_OUTCOME_SEALED) {
        return rv;
    }
    if (view->seal.seen == NPIE_SEEN_UNKNOWN) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_INTERNAL,
                            "npie-signer seals with certificate %s, which "
                            "NPIESeal does not name: add it there",
                            view->seal.cert->serial_text);
    }
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                        "the seal does not hold: %s (employer's signature "
                        "%s, seal %s: %s)", npie_outcome_name(view->outcome),
                        npie_seen_name(view->employer.seen),
                        npie_seen_name(view->seal.seen), view->seal.detail);
}

/* Queues the mail with both letters of a renewal once the second of them is
 * sealed. */
static apr_status_t queue_acuse(npie_flow_t *flow, const npie_paper_t *paper,
                                npie_err_t *err)
{
    npie_outbox_t mail = { .kind = NPIE_MAIL_ACUSE, .queued = flow->now,
                           .next_try = flow->now };
    npie_employer_t *employer;
    npie_renewal_t *renewal;
    npie_sealing_t other;
    apr_status_t rv;

    if (!flow->policy->mail || paper->renewal == 0) {
        return APR_SUCCESS;
    }
    rv = npie_renewal_get(&renewal, flow->registry, paper->renewal, err);
    if (rv == APR_SUCCESS) {
        rv = npie_sealing_get(&other, flow->registry, NPIE_SEALING_RENEWAL,
                              paper->folio == renewal->letter1
                              ? renewal->letter2 : renewal->letter1, err);
    }
    if (rv == APR_NOTFOUND) {
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, flow->registry, renewal->employer,
                               err);
    }
    if (rv != APR_SUCCESS || !npie_field_email(employer->contact.email)) {
        return rv;
    }
    mail.employer = renewal->employer;
    mail.renewal = renewal->id;
    mail.address = employer->contact.email;
    return npie_outbox_queue(&mail.id, flow->registry, &mail, err);
}

/* A seal that was given. */
typedef struct given_t {
    npie_flow_t *flow;
    const npie_paper_t *paper;
    npie_bytes_t section;
} given_t;

/* Of two that seal a letter of a renewal each at once, the second sees both
 * and queues the mail. */
static apr_status_t store(void *baton, npie_err_t *err)
{
    const given_t *given = baton;
    const npie_paper_t *paper = given->paper;
    npie_flow_t *flow = given->flow;
    apr_status_t rv = npie_sealing_set(flow->registry, paper->of, paper->folio,
                                       given->section, flow->now, err);

    if (rv == APR_SUCCESS) {
        rv = npie_audit(flow->registry, flow->now, ACTOR, "seal",
                        apr_psprintf(flow->p, "letter %" APR_INT64_T_FMT,
                                     paper->folio), err);
    }
    return rv == APR_SUCCESS ? queue_acuse(flow, paper, err) : rv;
}

static apr_status_t seal(npie_acuse_t *acuse, npie_flow_t *flow,
                         const npie_paper_t *paper, npie_err_t *err)
{
    const npie_signer_t signer = npie_signer_within(flow->signer,
                                                    NPIE_SEAL_PATIENCE);
    given_t given = { .flow = flow, .paper = paper };
    npie_bytes_t sealed;
    apr_status_t rv;

    if (flow->seals == NULL) {
        return npie_err_set(err, APR_ENOTIMPL, NPIE_P_INTERNAL,
                            "there is no NPIESeal: it names the certificate "
                            "that npie-signer seals with");
    }
    rv = npie_signer_seal(&given.section, &signer, paper->pdf, err, flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    sealed = npie_paper_joined(paper->pdf, given.section, flow->p);
    rv = check(flow, sealed, err);
    if (rv == APR_SUCCESS) {
        rv = npie_registry_write(flow->registry, paper->employer, store,
                                 &given, err);
    }
    if (rv == APR_SUCCESS) {
        acuse->pdf = sealed;
        acuse->sealed_at = flow->now;
    }
    return rv;
}

/* Letters of renewals before those of additional certificates. */
static apr_status_t claim(npie_paper_t *paper, npie_flow_t *flow, npie_err_t *err)
{
    apr_status_t rv = APR_NOTFOUND;

    for (int of = 0; of < NPIE_SEALING_PLACES && rv == APR_NOTFOUND; ++of) {
        paper->of = (npie_sealing_of_t)of;
        rv = npie_sealing_claim(&paper->folio, flow->registry, paper->of,
                                flow->now, flow->now + LEASE, err);
    }
    return rv;
}

apr_status_t npie_flow_seal_next(apr_int64_t *pfolio, npie_flow_t *flow,
                                 npie_err_t *err)
{
    npie_paper_t paper = { .folio = 0 };
    npie_acuse_t acuse;
    apr_status_t rv = claim(&paper, flow, err);

    *pfolio = paper.folio;
    if (rv == APR_SUCCESS) {
        rv = npie_paper_read(&paper, flow, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = seal(&acuse, flow, &paper, err);
    /* Who sealed it meanwhile has done as well. */
    if (rv == NPIE_ECONFLICT) {
        return APR_SUCCESS;
    }
    if (rv == NPIE_EPOLICY || rv == NPIE_EPROTO) {
        npie_sealing_later(flow->registry, paper.of, paper.folio,
                           flow->now + NPIE_SEAL_AGAIN, NULL);
    }
    return rv;
}

/* The letter with its seal, which is made if it is not there. */
static apr_status_t get_sealed(npie_acuse_t *acuse, npie_flow_t *flow,
                               const npie_paper_t *paper, npie_err_t *err)
{
    apr_status_t rv = npie_paper_sealed(acuse, paper, flow, err);

    if (rv != APR_NOTFOUND) {
        return rv;
    }
    /* Without a seal the letter is what it was; somebody else's is as good. */
    if (seal(acuse, flow, paper, NULL) == NPIE_ECONFLICT) {
        rv = npie_paper_sealed(acuse, paper, flow, err);
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_flow_acuse(npie_acuse_t *acuse, npie_flow_t *flow,
                             const npie_renewal_t *renewal, apr_int64_t folio,
                             npie_err_t *err)
{
    npie_paper_t paper = { .of = NPIE_SEALING_RENEWAL, .folio = folio };
    npie_letter_row_t *letter;
    apr_status_t rv = npie_letter_get(&letter, flow->registry, folio, err);

    memset(acuse, 0, sizeof(*acuse));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    acuse->pdf = letter->pdf;
    if (renewal->state != NPIE_RENEWAL_COMPLETED || letter->signed_at == 0) {
        return APR_SUCCESS;
    }
    paper.pdf = letter->pdf;
    paper.employer = letter->employer;
    paper.renewal = letter->renewal;
    return get_sealed(acuse, flow, &paper, err);
}

apr_status_t npie_flow_addition_acuse(npie_acuse_t *acuse, npie_flow_t *flow,
                                      const npie_addition_t *addition,
                                      npie_err_t *err)
{
    const npie_paper_t paper = { .of = NPIE_SEALING_ADDITION,
                            .folio = addition->folio, .pdf = addition->pdf,
                            .employer = addition->employer };

    memset(acuse, 0, sizeof(*acuse));
    acuse->pdf = addition->pdf;
    return addition->state == NPIE_ADDITION_ISSUED
               ? get_sealed(acuse, flow, &paper, err) : APR_SUCCESS;
}
