/* SPDX-License-Identifier: Apache-2.0
 * What requests for additional certificates have come to.
 */
#include "flow/standing.h"

#include <string.h>

#include "flow/sent.h"

apr_status_t npie_standing_gone(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_ADDITIONAL_GONE,
                        "no such request, or at another step");
}

static npie_standing_t standing_of(const npie_certificate_t *certificate,
                                   apr_time_t now)
{
    switch (certificate->status) {
    case NPIE_CERTIFICATE_REVOKED:
        return NPIE_STANDING_REVOKED;
    case NPIE_CERTIFICATE_SUPERSEDED:
        return NPIE_STANDING_LAPSED;
    default:
        return now < certificate->not_after ? NPIE_STANDING_ACTIVE
                                            : NPIE_STANDING_LAPSED;
    }
}

/* A request that is under way serves as long as the certificate it was made
 * with is the principal one, and its time is not over. */
static apr_status_t see_waiting(npie_addition_view_t *view, npie_flow_t *flow,
                                npie_err_t *err)
{
    static const npie_standing_t standings[] = {
        [NPIE_ADDITION_REQUESTED] = NPIE_STANDING_REQUESTED,
        [NPIE_ADDITION_KEYED] = NPIE_STANDING_KEYED,
        [NPIE_ADDITION_AUTHORISED] = NPIE_STANDING_AUTHORISED,
    };
    const npie_addition_t *a = view->addition;
    npie_certificate_t *principal;
    apr_status_t rv;

    rv = npie_certificate_get(&principal, flow->registry, a->principal, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    view->until = (a->keyed != 0 ? a->keyed : a->created) +
                  flow->policy->renewal_timeout;
    view->standing = standings[a->state];
    if (principal->status != NPIE_CERTIFICATE_ACTIVE ||
        flow->now >= principal->not_after || flow->now >= view->until) {
        view->standing = NPIE_STANDING_OVERDUE;
    }
    return APR_SUCCESS;
}

apr_status_t npie_standing_see(npie_addition_view_t *view, npie_flow_t *flow,
                               npie_addition_t *addition, npie_err_t *err)
{
    apr_status_t rv;

    memset(view, 0, sizeof(*view));
    view->addition = addition;
    if (addition->state == NPIE_ADDITION_WITHDRAWN) {
        view->standing = NPIE_STANDING_WITHDRAWN;
        return APR_SUCCESS;
    }
    if (addition->state != NPIE_ADDITION_ISSUED) {
        return see_waiting(view, flow, err);
    }
    rv = npie_certificate_get(&view->certificate, flow->registry,
                              addition->certificate, err);
    if (rv == APR_SUCCESS) {
        view->standing = standing_of(view->certificate, flow->now);
    }
    return rv;
}

/* What became of the mail that a colleague waits for. */
static apr_status_t see_mail(npie_addition_view_t *view, npie_flow_t *flow,
                             npie_err_t *err)
{
    int left;

    return flow->policy->mail && (view->standing == NPIE_STANDING_REQUESTED ||
                                  view->standing == NPIE_STANDING_ACTIVE)
               ? npie_place_sent(&view->mail, &left, flow->registry, 0,
                                 view->addition->id, err)
               : APR_SUCCESS;
}

static npie_addition_view_t *append(apr_array_header_t *list)
{
    npie_addition_view_t *view = apr_pcalloc(list->pool, sizeof(*view));

    APR_ARRAY_PUSH(list, npie_addition_view_t *) = view;
    return view;
}

apr_status_t npie_flow_additions(apr_array_header_t **plist, npie_flow_t *flow,
                                 apr_int64_t employer, npie_err_t *err)
{
    apr_array_header_t *list = apr_array_make(flow->p, 8, sizeof(void *));
    apr_array_header_t *rows, *orphans;
    apr_status_t rv = npie_addition_list(&rows, flow->registry, employer, err);

    if (rv == APR_SUCCESS) {
        rv = npie_addition_orphans(&orphans, flow->registry, employer, err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; ++i) {
        npie_addition_view_t *view = append(list);

        rv = npie_standing_see(view, flow,
                               APR_ARRAY_IDX(rows, i, npie_addition_t *), err);
        if (rv == APR_SUCCESS) {
            rv = see_mail(view, flow, err);
        }
    }
    for (int i = 0; rv == APR_SUCCESS && i < orphans->nelts; ++i) {
        npie_addition_view_t *view = append(list);

        view->certificate = APR_ARRAY_IDX(orphans, i, npie_certificate_t *);
        view->standing = standing_of(view->certificate, flow->now);
    }
    *plist = list;
    return rv;
}

apr_status_t npie_flow_addition_find(npie_addition_view_t *view,
                                     npie_flow_t *flow, apr_int64_t employer,
                                     apr_int64_t id, npie_err_t *err)
{
    npie_addition_t *addition;
    apr_status_t rv = npie_addition_get(&addition, flow->registry, id, err);

    if (rv == APR_NOTFOUND ||
        (rv == APR_SUCCESS && addition->employer != employer)) {
        return npie_standing_gone(err);
    }
    return rv == APR_SUCCESS ? npie_standing_see(view, flow, addition, err)
                             : rv;
}

apr_status_t npie_standing_certificate(npie_addition_view_t *view,
                                       npie_flow_t *flow, apr_int64_t employer,
                                       apr_int64_t certificate,
                                       npie_err_t *err)
{
    apr_status_t rv;

    memset(view, 0, sizeof(*view));
    rv = npie_certificate_get(&view->certificate, flow->registry, certificate,
                              err);
    if (rv == APR_NOTFOUND ||
        (rv == APR_SUCCESS && (view->certificate->employer != employer ||
                               !view->certificate->additional))) {
        return npie_standing_gone(err);
    }
    if (rv == APR_SUCCESS) {
        view->standing = standing_of(view->certificate, flow->now);
    }
    return rv;
}

int npie_flow_addition_may(const npie_place_t *place)
{
    return !place->certificate->additional && place->newest != NULL &&
           place->newest->id == place->certificate->id &&
           (place->verdict == NPIE_VERDICT_APPLICATION ||
            place->verdict == NPIE_VERDICT_EARLY);
}
