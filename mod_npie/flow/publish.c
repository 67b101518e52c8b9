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

static apr_status_t tell(const npie_untold_t *untold, npie_flow_t *flow,
                         npie_ended_fn *after, void *baton, npie_err_t *err)
{
    const npie_certificate_t *certificate = &untold->certificate;
    npie_signer_revoke_t revoke = {
        .certificate = certificate->der,
        .revoked = certificate->ended,
        .invalid_since = untold->invalid_since,
    };
    apr_status_t rv;

    if (!npie_reason_find(&revoke.reason, certificate->reason)) {
        revoke.reason = NPIE_REASON_UNSPECIFIED;
    }
    rv = npie_signer_revoke(flow->signer, &revoke, err, flow->p);
    if (rv == APR_SUCCESS) {
        rv = after(baton, certificate, err);
    }
    return rv == APR_SUCCESS || rv == NPIE_EPOLICY
        ? note(certificate, flow, rv == APR_SUCCESS, err) : rv;
}

apr_status_t npie_flow_publish(int *pcount, npie_flow_t *flow,
                               npie_ended_fn *before, npie_ended_fn *after,
                               void *baton, npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_certificate_untold(&list, flow->registry, err);

    *pcount = 0;
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        const npie_untold_t *one = APR_ARRAY_IDX(list, i, npie_untold_t *);

        rv = before(baton, &one->certificate, err);
        if (rv == APR_SUCCESS) {
            rv = tell(one, flow, after, baton, err);
        }
        if (rv == APR_SUCCESS) {
            ++*pcount;
        }
    }
    return rv;
}
