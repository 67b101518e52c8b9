/* SPDX-License-Identifier: Apache-2.0
 * One step of a renewal: judged, made and noted in one transaction.
 */
#include "flow/step.h"

#include <apr_strings.h>

#include "pki/digest.h"

static npie_renewal_state_t state_of(const npie_step_t *step)
{
    return step->place.renewal != NULL ? step->place.renewal->state
                                       : NPIE_RENEWAL_NONE;
}

static const char *state_name(npie_renewal_state_t state)
{
    return state == NPIE_RENEWAL_NONE ? "none"
                                      : npie_renewal_state_name(state);
}

apr_status_t npie_step_later(const npie_step_t *step)
{
    return npie_err_set(step->err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                        "no %s in state %s", npie_event_name(step->event),
                        state_name(state_of(step)));
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

static apr_status_t judge(npie_step_t *step)
{
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
        return npie_err_set(step->err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no move for %s in state %s",
                            npie_event_name(step->event),
                            state_name(state_of(step)));
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
    return due != NULL ? too_late(step) : judge(step);
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

    a->late = due != NULL;
    if (rv == APR_SUCCESS && due != NULL) {
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

apr_status_t npie_step_note(const npie_flow_t *flow, const npie_who_t *who,
                            npie_event_t event, const npie_renewal_t *renewal,
                            npie_renewal_state_t was, npie_err_t *err)
{
    const char *detail =
        apr_psprintf(flow->p,
                     "renewal %" APR_INT64_T_FMT ", %s to %s, letters %"
                     APR_INT64_T_FMT " and %" APR_INT64_T_FMT,
                     renewal->id, state_name(was), state_name(renewal->state),
                     renewal->letter1, renewal->letter2);

    return npie_audit(flow->registry, flow->now, who->actor,
                      npie_event_name(event), detail, err);
}

apr_status_t npie_step_write(npie_step_t *step)
{
    npie_renewal_t *renewal = step->place.renewal;
    const npie_renewal_state_t was = renewal->state;
    apr_status_t rv;

    renewal->state = step->next;
    renewal->changed = step->flow->now;
    rv = npie_renewal_update(step->flow->registry, renewal, was, step->err);
    return rv == APR_SUCCESS ? npie_step_note(step->flow, step->who,
                                              step->event, renewal, was,
                                              step->err)
                             : rv;
}

apr_status_t npie_step_follow(npie_step_t *step, npie_event_t event)
{
    npie_step_t next = *step;

    next.event = event;
    next.move = npie_machine_move(&next.next, state_of(&next), event);
    return next.move == NPIE_MOVE_GO ? npie_step_write(&next) : APR_SUCCESS;
}

apr_status_t npie_step_letter(npie_step_t *step, npie_letter_t *letter)
{
    npie_flow_t *flow = step->flow;
    npie_letter_row_t row = { 0 };
    char sha256[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv;

    rv = npie_folio_next(&letter->folio, flow->registry, step->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    letter->time = apr_time_from_sec(apr_time_sec(flow->now));
    letter->employer = step->place.employer;
    rv = npie_letter_draw(&row.pdf, flow->art, letter, step->err, flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_sha256_hex(sha256, row.pdf);
    if (rv != APR_SUCCESS) {
        return npie_err_set(step->err, rv, NPIE_P_LETTER_DRAW, "no digest");
    }
    row.folio = letter->folio;
    row.renewal = step->place.renewal->id;
    row.kind = letter->kind;
    row.created = letter->time;
    row.sha256 = sha256;
    return npie_letter_insert(flow->registry, &row, step->err);
}
