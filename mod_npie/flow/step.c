/* SPDX-License-Identifier: Apache-2.0
 * One step of a renewal or a request: judged, made and noted in one
 * transaction.
 */
#include "flow/step.h"

#include <string.h>

#include <apr_strings.h>

#include "pki/digest.h"

static npie_renewal_state_t state_of(const npie_step_t *step)
{
    return step->place.renewal != NULL ? step->place.renewal->state
                                       : NPIE_RENEWAL_NONE;
}

apr_status_t npie_step_later(const npie_step_t *step)
{
    return step->additional ? npie_standing_gone(step->err)
        : npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                       "no %s in state %s", npie_event_name(step->event),
                       npie_place_state_name(state_of(step)));
}

static apr_status_t refused(const npie_step_t *step, npie_problem_t problem)
{
    return npie_err_set(step->err, NPIE_EPOLICY, problem,
                        "no %s with certificate %s: %s",
                        npie_event_name(step->event), step->who->actor,
                        npie_problem_find(problem)->slug);
}

/* May the proved certificate make this move? */
static apr_status_t permit(const npie_step_t *step)
{
    const npie_place_t *place = &step->place;

    switch (place->verdict) {
    case NPIE_VERDICT_RENEWAL:
    case NPIE_VERDICT_EARLY:
        break;
    case NPIE_VERDICT_TERMS:
        if (step->event == NPIE_EVENT_SIGN2) {
            break;
        }
        return npie_step_later(step);
    case NPIE_VERDICT_REFUSED:
        return refused(step, place->problem);
    default:
        return npie_step_later(step);
    }
    /* The proved certificate may be another than the one being renewed; a
     * renewal does not outlive the certificate it began with. */
    if (npie_machine_is_open(state_of(step)) &&
        step->event != NPIE_EVENT_CANCEL &&
        place->old->status != NPIE_CERTIFICATE_ACTIVE) {
        return refused(step,
                       place->old->status == NPIE_CERTIFICATE_SUPERSEDED
                           ? NPIE_P_CERT_SUPERSEDED : NPIE_P_CERT_REVOKED);
    }
    return APR_SUCCESS;
}

/* Is this a principal certificate that may ask for additional ones? A key is
 * made by whoever has the request. */
static apr_status_t permit_request(const npie_step_t *step)
{
    const npie_place_t *place = &step->place;

    if (step->event == NPIE_EVENT_KEY || npie_flow_addition_may(place)) {
        return APR_SUCCESS;
    }
    if (place->certificate->additional) {
        return npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                            "certificate %s is an additional one",
                            step->who->actor);
    }
    return place->verdict == NPIE_VERDICT_REFUSED
        ? npie_err_set(step->err, NPIE_EPOLICY, place->problem,
                       "certificate %s is refused", step->who->actor)
        : npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                       "certificate %s is not the valid principal one",
                       step->who->actor);
}

/* The request with it; letter 3 names the registered address. */
static apr_status_t read_request(npie_step_t *step)
{
    npie_flow_t *flow = step->flow;
    const apr_int64_t employer = step->who->employer;

    step->place.employer->contact = step->place.registered;
    if (step->request != 0) {
        return npie_flow_addition_find(&step->view, flow, employer,
                                       step->request, step->err);
    }
    if (step->certificate != 0) {
        return npie_standing_certificate(&step->view, flow, employer,
                                         step->certificate, step->err);
    }
    memset(&step->view, 0, sizeof(step->view));
    step->view.standing = NPIE_STANDING_NONE;
    return APR_SUCCESS;
}

static apr_status_t no_move(const npie_step_t *step)
{
    return npie_err_set(step->err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                        "no move for %s, %s",
                        npie_event_name(step->event),
                        step->additional
                            ? "of a request"
                            : npie_place_state_name(state_of(step)));
}

/* Letter 3 names the key of the certificate with which it was asked for. */
static int is_foreign(const npie_step_t *step)
{
    return (step->event == NPIE_EVENT_SIGN1 ||
            step->event == NPIE_EVENT_ISSUE) &&
           step->view.addition->principal != step->who->certificate;
}

static apr_status_t judge_request(npie_step_t *step)
{
    apr_status_t rv = permit_request(step);

    if (rv == APR_SUCCESS) {
        rv = read_request(step);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    step->move = npie_machine_request(&step->standing, step->view.standing,
                                      step->event);
    if (step->move == NPIE_MOVE_BUG) {
        return no_move(step);
    }
    return step->move == NPIE_MOVE_LATER ||
           (step->move == NPIE_MOVE_GO && is_foreign(step))
               ? npie_step_later(step) : APR_SUCCESS;
}

static apr_status_t judge(npie_step_t *step)
{
    if (step->additional) {
        return judge_request(step);
    }
    step->move = npie_machine_move(&step->next, state_of(step), step->event);
    switch (step->move) {
    case NPIE_MOVE_GO:
        return permit(step);
    case NPIE_MOVE_DONE:
        return APR_SUCCESS;
    case NPIE_MOVE_LATER:
        return step->place.verdict == NPIE_VERDICT_REFUSED
                   ? refused(step, step->place.problem)
                   : npie_step_later(step);
    default:
        return no_move(step);
    }
}

static apr_status_t too_late(npie_step_t *step)
{
    if (step->event == NPIE_EVENT_CANCEL) {
        step->move = NPIE_MOVE_DONE;
        return APR_SUCCESS;
    }
    return npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_LAPSED,
                        "the renewal is over its time");
}

apr_status_t npie_step_look(npie_step_t *step)
{
    npie_renewal_t *due;
    apr_status_t rv;

    rv = npie_place_read(&step->place, &due, step->flow, step->who, step->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return due != NULL && !step->additional ? too_late(step) : judge(step);
}

/* A move in its transaction. */
typedef struct attempt_t {
    npie_step_t *step;
    npie_step_fn make;
    void *arg;
    int late; /* 1: the renewal was over its time and has ended instead */
} attempt_t;

static apr_status_t attempt(void *baton, npie_err_t *err)
{
    attempt_t *a = baton;
    npie_step_t *step = a->step;
    npie_renewal_t *due = NULL;
    apr_status_t rv = npie_place_read(&step->place, &due, step->flow,
                                      step->who, err);

    a->late = due != NULL && !step->additional;
    if (rv == APR_SUCCESS && a->late) {
        return npie_place_end(step->flow, step->who, due, NPIE_EVENT_LAPSE,
                              err);
    }
    if (rv == APR_SUCCESS) {
        rv = judge(step);
    }
    return rv == APR_SUCCESS && step->move == NPIE_MOVE_GO
               ? a->make(step, a->arg) : rv;
}

apr_status_t npie_step_run(npie_step_t *step, npie_step_fn make, void *arg)
{
    attempt_t a = { step, make, arg, 0 };
    apr_status_t rv = npie_registry_write(step->flow->registry,
                                          step->who->employer, attempt, &a,
                                          step->err);

    return rv == APR_SUCCESS && a.late ? too_late(step) : rv;
}

apr_status_t npie_step_note_request(npie_step_t *step)
{
    const npie_addition_t *a = step->view.addition;

    return npie_audit(step->flow->registry, step->flow->now, step->who->actor,
                      npie_event_request_name(step->event),
                      apr_psprintf(step->flow->p, "request %" APR_INT64_T_FMT
                                   ", %s, letter %" APR_INT64_T_FMT ", key %s",
                                   a->id, npie_addition_state_name(a->state),
                                   a->folio, a->spki), step->err);
}

static apr_status_t write_request(npie_step_t *step)
{
    static const npie_addition_state_t states[] = {
        [NPIE_STANDING_REQUESTED] = NPIE_ADDITION_REQUESTED,
        [NPIE_STANDING_KEYED] = NPIE_ADDITION_KEYED,
        [NPIE_STANDING_AUTHORISED] = NPIE_ADDITION_AUTHORISED,
        [NPIE_STANDING_ACTIVE] = NPIE_ADDITION_ISSUED,
        [NPIE_STANDING_WITHDRAWN] = NPIE_ADDITION_WITHDRAWN,
    };
    npie_addition_t *a = step->view.addition;
    const npie_addition_state_t was = a->state;
    apr_status_t rv;

    a->state = states[step->standing];
    a->changed = step->flow->now;
    rv = npie_addition_update(step->flow->registry, a, was, step->err);
    return rv == APR_SUCCESS ? npie_step_note_request(step) : rv;
}

static apr_status_t write_renewal(npie_step_t *step)
{
    npie_renewal_t *renewal = step->place.renewal;
    const npie_renewal_state_t was = renewal->state;
    apr_status_t rv;

    renewal->state = step->next;
    renewal->changed = step->flow->now;
    rv = npie_renewal_update(step->flow->registry, renewal, was, step->err);
    return rv == APR_SUCCESS ? npie_place_note(step->flow, step->who,
                                               step->event, renewal, was,
                                               step->err)
                             : rv;
}

apr_status_t npie_step_write(npie_step_t *step)
{
    return step->additional ? write_request(step) : write_renewal(step);
}

apr_status_t npie_step_follow(npie_step_t *step, npie_event_t event)
{
    npie_step_t next = *step;

    next.event = event;
    next.move = npie_machine_move(&next.next, state_of(&next), event);
    return next.move == NPIE_MOVE_GO ? npie_step_write(&next) : APR_SUCCESS;
}

static apr_status_t store_letter(npie_step_t *step,
                                 const npie_letter_t *letter, npie_bytes_t pdf)
{
    npie_letter_row_t row = { .folio = letter->folio, .kind = letter->kind,
                              .renewal = step->place.renewal->id,
                              .created = letter->time, .pdf = pdf };
    char sha256[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = npie_sha256_hex(sha256, pdf);

    if (rv != APR_SUCCESS) {
        return npie_err_set(step->err, rv, NPIE_P_LETTER_DRAW, "no digest");
    }
    row.sha256 = sha256;
    return npie_letter_insert(step->flow->registry, &row, step->err);
}

apr_status_t npie_step_letter(npie_step_t *step, npie_letter_t *letter)
{
    npie_flow_t *flow = step->flow;
    npie_bytes_t pdf;
    apr_status_t rv;

    rv = npie_folio_next(&letter->folio, flow->registry, step->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    letter->time = apr_time_from_sec(apr_time_sec(flow->now));
    letter->employer = step->place.employer;
    rv = npie_letter_draw(&pdf, flow->art, letter, step->err, flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!step->additional) {
        return store_letter(step, letter, pdf);
    }
    step->view.addition->folio = letter->folio;
    step->view.addition->keyed = letter->time;
    step->view.addition->pdf = pdf;
    return APR_SUCCESS;
}

apr_int64_t npie_step_folio(const npie_step_t *step)
{
    return step->additional ? step->view.addition->folio
                            : step->place.renewal->letter1;
}

apr_status_t npie_step_read_letter(npie_letter_row_t **pletter,
                                   const npie_step_t *step, apr_int64_t folio)
{
    const npie_addition_t *a = step->view.addition;

    if (!step->additional) {
        return npie_letter_get(pletter, step->flow->registry, folio,
                               step->err);
    }
    *pletter = apr_pcalloc(step->flow->p, sizeof(**pletter));
    (*pletter)->folio = a->folio;
    (*pletter)->employer = a->employer;
    (*pletter)->kind = NPIE_LETTER_ADDITIONAL;
    (*pletter)->pdf = a->pdf;
    return APR_SUCCESS;
}
