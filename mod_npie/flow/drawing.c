/* SPDX-License-Identifier: Apache-2.0
 * Letters drawn.
 */
#include "flow/drawing.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/art.h"
#include "letter/party.h"

apr_status_t npie_drawing_names(npie_step_t *step,
                                const npie_certificate_t *row,
                                npie_cert_t **pcert)
{
    npie_cert_t *cert;

    if (npie_cert_parse(&cert, row->der, step->err, step->flow->p)
        != APR_SUCCESS) {
        return npie_err_set(step->err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                            "the registry's certificate %s cannot be parsed",
                            row->serial);
    }
    if (pcert != NULL) {
        *pcert = cert;
    }
    return npie_letter_names(step->place.employer, cert, step->err,
                             step->flow->p);
}

apr_status_t npie_drawing_request(npie_step_t *step,
                                  const npie_csr_t *request)
{
    const npie_certificate_t *row = step->additional ? step->place.certificate
                                                     : step->place.old;
    const npie_addition_t *a = step->view.addition;
    npie_letter_t letter = { .kind = NPIE_LETTER_RENEWAL, .serial = "" };
    npie_cert_t *old;
    apr_status_t rv = npie_drawing_names(step, row, &old);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    letter.old_public_key = old->public_key;
    letter.old_spki = old->spki_sha256;
    letter.new_public_key = request->public_key;
    letter.new_spki = request->spki_sha256;
    if (step->additional) {
        letter.kind = NPIE_LETTER_ADDITIONAL;
        letter.holder = a->holder;
        letter.holder_email = a->holder_email;
        letter.purpose = a->purpose;
    }
    rv = npie_step_letter(step, &letter);
    if (!step->additional) {
        step->place.renewal->letter1 = letter.folio;
    }
    return rv;
}

apr_status_t npie_drawing_terms(npie_step_t *step, const npie_cert_t *cert)
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

int npie_drawing_is_old(const npie_flow_t *flow, npie_bytes_t pdf)
{
    npie_letter_file_t *file;

    return npie_letter_file_parse(&file, pdf, NULL, flow->p) == APR_SUCCESS
        && (file->data == NULL
            || strcmp(file->data->art, npie_letter_art_digest(flow->art))
               != 0);
}

apr_status_t npie_drawing_again(npie_step_t *step)
{
    npie_flow_t *flow = step->flow;
    const npie_bytes_t csr = step->additional ? step->view.addition->csr
                                              : step->place.renewal->csr;
    npie_csr_t *request;
    apr_status_t rv = npie_csr_parse(&request, csr, &flow->policy->new_keys,
                                     step->err, flow->p);

    return rv == APR_SUCCESS ? npie_drawing_request(step, request) : rv;
}

static apr_status_t draw_terms(npie_step_t *step)
{
    const npie_certificate_t *row = step->place.issued;
    npie_cert_t *cert;
    apr_status_t rv = npie_cert_parse(&cert, row->der, step->err,
                                      step->flow->p);

    return rv == APR_SUCCESS ? npie_drawing_terms(step, cert) : rv;
}

/* The letter in the renewal's row, or the request's, which keeps its state. */
static apr_status_t store(npie_step_t *step)
{
    npie_registry_t *registry = step->flow->registry;
    npie_renewal_t *renewal = step->place.renewal;
    npie_addition_t *addition = step->view.addition;

    return step->additional
        ? npie_addition_update(registry, addition, addition->state, step->err)
        : npie_renewal_update(registry, renewal, renewal->state, step->err);
}

static apr_status_t make_anew(npie_step_t *step, void *arg)
{
    const apr_int64_t *folio = arg;
    const int terms = step->event == NPIE_EVENT_SIGN2;
    npie_flow_t *flow = step->flow;
    apr_status_t rv = APR_SUCCESS;

    if ((terms ? step->place.renewal->letter2 : npie_step_folio(step))
        != *folio) {
        return npie_step_later(step);
    }
    if (!step->additional) {
        rv = npie_letter_void(flow->registry, *folio, step->err);
    }
    if (rv == APR_SUCCESS) {
        rv = terms ? draw_terms(step) : npie_drawing_again(step);
    }
    if (rv == APR_SUCCESS) {
        rv = store(step);
    }
    return rv != APR_SUCCESS ? rv
        : npie_audit(flow->registry, flow->now, step->who->actor,
                     "letter-anew", apr_psprintf(
                         flow->p, "letter %" APR_INT64_T_FMT " instead of %"
                         APR_INT64_T_FMT ", of other terms", terms
                         ? step->place.renewal->letter2
                         : npie_step_folio(step), *folio), step->err);
}

apr_status_t npie_drawing_anew(npie_step_t *step, apr_int64_t folio)
{
    apr_status_t rv = npie_step_run(step, make_anew, &folio);

    if (rv == APR_SUCCESS && step->move != NPIE_MOVE_GO) {
        return npie_step_later(step);
    }
    return rv != APR_SUCCESS ? rv
        : npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_LETTER_ANEW,
                       "letter %" APR_INT64_T_FMT " was of other terms than "
                       "those that hold now: another one was drawn", folio);
}
