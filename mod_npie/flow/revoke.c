/* SPDX-License-Identifier: Apache-2.0
 * The end of a certificate before its time, and of what hangs on it.
 */
#include "flow/revoke.h"

#include <string.h>

#include <apr_strings.h>

#include "flow/publish.h"
#include "flow/step.h"

/* One revocation being made. */
typedef struct ending_t {
    npie_flow_t *flow;
    npie_who_t who;
    const npie_revocation_t *revocation;
    npie_revoke_done_t *revoked;
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
        certificate->status = NPIE_CERTIFICATE_REVOKED;
        certificate->ended = apr_time_from_sec(apr_time_sec(flow->now));
        certificate->reason = name;
        APR_ARRAY_PUSH(ending->revoked->certificates, npie_certificate_t *) =
            certificate;
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
    ending->revoked->renewal = open;
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

/* In the transaction; the employer is held so that no additional certificate
 * is made unseen meanwhile. */
static apr_status_t end_all(void *baton, npie_err_t *err)
{
    ending_t *ending = baton;
    npie_certificate_t *certificate;
    apr_status_t rv;

    rv = npie_certificate_get(&certificate, ending->flow->registry,
                              ending->revocation->certificate, err);
    if (rv != APR_SUCCESS || certificate->status != NPIE_CERTIFICATE_ACTIVE) {
        return rv;
    }
    rv = end_one(ending, certificate, ending->revocation->reason);
    if (rv != APR_SUCCESS || certificate->additional) {
        return rv;
    }
    rv = end_renewal(ending);
    return rv == APR_SUCCESS ? end_additionals(ending, certificate) : rv;
}

static apr_status_t tell_signer(const ending_t *ending)
{
    npie_revoke_done_t *revoked = ending->revoked;
    apr_status_t all = APR_SUCCESS;

    for (int i = 0; i < revoked->certificates->nelts; ++i) {
        const npie_untold_t untold = {
            *APR_ARRAY_IDX(revoked->certificates, i, npie_certificate_t *),
            i == 0 ? ending->revocation->invalid_since : 0,
        };
        apr_status_t port = revoked->sessions;
        npie_err_t err = { 0 };
        int held;
        const apr_status_t rv = npie_publish_one(&held, &port, ending->flow,
                                                 &untold, &err);

        revoked->held += held;
        if (rv != APR_SUCCESS) {
            all = rv;
            revoked->signer_err = err;
        }
        if (rv != APR_SUCCESS && rv != NPIE_EPOLICY) {
            break;
        }
    }
    return all;
}

/* The revocation stands, from the next request on. */
static void spread(const ending_t *ending)
{
    npie_revoke_done_t *revoked = ending->revoked;

    revoked->sessions = npie_port_end_sessions(ending->flow->port,
                                               revoked->certificates, NULL,
                                               &revoked->sessions_err,
                                               ending->flow->p);
    revoked->signer = ending->flow->signer == NULL ? APR_ENOTIMPL
                                                   : tell_signer(ending);
}

apr_status_t npie_flow_revoke(npie_revoke_done_t *revoked, npie_flow_t *flow,
                              const char *actor,
                              const npie_revocation_t *revocation,
                              npie_err_t *err)
{
    ending_t ending = { .flow = flow, .who = { .actor = actor },
                        .revocation = revocation, .revoked = revoked,
                        .err = err };
    npie_certificate_t *certificate;
    apr_status_t rv;

    memset(revoked, 0, sizeof(*revoked));
    revoked->certificates = apr_array_make(flow->p, 2, sizeof(void *));
    if (npie_reason_name((int)revocation->reason) == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_REQUEST,
                            "no such reason of a revocation");
    }
    rv = npie_certificate_get(&certificate, flow->registry,
                              revocation->certificate, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ending.who.employer = certificate->employer;
    ending.who.certificate = certificate->id;
    rv = npie_registry_write(flow->registry, certificate->employer, end_all,
                             &ending, err);
    if (rv == APR_SUCCESS) {
        spread(&ending);
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

apr_status_t npie_flow_revoke_own(npie_revoke_done_t *revoked,
                                  npie_flow_t *flow, const npie_who_t *who,
                                  npie_lost_t lost, npie_reason_t reason,
                                  npie_err_t *err)
{
    npie_revocation_t revocation = { .certificate = who->certificate,
                                     .reason = reason };
    npie_renewal_t *due;
    npie_place_t place;
    apr_status_t rv = npie_place_read(&place, &due, flow, who, err);

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
    return npie_flow_revoke(revoked, flow, who->actor, &revocation, err);
}
