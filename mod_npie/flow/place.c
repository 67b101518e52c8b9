/* SPDX-License-Identifier: Apache-2.0
 * Where an employer is: the rows a page shows, and the end of renewals that
 * nobody finished.
 */
#include "flow/sent.h"
#include "flow/step.h"

#include <string.h>

#include <apr_strings.h>

#include "store/place.h"
#include "store/revocation.h"

/* Turns "no such row" into a NULL row. */
static apr_status_t optional(apr_status_t rv)
{
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* The open renewal with its certificate, unless it is over its time: what it
 * made is not the newest any more then. */
static void read_open(npie_place_t *place, npie_renewal_t **pdue,
                      const npie_place_rows_t *rows, const npie_flow_t *flow)
{
    npie_renewal_t *open = rows->renewal;

    if (open == NULL || !npie_machine_is_open(open->state)) {
        return;
    }
    if (!npie_policy_lapsed(flow->policy, open, rows->issued, flow->now)) {
        place->renewal = open;
        place->issued = rows->issued;
        return;
    }
    *pdue = open;
    if (place->newest != NULL &&
        open->new_certificate == place->newest->id) {
        place->newest = rows->old;
    }
}

/* The renewal that made the newest certificate. */
static apr_status_t find_past(npie_renewal_t **ppast,
                              const npie_place_t *place,
                              const npie_place_rows_t *rows,
                              npie_flow_t *flow, npie_err_t *err)
{
    *ppast = rows->renewal;
    return place->newest == rows->newest &&
                   (*ppast == NULL ||
                    (*ppast)->new_certificate == place->newest->id)
               ? APR_SUCCESS
               : optional(npie_renewal_by_new(ppast, flow->registry,
                                              place->newest->id, err));
}

/* The completed renewal that the proved certificate may still look at. */
static apr_status_t read_completed(npie_place_t *place,
                                   const npie_place_rows_t *rows,
                                   npie_flow_t *flow, npie_err_t *err)
{
    npie_renewal_t *past = NULL;
    int made, superseded;
    apr_status_t rv;

    if (place->newest == NULL || place->verdict == NPIE_VERDICT_RENEWAL) {
        return APR_SUCCESS;
    }
    rv = find_past(&past, place, rows, flow, err);
    if (rv != APR_SUCCESS || past == NULL ||
        past->state != NPIE_RENEWAL_COMPLETED) {
        return rv;
    }
    made = place->verdict != NPIE_VERDICT_REFUSED &&
           past->new_certificate == place->certificate->id;
    superseded = place->verdict == NPIE_VERDICT_REFUSED &&
                 place->problem == NPIE_P_CERT_SUPERSEDED &&
                 past->old_certificate == place->certificate->id;
    if (made || superseded) {
        place->renewal = past;
        place->issued = place->newest;
    }
    return APR_SUCCESS;
}

/* What the place says beside the rows: old certificate, generation, contact. */
static apr_status_t finish(npie_place_t *place, const npie_place_rows_t *rows,
                           npie_flow_t *flow, npie_err_t *err)
{
    const npie_renewal_t *renewal = place->renewal;

    place->old = place->certificate;
    place->generation = place->issued != NULL ? place->issued->generation
                                              : rows->highest + 1;
    if (renewal == NULL) {
        return APR_SUCCESS;
    }
    if (npie_machine_is_open(renewal->state)) {
        place->employer->contact = renewal->contact;
    }
    if (renewal->old_certificate == place->certificate->id) {
        return APR_SUCCESS;
    }
    place->old = rows->old;
    return renewal == rows->renewal
               ? APR_SUCCESS
               : npie_certificate_get(&place->old, flow->registry,
                                      renewal->old_certificate, err);
}

apr_status_t npie_place_read(npie_place_t *place, npie_renewal_t **pdue,
                             npie_flow_t *flow, const npie_who_t *who,
                             npie_err_t *err)
{
    npie_place_rows_t rows;
    apr_status_t rv;

    memset(place, 0, sizeof(*place));
    *pdue = NULL;
    rv = npie_place_rows(&rows, flow->registry, who->employer,
                         who->certificate, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    place->certificate = rows.certificate;
    if (place->certificate->employer != who->employer) {
        return npie_err_set(err, APR_NOTFOUND, NPIE_P_SESSION,
                            "the certificate is another employer's now");
    }
    place->employer = rows.employer;
    place->registered = place->employer->contact;
    place->newest = rows.newest;
    if (!place->certificate->additional) {
        read_open(place, pdue, &rows, flow);
    }
    place->verdict = npie_policy_judge(&place->problem, flow->policy,
                                       place->certificate, place->newest,
                                       place->renewal, flow->now);
    if (place->renewal == NULL && !place->certificate->additional) {
        rv = read_completed(place, &rows, flow, err);
    }
    return rv == APR_SUCCESS ? finish(place, &rows, flow, err) : rv;
}

const char *npie_place_state_name(npie_renewal_state_t state)
{
    return state == NPIE_RENEWAL_NONE ? "none"
                                      : npie_renewal_state_name(state);
}

apr_status_t npie_place_note(const npie_flow_t *flow, const npie_who_t *who,
                             npie_event_t event, const npie_renewal_t *renewal,
                             npie_renewal_state_t was, npie_err_t *err)
{
    const char *detail =
        apr_psprintf(flow->p,
                     "renewal %" APR_INT64_T_FMT ", %s to %s, letters %"
                     APR_INT64_T_FMT " and %" APR_INT64_T_FMT,
                     renewal->id, npie_place_state_name(was),
                     npie_place_state_name(renewal->state),
                     renewal->letter1, renewal->letter2);

    return npie_audit(flow->registry, flow->now, who->actor,
                      npie_event_name(event), detail, err);
}

apr_status_t npie_place_end(npie_flow_t *flow, const npie_who_t *who,
                            npie_renewal_t *due, npie_event_t event,
                            npie_err_t *err)
{
    npie_registry_t *registry = flow->registry;
    const npie_renewal_state_t was = due->state;
    const apr_int64_t folio = was == NPIE_RENEWAL_ISSUED ? due->letter2
                                                         : due->letter1;
    apr_status_t rv = APR_SUCCESS;

    if (npie_machine_move(&due->state, was, event) != NPIE_MOVE_GO) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no %s of a renewal that is %s",
                            npie_event_name(event),
                            npie_renewal_state_name(was));
    }
    due->changed = flow->now;
    if (folio != 0) {
        rv = npie_letter_void(registry, folio, err);
    }
    if (rv == APR_SUCCESS && due->new_certificate != 0) {
        rv = npie_certificate_set_unused(registry, due->new_certificate, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_renewal_update(registry, due, was, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_place_note(flow, who, event, due, was, err);
    }
    return rv;
}

apr_status_t npie_flow_place_past(npie_place_t *place, npie_flow_t *flow,
                                  npie_err_t *err)
{
    npie_renewal_t *past = NULL;
    apr_status_t rv;

    if (place->certificate->additional) {
        place->issued = place->certificate;
        return APR_SUCCESS;
    }
    if (place->renewal != NULL || place->verdict != NPIE_VERDICT_RENEWAL) {
        return APR_SUCCESS;
    }
    rv = optional(npie_renewal_by_new(&past, flow->registry,
                                      place->certificate->id, err));
    if (rv == APR_SUCCESS && past != NULL &&
        past->state == NPIE_RENEWAL_COMPLETED) {
        place->renewal = past;
        place->issued = place->certificate;
    }
    return rv;
}

/* A look that may write. */
typedef struct look_t {
    npie_place_t *place;
    npie_flow_t *flow;
    const npie_who_t *who;
} look_t;

static apr_status_t lapse(void *baton, npie_err_t *err)
{
    const look_t *look = baton;
    npie_renewal_t *due;
    apr_status_t rv = npie_place_read(look->place, &due, look->flow, look->who,
                                      err);

    if (rv != APR_SUCCESS || due == NULL) {
        return rv;
    }
    look->place->lapsed = 1;
    return npie_place_end(look->flow, look->who, due, NPIE_EVENT_LAPSE, err);
}

apr_status_t npie_flow_place(npie_place_t *place, npie_flow_t *flow,
                             const npie_who_t *who, npie_err_t *err)
{
    look_t look = { place, flow, who };
    npie_renewal_t *due;
    apr_status_t rv;

    rv = npie_place_read(place, &due, flow, who, err);
    if (rv == APR_SUCCESS && due == NULL) {
        return npie_place_mail(place, flow, err);
    }
    return rv != APR_SUCCESS ? rv
        : npie_registry_write(flow->registry, who->employer, lapse, &look,
                              err);
}
