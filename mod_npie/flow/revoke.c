/* SPDX-License-Identifier: Apache-2.0
 * The end of a certificate before its time, and of what hangs on it.
 */
#include "flow/revoke.h"

#include <apr_strings.h>

#include "flow/step.h"
#include "store/addition.h"
#include "store/revocation.h"

/* Each time that somebody was faster the rows are looked at again. */
#define TRIES 4

/* One revocation being made. */
typedef struct ending_t {
    npie_flow_t *flow;
    npie_who_t who;
    const npie_revocation_t *revocation;
    apr_array_header_t *ended;
    npie_err_t *err;
} ending_t;

static apr_status_t end_one(ending_t *ending, npie_certificate_t *certificate,
                            npie_reason_t reason)
{
    npie_flow_t *flow = ending->flow;
    const apr_time_t since = ending->revocation->invalid_since;
    const char *name = npie_reason_name((int)reason);
    apr_status_t rv;

    rv = npie_certificate_end(flow->registry, certificate->id,
                              NPIE_CERTIFICATE_REVOKED, name, flow->now,
                              ending->err);
    if (rv == APR_SUCCESS && since != 0
        && certificate->id == ending->revocation->certificate) {
        rv = npie_certificate_set_invalid(flow->registry, certificate->id,
                                          since, ending->err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_audit(flow->registry, flow->now, ending->who.actor, "revoke",
                        apr_psprintf(flow->p, "certificate %s, %s",
                                     certificate->serial, name), ending->err);
    }
    if (rv == APR_SUCCESS) {
        APR_ARRAY_PUSH(ending->ended, npie_certificate_t *) = certificate;
    }
    return rv;
}

/* What the renewal of a revoked certificate has made already. */
static apr_status_t end_issued(ending_t *ending, const npie_renewal_t *renewal)
{
    npie_certificate_t *made;
    apr_status_t rv;

    if (renewal->new_certificate == 0
        || renewal->new_certificate == ending->revocation->certificate) {
        return APR_SUCCESS;
    }
    rv = npie_certificate_get(&made, ending->flow->registry,
                              renewal->new_certificate, ending->err);
    return rv == APR_SUCCESS && made->status == NPIE_CERTIFICATE_ACTIVE
               ? end_one(ending, made, ending->revocation->reason) : rv;
}

static apr_status_t end_renewal(ending_t *ending)
{
    const apr_int64_t id = ending->revocation->certificate;
    npie_renewal_t *open;
    apr_status_t rv;

    rv = npie_renewal_open(&open, ending->flow->registry, ending->who.employer,
                           ending->err);
    if (rv == APR_NOTFOUND) {
        return APR_SUCCESS;
    }
    if (rv != APR_SUCCESS
        || (open->old_certificate != id && open->new_certificate != id)) {
        return rv;
    }
    rv = end_issued(ending, open);
    return rv == APR_SUCCESS ? npie_place_end(ending->flow, &ending->who, open,
                                              NPIE_EVENT_REVOKE, ending->err)
                             : rv;
}

static apr_status_t end_additionals(ending_t *ending,
                                    const npie_certificate_t *principal)
{
    apr_array_header_t *list;
    apr_status_t rv;

    rv = npie_certificate_additionals(&list, ending->flow->registry,
                                      principal->employer, ending->err);
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        npie_certificate_t *one = APR_ARRAY_IDX(list, i, npie_certificate_t *);

        if (one->generation == principal->generation) {
            rv = end_one(ending, one, NPIE_REASON_CESSATION);
        }
    }
    return rv;
}

/* In the open transaction. */
static apr_status_t end_all(ending_t *ending)
{
    npie_certificate_t *certificate;
    apr_status_t rv;

    rv = npie_certificate_get(&certificate, ending->flow->registry,
                              ending->revocation->certificate, ending->err);
    if (rv != APR_SUCCESS || certificate->status != NPIE_CERTIFICATE_ACTIVE) {
        return rv;
    }
    ending->who.employer = certificate->employer;
    ending->who.certificate = certificate->id;
    /* So that no additional certificate is made unseen meanwhile. */
    rv = npie_employer_hold(ending->flow->registry, certificate->employer,
                            ending->err);
    if (rv == APR_SUCCESS) {
        rv = end_one(ending, certificate, ending->revocation->reason);
    }
    if (rv != APR_SUCCESS || certificate->additional) {
        return rv;
    }
    rv = end_renewal(ending);
    return rv == APR_SUCCESS ? end_additionals(ending, certificate) : rv;
}

apr_status_t npie_flow_revoke(apr_array_header_t **pended, npie_flow_t *flow,
                              const char *actor,
                              const npie_revocation_t *revocation,
                              npie_err_t *err)
{
    ending_t ending = { .flow = flow, .who = { .actor = actor },
                        .revocation = revocation, .err = err };
    npie_registry_t *registry = flow->registry;
    apr_status_t rv = APR_SUCCESS;

    *pended = ending.ended = apr_array_make(flow->p, 2,
                                            sizeof(npie_certificate_t *));
    if (npie_reason_name((int)revocation->reason) == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "no such reason of a revocation");
    }
    for (int i = 0; i < TRIES; ++i) {
        apr_array_clear(ending.ended);
        rv = npie_registry_begin(registry, err);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        rv = end_all(&ending);
        if (rv == APR_SUCCESS) {
            return npie_registry_end(registry, 1, err);
        }
        npie_registry_end(registry, 0, NULL);
        if (rv != NPIE_ECONFLICT) {
            return rv;
        }
    }
    return rv;
}

/* The new certificate, as long as it waits for its letter. */
static apr_status_t find_new(apr_int64_t *pid, const npie_place_t *place,
                             npie_err_t *err)
{
    if (place->renewal == NULL
        || place->renewal->state != NPIE_RENEWAL_ISSUED) {
        return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                            "no new certificate waits for letter 2");
    }
    *pid = place->issued->id;
    return APR_SUCCESS;
}

apr_status_t npie_flow_revoke_own(apr_array_header_t **pended,
                                  npie_flow_t *flow, const npie_who_t *who,
                                  npie_lost_t lost, npie_reason_t reason,
                                  npie_err_t *err)
{
    npie_revocation_t revocation = { .certificate = who->certificate,
                                     .reason = reason };
    npie_renewal_t *due;
    npie_place_t place;
    apr_status_t rv = npie_place_read(&place, &due, flow, who, err);

    *pended = apr_array_make(flow->p, 1, sizeof(npie_certificate_t *));
    if (rv == APR_SUCCESS && lost == NPIE_LOST_NEW) {
        rv = find_new(&revocation.certificate, &place, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (place.verdict == NPIE_VERDICT_REFUSED
        && place.problem != NPIE_P_CERT_REVOKED) {
        return npie_err_set(err, NPIE_EPOLICY, place.problem,
                            "certificate %s is refused: nothing to revoke",
                            who->actor);
    }
    return npie_flow_revoke(pended, flow, who->actor, &revocation, err);
}
