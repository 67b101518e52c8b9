/* SPDX-License-Identifier: Apache-2.0
 * The links in mails: what a token is, and the moves it makes.
 */
#include "flow/mail.h"

#include <string.h>

#include "flow/step.h"
#include "flow/token.h"

/* In the audit, for who acted. */
static const char actor[] = "mail-link";

static npie_link_state_t judge(const npie_link_t *link,
                               const npie_renewal_t *renewal, apr_time_t now)
{
    const int open = npie_machine_is_open(renewal->state);

    if (link->used != 0) {
        return NPIE_LINK_USED;
    }
    if (!open || (link->purpose == NPIE_LINK_STOP &&
                  renewal->state == NPIE_RENEWAL_ISSUED)) {
        return NPIE_LINK_OVER;
    }
    if (link->superseded != 0) {
        return NPIE_LINK_SUPERSEDED;
    }
    return now >= link->expires ? NPIE_LINK_EXPIRED : NPIE_LINK_GOOD;
}

static apr_status_t see(npie_link_view_t *view, npie_link_state_t state)
{
    static const npie_problem_t problems[] = {
        [NPIE_LINK_GOOD] = NPIE_P_NONE,
        [NPIE_LINK_USED] = NPIE_P_LINK_USED,
        [NPIE_LINK_EXPIRED] = NPIE_P_LINK_EXPIRED,
        [NPIE_LINK_SUPERSEDED] = NPIE_P_LINK_SUPERSEDED,
        [NPIE_LINK_OVER] = NPIE_P_LINK_OVER,
        [NPIE_LINK_CUT] = NPIE_P_LINK_CUT,
        [NPIE_LINK_UNKNOWN] = NPIE_P_LINK_UNKNOWN,
    };

    view->state = state;
    view->problem = problems[state];
    return APR_SUCCESS;
}

apr_status_t npie_flow_link_open(npie_link_view_t *view, npie_flow_t *flow,
                                 const char *token, npie_err_t *err)
{
    npie_registry_t *registry = flow->registry;
    char hash[NPIE_SHA256_HEX_SIZE];
    npie_link_t *link;
    apr_status_t rv;

    memset(view, 0, sizeof(*view));
    if (!npie_token_is(token)) {
        return see(view, NPIE_LINK_CUT);
    }
    rv = npie_token_digest(hash, token, err);
    if (rv == APR_SUCCESS) {
        rv = npie_link_find(&link, registry, hash, err);
    }
    if (rv == APR_NOTFOUND) {
        return see(view, NPIE_LINK_UNKNOWN);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_renewal_get(&view->renewal, registry, link->renewal, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_certificate_get(&view->old, registry,
                                  view->renewal->old_certificate, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    view->purpose = link->purpose;
    return see(view, judge(link, view->renewal, flow->now));
}

/* A link being used. */
typedef struct use_t {
    char hash[NPIE_SHA256_HEX_SIZE];
    apr_int64_t renewal;
} use_t;

/* The renewal that is open now may be a later one than the link's. */
static apr_status_t make_used(npie_step_t *step, void *arg)
{
    const use_t *use = arg;
    npie_flow_t *flow = step->flow;
    npie_renewal_t *renewal = step->place.renewal;
    apr_status_t rv;

    if (renewal->id != use->renewal) {
        return npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_LINK_OVER,
                            "the link is of an earlier renewal");
    }
    rv = npie_link_use(flow->registry, use->hash, flow->now, step->err);
    if (rv == APR_SUCCESS && step->event == NPIE_EVENT_CANCEL) {
        rv = npie_step_mail_withdraw(step, 0);
        if (rv == APR_SUCCESS && renewal->letter1 != 0) {
            rv = npie_letter_void(flow->registry, renewal->letter1, step->err);
        }
    }
    return rv == APR_SUCCESS ? npie_step_write(step) : rv;
}

/* What the link is, if it is good for this. */
static apr_status_t open_good(npie_link_view_t *view, npie_flow_t *flow,
                              const char *token, npie_link_purpose_t purpose,
                              npie_err_t *err)
{
    apr_status_t rv = npie_flow_link_open(view, flow, token, err);

    if (rv == APR_SUCCESS && view->state != NPIE_LINK_GOOD) {
        return npie_err_set(err, NPIE_EPOLICY, view->problem,
                            "the link is not good");
    }
    if (rv == APR_SUCCESS && view->purpose != purpose) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_LINK_UNKNOWN,
                            "the link is for something else");
    }
    return rv;
}

static apr_status_t use(npie_flow_t *flow, const char *token,
                        const npie_link_view_t *view, npie_event_t event,
                        npie_err_t *err)
{
    const npie_who_t who = { .employer = view->renewal->employer,
                             .certificate = view->renewal->old_certificate,
                             .actor = actor };
    npie_step_t step = { .flow = flow, .who = &who, .event = event,
                         .err = err };
    use_t used = { .renewal = view->renewal->id };
    apr_status_t rv = npie_token_digest(used.hash, token, err);

    if (rv == APR_SUCCESS) {
        rv = npie_step_run(&step, make_used, &used);
    }
    if (rv == APR_SUCCESS && step.move == NPIE_MOVE_DONE) {
        /* Confirmed before, without the link: it has served its time. */
        rv = npie_link_use(flow->registry, used.hash, flow->now, err);
        rv = rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
    }
    return rv;
}

apr_status_t npie_flow_link_confirm(npie_flow_t *flow, const char *token,
                                    npie_err_t *err)
{
    npie_link_view_t view;
    apr_status_t rv = open_good(&view, flow, token, NPIE_LINK_CONTINUE, err);

    return rv == APR_SUCCESS
               ? use(flow, token, &view, NPIE_EVENT_CONFIRM, err) : rv;
}

/* The sessions end first: should they be out of reach the link stays good, to
 * be tried again. Once more afterwards, for one that was opened meanwhile. */
apr_status_t npie_flow_link_stop(npie_flow_t *flow, const char *token,
                                 npie_err_t *err)
{
    npie_link_view_t view;
    apr_status_t rv = open_good(&view, flow, token, NPIE_LINK_STOP, err);

    if (rv == APR_SUCCESS) {
        rv = npie_port_end_one(flow->port, view.old, NULL, err, flow->p);
    }
    if (rv == APR_SUCCESS) {
        rv = use(flow, token, &view, NPIE_EVENT_CANCEL, err);
    }
    return rv == APR_SUCCESS
        ? npie_port_end_one(flow->port, view.old, NULL, err, flow->p) : rv;
}
