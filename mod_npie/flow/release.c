/* SPDX-License-Identifier: Apache-2.0
 * A hold that has ended.
 */
#include "flow/release.h"

#include <apr_strings.h>

#include "store/revocation.h"

typedef struct releasing_t {
    npie_flow_t *flow;
    const char *actor;
    int confirmed;
    npie_certificate_t *row;
    npie_release_t release;
} releasing_t;

static apr_status_t change(releasing_t *releasing, npie_err_t *err)
{
    npie_certificate_t *row = releasing->row;
    apr_status_t rv = NPIE_ECONFLICT;

    if (row->status == NPIE_CERTIFICATE_ACTIVE) {
        releasing->release = NPIE_RELEASE_ACTIVE;
        return APR_SUCCESS;
    }
    if (releasing->confirmed) {
        releasing->release = row->status == NPIE_CERTIFICATE_REVOKED
            ? NPIE_RELEASE_REVOKED : NPIE_RELEASE_ENDED;
        return APR_SUCCESS;
    }
    rv = npie_certificate_release(releasing->flow->registry, row->id, err);
    releasing->release = rv == APR_SUCCESS ? NPIE_RELEASE_ACTIVE
                                           : NPIE_RELEASE_ENDED;
    return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
}

static apr_status_t note(void *baton, npie_err_t *err)
{
    releasing_t *releasing = baton;
    npie_flow_t *flow = releasing->flow;
    apr_status_t rv = npie_certificate_get(&releasing->row, flow->registry,
                                           releasing->row->id, err);

    if (rv == APR_SUCCESS) {
        rv = change(releasing, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_audit(flow->registry, flow->now, releasing->actor,
                        releasing->confirmed ? "hold-confirmed"
                        : "hold-released",
                        apr_psprintf(flow->p, "certificate %s%s",
                                     releasing->row->serial,
                                     releasing->release == NPIE_RELEASE_ENDED
                                     ? ", which stays ended" : ""), err);
    }
    return rv != APR_SUCCESS ? rv
        : npie_certificate_get(&releasing->row, flow->registry,
                               releasing->row->id, err);
}

apr_status_t npie_flow_release(npie_release_t *prelease,
                               npie_certificate_t **prow, npie_flow_t *flow,
                               const char *actor, const char *spki,
                               int confirmed, npie_err_t *err)
{
    releasing_t releasing = { flow, actor, confirmed, NULL,
                              NPIE_RELEASE_NONE };
    apr_status_t rv = npie_certificate_by_spki(&releasing.row, flow->registry,
                                               spki, err);

    if (rv == APR_SUCCESS) {
        rv = npie_registry_write(flow->registry, releasing.row->employer, note,
                                 &releasing, err);
    }
    *prelease = releasing.release;
    *prow = releasing.row;
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}
