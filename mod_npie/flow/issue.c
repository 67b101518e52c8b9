/* SPDX-License-Identifier: Apache-2.0
 * The move that makes the certificate. The signer is asked outside any
 * transaction; whoever comes second finds the first one's certificate.
 */
#include "flow/step.h"

#include <apr_strings.h>

#include "flow/made.h"
#include "model/reason.h"
#include "store/revocation.h"

static npie_certificate_t *make_row(const npie_step_t *step,
                                    const npie_cert_t *cert)
{
    npie_certificate_t *row = apr_pcalloc(step->flow->p, sizeof(*row));

    row->employer = step->who->employer;
    row->generation = step->place.generation;
    row->holder = "";
    row->holder_email = "";
    row->serial = cert->serial;
    row->spki = cert->spki_sha256;
    row->der = cert->der;
    row->not_before = cert->not_before;
    row->not_after = cert->not_after;
    row->status = NPIE_CERTIFICATE_ACTIVE;
    row->reason = "";
    return row;
}

static apr_status_t insert_certificate(npie_step_t *step,
                                       const npie_cert_t *cert)
{
    npie_certificate_t *row = make_row(step, cert);
    apr_status_t rv = npie_certificate_insert(&row->id, step->flow->registry,
                                              row, step->err);

    step->place.issued = row;
    step->place.renewal->new_certificate = row->id;
    return rv;
}

static apr_status_t draw_letter2(npie_step_t *step, const npie_cert_t *cert)
{
    npie_letter_t letter = { .kind = NPIE_LETTER_TERMS };
    apr_status_t rv;

    letter.old_spki = step->place.old->spki;
    letter.new_public_key = cert->public_key;
    letter.new_spki = cert->spki_sha256;
    letter.serial = cert->serial_text;
    letter.not_before = cert->not_before;
    letter.not_after = cert->not_after;
    rv = npie_step_letter(step, &letter);
    step->place.renewal->letter2 = letter.folio;
    return rv;
}

/* What the signer gave, and for which letter 1. */
typedef struct issued_t {
    const npie_cert_t *cert;
    apr_int64_t letter1;
    npie_step_t *step;
} issued_t;

/* Takes a certificate in that exists but is nobody's to use: revoked. */
static apr_status_t insert_unused(void *baton, npie_err_t *err)
{
    const issued_t *issued = baton;
    const npie_cert_t *cert = issued->cert;
    const npie_flow_t *flow = issued->step->flow;
    npie_certificate_t *row = make_row(issued->step, cert);
    npie_certificate_t *before;
    apr_int64_t highest;
    apr_status_t rv;

    rv = npie_certificate_by_spki(&before, flow->registry, cert->spki_sha256,
                                  err);
    if (rv != APR_NOTFOUND) {
        return rv;
    }
    rv = npie_certificate_generation(&highest, flow->registry, row->employer,
                                     err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    row->generation = (int)highest + 1;
    row->status = NPIE_CERTIFICATE_REVOKED;
    row->ended = flow->now;
    row->reason = npie_reason_name(NPIE_REASON_CESSATION);
    rv = npie_certificate_insert(&row->id, flow->registry, row, err);
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_set_unused(flow->registry, row->id, err);
    }
    return rv == APR_SUCCESS
               ? npie_audit(flow->registry, flow->now,
                            issued->step->who->actor, "issue-unused",
                            apr_psprintf(flow->p,
                                         "certificate %s, key %s, revoked",
                                         cert->serial, cert->spki_sha256), err)
               : rv;
}

/* The renewal went another way while the signer worked, or its certificate
 * was revoked. Keeps why unless a fault comes in between. */
static apr_status_t note_unused(issued_t *issued, apr_status_t why)
{
    const npie_step_t *step = issued->step;
    npie_err_t fault = { 0 };
    const apr_status_t rv =
        npie_registry_write(step->flow->registry, step->who->employer,
                            insert_unused, issued, &fault);

    return rv == APR_SUCCESS
               ? why : npie_err_set(step->err, rv, fault.problem, "%s",
                                    fault.detail);
}

static apr_status_t make_issued(npie_step_t *step, void *arg)
{
    const issued_t *issued = arg;
    apr_status_t rv;

    if (step->place.renewal->letter1 != issued->letter1) {
        return npie_step_later(step);
    }
    rv = insert_certificate(step, issued->cert);
    if (rv == APR_SUCCESS) {
        rv = npie_employer_set_contact(step->flow->registry,
                                       step->who->employer,
                                       &step->place.renewal->contact,
                                       step->err);
    }
    if (rv == APR_SUCCESS) {
        rv = draw_letter2(step, issued->cert);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS
               ? npie_step_mail(step, NPIE_MAIL_ISSUED,
                                step->place.renewal->contact.email,
                                step->place.issued->id)
               : rv;
}

/* Where no mail link is required, asking for the certificate is the consent
 * to go on without it. */
static apr_status_t look(npie_step_t *step)
{
    apr_status_t rv = npie_step_look(step);
    const npie_renewal_t *renewal = step->place.renewal;

    if (rv == NPIE_ECONFLICT && renewal != NULL &&
        renewal->state == NPIE_RENEWAL_SIGNED &&
        !step->flow->policy->mail_link_required) {
        rv = npie_flow_confirm(step->flow, step->who, step->err);
        if (rv == APR_SUCCESS) {
            rv = npie_step_look(step);
        }
    }
    return rv;
}

apr_status_t npie_flow_issue(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_ISSUE, .err = err };
    issued_t issued = { .step = &step };
    npie_letter_row_t *letter;
    npie_cert_t *cert;
    npie_bytes_t der;
    apr_status_t rv;

    rv = look(&step);
    if (rv != APR_SUCCESS || step.move == NPIE_MOVE_DONE) {
        return rv;
    }
    rv = npie_letter_get(&letter, flow->registry, step.place.renewal->letter1,
                         err);
    if (rv == APR_SUCCESS) {
        rv = npie_signer_issue(&der, flow->signer, step.place.renewal->csr,
                               letter->pdf, err, flow->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_made_check(&cert, flow, der, step.place.renewal->new_spki,
                             step.place.employer->rp, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    issued.cert = cert;
    issued.letter1 = letter->folio;
    rv = npie_step_run(&step, make_issued, &issued);
    return rv == NPIE_ECONFLICT || rv == NPIE_EPOLICY
               ? note_unused(&issued, rv) : rv;
}
