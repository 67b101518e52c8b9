/* SPDX-License-Identifier: Apache-2.0
 * From the registry to the signer's revocation log.
 */
#include "flow/publish.h"

#include <apr_strings.h>

#include "store/revocation.h"

/* That it is known, or none of that authority's. */
static apr_status_t note(const npie_certificate_t *certificate,
                         npie_flow_t *flow, int ours, npie_err_t *err)
{
    npie_registry_t *registry = flow->registry;
    apr_status_t rv = npie_registry_begin(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_certificate_set_told(registry, certificate->id, flow->now, err);
    if (rv == APR_SUCCESS) {
        rv = npie_audit(registry, flow->now, "npie-signer", "crl",
                        apr_psprintf(flow->p, "certificate %s, %s",
                                     certificate->serial, ours
                                     ? "listed" : "of another authority"),
                        err);
    }
    if (rv != APR_SUCCESS) {
        npie_registry_end(registry, 0, NULL);
        return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
    }
    return npie_registry_end(registry, 1, err);
}

static apr_time_t earlier(apr_time_t a, apr_time_t b)
{
    return a < b ? a : b;
}

/* Whoever ended it may have had a clock ahead of ours: npie-signer takes no
 * time that is still to come, and its refusal would keep the certificate off
 * the CRL for good. */
static apr_status_t tell(const npie_untold_t *untold, npie_flow_t *flow,
                         npie_err_t *err)
{
    const npie_certificate_t *certificate = &untold->certificate;
    npie_signer_revoke_t revoke = {
        .certificate = certificate->der,
        .revoked = earlier(certificate->ended, flow->now),
        .invalid_since = earlier(untold->invalid_since, flow->now),
    };

    if (!npie_reason_find(&revoke.reason, certificate->reason)) {
        revoke.reason = NPIE_REASON_UNSPECIFIED;
    }
    return npie_signer_revoke(flow->signer, &revoke, err, flow->p);
}

/* What is to happen beside the telling. */
typedef struct beside_t {
    npie_ended_fn *before;
    npie_ended_fn *after;
    void *baton;
    apr_status_t rv; /* how it went for one certificate */
} beside_t;

static apr_status_t publish(beside_t *beside, const npie_untold_t *untold,
                            npie_flow_t *flow, npie_err_t *err)
{
    const npie_certificate_t *certificate = &untold->certificate;
    apr_status_t rv;

    beside->rv = beside->before(beside->baton, certificate, err);
    rv = tell(untold, flow, err);
    if (rv != APR_SUCCESS && rv != NPIE_EPOLICY) {
        return rv;
    }
    if (rv == APR_SUCCESS && beside->rv == APR_SUCCESS) {
        beside->rv = beside->after(beside->baton, certificate, err);
    }
    return beside->rv == APR_SUCCESS
        ? note(certificate, flow, rv == APR_SUCCESS, err) : APR_SUCCESS;
}

apr_status_t npie_flow_publish(int *pcount, npie_flow_t *flow,
                               npie_ended_fn *before, npie_ended_fn *after,
                               void *baton, npie_err_t *err)
{
    beside_t beside = { before, after, baton, APR_SUCCESS };
    apr_status_t failed = APR_SUCCESS;
    apr_array_header_t *list;
    apr_status_t rv = npie_certificate_untold(&list, flow->registry, err);

    *pcount = 0;
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        rv = publish(&beside, APR_ARRAY_IDX(list, i, npie_untold_t *), flow,
                     err);
        if (beside.rv != APR_SUCCESS) {
            failed = beside.rv;
        }
        else if (rv == APR_SUCCESS) {
            ++*pcount;
        }
    }
    return rv != APR_SUCCESS ? rv : failed;
}
