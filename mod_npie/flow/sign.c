/* SPDX-License-Identifier: Apache-2.0
 * The employer's signature over a letter: verified first, then stored with
 * the step it makes.
 */
#include "flow/addition.h"

#include <string.h>

#include <apr_strings.h>

#include "flow/drawing.h"
#include "flow/signature.h"
#include "flow/step.h"

/* Does the signature hold over the stored letter, by the right certificate? */
static apr_status_t verify(const npie_step_t *step, npie_bytes_t pdf,
                           npie_bytes_t cms)
{
    const npie_flow_t *flow = step->flow;
    const int second = step->event == NPIE_EVENT_SIGN2;
    const npie_signature_t wanted = {
        .certificate = step->additional ? step->place.certificate
            : second ? step->place.issued : step->place.old,
        .name = step->additional ? "principal" : second ? "new" : "old",
        .min_bits = second ? npie_policy_new_rsa_bits(flow->policy)
                           : flow->policy->old_key_min_bits,
        .valid = second || step->additional,
    };

    return npie_signature_verify(flow, &wanted, pdf, cms, step->err);
}

/* A letter with a verified signature. */
typedef struct signed_t {
    apr_int64_t folio;
    npie_bytes_t pdf;
    apr_array_header_t *ended; /* npie_certificate_t *, by letter 2 */
} signed_t;

static apr_status_t end_one(const npie_step_t *step, signed_t *letter,
                            npie_certificate_t *certificate)
{
    npie_flow_t *flow = step->flow;
    apr_status_t rv = npie_certificate_end(flow->registry, certificate->id,
                                           NPIE_CERTIFICATE_SUPERSEDED,
                                           "superseded", flow->now, step->err);

    APR_ARRAY_PUSH(letter->ended, npie_certificate_t *) = certificate;
    return rv != APR_SUCCESS ? rv
        : npie_audit(flow->registry, flow->now, step->who->actor, "supersede",
                     apr_psprintf(flow->p, "certificate %s, by %s",
                                  certificate->serial,
                                  step->place.issued->serial), step->err);
}

/* With the new certificate in use, the one it replaces and those that hung on
 * that end. */
static apr_status_t supersede(const npie_step_t *step, signed_t *letter)
{
    npie_registry_t *registry = step->flow->registry;
    apr_array_header_t *additionals;
    apr_status_t rv;

    rv = npie_certificate_set_terms(registry, step->place.issued->id,
                                    step->flow->now, step->err);
    if (rv == APR_SUCCESS) {
        rv = end_one(step, letter, step->place.old);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_additionals(&additionals, registry,
                                          step->who->employer, step->err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < additionals->nelts && rv == APR_SUCCESS; ++i) {
        npie_certificate_t *one = APR_ARRAY_IDX(additionals, i,
                                                npie_certificate_t *);

        if (one->generation < step->place.issued->generation) {
            rv = end_one(step, letter, one);
        }
    }
    return rv;
}

static apr_int64_t folio_of(const npie_step_t *step)
{
    return step->event == NPIE_EVENT_SIGN2 ? step->place.renewal->letter2
                                           : npie_step_folio(step);
}

/* Letter 1 is signed: the mail with the link, or straight on without one. */
static apr_status_t after_letter1(npie_step_t *step)
{
    const npie_policy_t *policy = step->flow->policy;

    if (!policy->mail && !policy->mail_link_required) {
        return npie_step_follow(step, NPIE_EVENT_CONFIRM);
    }
    return npie_step_mail(step, NPIE_MAIL_OBTAIN,
                          step->place.renewal->contact.email, 0);
}

static apr_status_t make_signed(npie_step_t *step, void *arg)
{
    signed_t *letter = arg;
    npie_flow_t *flow = step->flow;
    apr_status_t rv = APR_SUCCESS;

    if (folio_of(step) != letter->folio) {
        return npie_step_later(step);
    }
    if (step->additional) {
        step->view.addition->pdf = letter->pdf;
        step->view.addition->signed_at = flow->now;
        return npie_step_write(step);
    }
    rv = npie_letter_set_signed(flow->registry, letter->folio, letter->pdf,
                                flow->now, step->err);
    if (rv == APR_SUCCESS && step->event == NPIE_EVENT_SIGN2) {
        rv = supersede(step, letter);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_write(step);
    }
    return rv == APR_SUCCESS && step->event == NPIE_EVENT_SIGN1
               ? after_letter1(step) : rv;
}

/* Is there nothing more to look at? Whoever signs letter 2 again still has
 * to prove the new key: the caller takes success for that proof. */
static int is_over(const npie_step_t *step)
{
    return step->move == NPIE_MOVE_DONE && step->event == NPIE_EVENT_SIGN1;
}

/* Of what the new certificate has replaced. Those of additional certificates
 * ended when letter 2 was signed first; what failed then, httpd's job does. */
static apr_status_t end_sessions(const npie_step_t *step,
                                 const signed_t *letter)
{
    const char *spare = step->who->session;

    return step->move == NPIE_MOVE_DONE
               ? npie_port_end_one(step->flow->port, step->place.old, spare,
                                   step->err, step->flow->p)
               : npie_port_end_sessions(step->flow->port, letter->ended, spare,
                                        step->err, step->flow->p);
}

/* The letter to sign. When it has been signed since the place was read, the
 * place is read again; of one that was voided only the hash is left. */
static apr_status_t read_letter(npie_letter_row_t **pletter, npie_step_t *step)
{
    apr_status_t rv = npie_step_read_letter(pletter, step, folio_of(step));

    if (rv != APR_SUCCESS || step->move != NPIE_MOVE_GO) {
        return rv;
    }
    if ((*pletter)->signed_at != 0) {
        return npie_step_look(step);
    }
    return !(*pletter)->voided ? rv
        : npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                       "the letter was voided meanwhile");
}

/* With the signature given, or the one that the file carries. */
static apr_status_t sign(npie_step_t *step, npie_bytes_t cms,
                         npie_bytes_t file, npie_letter_check_t *check)
{
    npie_bytes_t in_file = { NULL, 0 };
    npie_letter_check_t unasked;
    npie_letter_row_t *letter;
    signed_t made = {
        .ended = apr_array_make(step->flow->p, 2, sizeof(npie_certificate_t *))
    };
    apr_status_t rv = npie_step_look(step);

    check = check != NULL ? check : &unasked;
    memset(check, 0, sizeof(*check));
    if (rv == APR_SUCCESS && !is_over(step)) {
        rv = read_letter(&letter, step);
    }
    if (rv != APR_SUCCESS || is_over(step)) {
        return rv;
    }
    if (step->move == NPIE_MOVE_GO
        && npie_drawing_is_old(step->flow, letter->pdf)) {
        return npie_drawing_anew(step, letter->folio);
    }
    if (file.len != 0) {
        rv = npie_letter_match(&in_file, check, step, letter, file);
    }
    if (rv == APR_SUCCESS) {
        cms = cms.len != 0 ? cms : in_file;
        rv = verify(step, letter->pdf, cms);
    }
    if (rv == APR_SUCCESS && step->move == NPIE_MOVE_GO) {
        rv = npie_signature_write(&made.pdf, step->flow, letter->pdf, cms,
                                  step->err);
        if (rv == APR_SUCCESS) {
            made.folio = letter->folio;
            rv = npie_step_run(step, make_signed, &made);
        }
    }
    return rv == APR_SUCCESS && step->event == NPIE_EVENT_SIGN2
               ? end_sessions(step, &made) : rv;
}

apr_status_t npie_flow_sign(npie_flow_t *flow, const npie_who_t *who,
                            npie_letter_kind_t kind, npie_bytes_t cms,
                            npie_bytes_t file, npie_letter_check_t *check,
                            npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = kind == NPIE_LETTER_RENEWAL
                             ? NPIE_EVENT_SIGN1 : NPIE_EVENT_SIGN2 };

    return sign(&step, cms, file, check);
}

apr_status_t npie_flow_addition_sign(npie_flow_t *flow, const npie_who_t *who,
                                     apr_int64_t id, npie_bytes_t cms,
                                     npie_bytes_t file,
                                     npie_letter_check_t *check,
                                     npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_SIGN1, .additional = 1,
                         .request = id };

    return sign(&step, cms, file, check);
}
