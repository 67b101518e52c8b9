/* SPDX-License-Identifier: Apache-2.0
 * The move that makes the certificate, the employer's own or an additional
 * one. The signer is asked outside any
 * transaction; whoever comes second finds the first one's certificate.
 */
#include "flow/addition.h"

#include <string.h>

#include <apr_strings.h>

#include "flow/drawing.h"
#include "flow/made.h"
#include "flow/publish.h"
#include "flow/step.h"
#include "model/reason.h"
#include "store/revocation.h"

static npie_certificate_t *make_row(const npie_step_t *step,
                                    const npie_cert_t *cert)
{
    const npie_addition_t *a = step->view.addition;
    npie_certificate_t *row = apr_pcalloc(step->flow->p, sizeof(*row));

    row->employer = step->who->employer;
    row->generation = step->additional ? step->place.certificate->generation
                                       : step->place.generation;
    row->additional = step->additional;
    row->holder = step->additional ? a->holder : "";
    row->holder_email = step->additional ? a->holder_email : "";
    row->serial = cert->serial;
    row->spki = cert->spki_sha256;
    row->der = cert->der;
    row->not_before = cert->not_before;
    row->not_after = cert->not_after;
    row->status = NPIE_CERTIFICATE_ACTIVE;
    row->reason = "";
    return row;
}

/* What a certificate is asked for with. */
typedef struct asked_t {
    npie_step_t *step;
    apr_int64_t folio; /* of letter 1 or 3 */
    const char *spki;
    npie_cert_t *cert; /* what the signer gave */
} asked_t;

/* Takes a certificate in that exists but is nobody's to use: revoked. */
static apr_status_t insert_unused(void *baton, npie_err_t *err)
{
    const asked_t *asked = baton;
    const npie_cert_t *cert = asked->cert;
    const npie_flow_t *flow = asked->step->flow;
    npie_certificate_t *row = make_row(asked->step, cert);
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
    if (!row->additional) {
        row->generation = (int)highest + 1;
    }
    row->status = NPIE_CERTIFICATE_REVOKED;
    row->ended = flow->now;
    row->reason = npie_reason_name(NPIE_REASON_CESSATION);
    rv = npie_certificate_insert(&row->id, flow->registry, row, err);
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_set_unused(flow->registry, row->id, err);
    }
    return rv == APR_SUCCESS
               ? npie_audit(flow->registry, flow->now,
                            asked->step->who->actor, "issue-unused",
                            apr_psprintf(flow->p,
                                         "certificate %s, key %s, revoked",
                                         cert->serial, cert->spki_sha256), err)
               : rv;
}

/* It went another way while the signer worked, or its certificate was
 * revoked. Keeps why unless a fault comes in between. */
static apr_status_t note_unused(asked_t *asked, apr_status_t why)
{
    const npie_step_t *step = asked->step;
    npie_err_t fault = { 0 };
    const apr_status_t rv =
        npie_registry_write(step->flow->registry, step->who->employer,
                            insert_unused, asked, &fault);

    return rv == APR_SUCCESS
               ? why : npie_err_set(step->err, rv, fault.problem, "%s",
                                    fault.detail);
}

static apr_status_t finish_renewal(npie_step_t *step, const npie_cert_t *cert)
{
    npie_renewal_t *renewal = step->place.renewal;
    apr_status_t rv;

    renewal->new_certificate = step->place.issued->id;
    rv = npie_employer_set_contact(step->flow->registry, step->who->employer,
                                   &renewal->contact, step->err);
    if (rv == APR_SUCCESS) {
        rv = npie_drawing_terms(step, cert);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS
               ? npie_step_mail(step, NPIE_MAIL_ISSUED, renewal->contact.email,
                                step->place.issued->id)
               : rv;
}

static apr_status_t finish_request(npie_step_t *step)
{
    npie_addition_t *a = step->view.addition;
    apr_status_t rv;

    a->certificate = step->place.issued->id;
    rv = npie_step_write(step);
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail(step, NPIE_MAIL_ADDITIONAL_READY, a->holder_email,
                            0);
    }
    return rv == APR_SUCCESS
               ? npie_step_mail(step, NPIE_MAIL_ADDITIONAL_ISSUED,
                                step->place.registered.email, 0)
               : rv;
}

static apr_status_t take_in(npie_step_t *step, void *arg)
{
    const asked_t *asked = arg;
    npie_certificate_t *row;
    apr_status_t rv;

    if (npie_step_folio(step) != asked->folio) {
        return npie_step_later(step);
    }
    row = make_row(step, asked->cert);
    rv = npie_certificate_insert(&row->id, step->flow->registry, row,
                                 step->err);
    step->place.issued = row;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return step->additional ? finish_request(step)
                            : finish_renewal(step, asked->cert);
}

/* Where no mail link is required, asking for the certificate is the consent
 * to go on without it. */
static apr_status_t look(npie_step_t *step)
{
    apr_status_t rv = npie_step_look(step);
    const npie_renewal_t *renewal = step->place.renewal;

    if (rv == NPIE_ECONFLICT && !step->additional && renewal != NULL &&
        renewal->state == NPIE_RENEWAL_SIGNED &&
        !step->flow->policy->mail_link_required) {
        rv = npie_flow_confirm(step->flow, step->who, step->err);
        if (rv == APR_SUCCESS) {
            rv = npie_step_look(step);
        }
    }
    return rv;
}

/* A certificate that went to nobody (note_unused()) stands in the signer's way
 * until it knows that it is revoked. */
static apr_status_t ask_signer(npie_bytes_t *der, const asked_t *asked,
                               npie_bytes_t letter)
{
    const npie_step_t *step = asked->step;
    const npie_bytes_t csr = step->additional ? step->view.addition->csr
                                              : step->place.renewal->csr;
    npie_flow_t *flow = step->flow;
    int told;
    apr_status_t rv = npie_signer_issue(der, flow->signer, csr, letter,
                                        step->err, flow->p);

    if (rv == NPIE_EPOLICY && step->err->problem == NPIE_P_CERT_SUPERSEDED
        && npie_flow_publish(&told, flow, NULL) == APR_SUCCESS) {
        rv = npie_signer_issue(der, flow->signer, csr, letter, step->err,
                               flow->p);
    }
    return rv;
}

/* A key of which a certificate was made that went to nobody, as when the data
 * were corrected at that moment, gets no second one: back to llave. */
static void give_back(const npie_step_t *step, apr_status_t rv)
{
    if (rv == NPIE_EPOLICY && !step->additional
        && step->err->problem == NPIE_P_NEW_KEY_SEEN) {
        npie_flow_rekey(step->flow, step->who, NULL);
    }
}

static apr_status_t check_made(asked_t *asked, npie_bytes_t der)
{
    const npie_step_t *step = asked->step;
    apr_status_t rv = npie_made_check(&asked->cert, step->flow, der,
                                      asked->spki, step->place.employer->rp,
                                      step->err);

    if (rv == APR_SUCCESS && step->additional &&
        (asked->cert->not_after > step->place.certificate->not_after ||
         strcmp(asked->cert->common_name, step->view.addition->holder) != 0)) {
        return npie_err_set(step->err, NPIE_EPROTO, NPIE_P_INTERNAL,
                            "the signer's certificate %s outlives the "
                            "principal one or names somebody else",
                            asked->cert->serial);
    }
    return rv;
}

static apr_status_t issue(npie_step_t *step)
{
    asked_t asked = { .step = step };
    npie_letter_row_t *letter;
    npie_bytes_t der;
    apr_status_t rv = look(step);

    if (rv != APR_SUCCESS || step->move == NPIE_MOVE_DONE) {
        return rv;
    }
    asked.folio = npie_step_folio(step);
    asked.spki = step->additional ? step->view.addition->spki
                                  : step->place.renewal->new_spki;
    rv = npie_step_read_letter(&letter, step, asked.folio);
    if (rv == APR_SUCCESS) {
        rv = ask_signer(&der, &asked, letter->pdf);
        give_back(step, rv);
    }
    if (rv == APR_SUCCESS) {
        rv = check_made(&asked, der);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_step_run(step, take_in, &asked);
    return rv == NPIE_ECONFLICT || rv == NPIE_EPOLICY
               ? note_unused(&asked, rv) : rv;
}

apr_status_t npie_flow_issue(npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_ISSUE, .err = err };

    return issue(&step);
}

apr_status_t npie_flow_addition_issue(npie_flow_t *flow, const npie_who_t *who,
                                      apr_int64_t id, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_ISSUE, .additional = 1,
                         .request = id };

    return issue(&step);
}
