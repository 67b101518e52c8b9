/* SPDX-License-Identifier: Apache-2.0
 * From the registry to the signer's revocation log.
 */
#include "flow/publish.h"

#include <apr_strings.h>

#include "base/ticks.h"

/* A failure that takes longer is a Redis that hangs. */
#define HANGS apr_time_from_msec(300)

/* A certificate that npie-signer was told of. */
typedef struct told_t {
    npie_flow_t *flow;
    const npie_certificate_t *certificate;
    int taken; /* 0: of an authority that is not trusted (any more) */
    int held;  /* 1: not for good yet */
} told_t;

static apr_status_t note(void *baton, npie_err_t *err)
{
    const told_t *told = baton;
    const npie_flow_t *flow = told->flow;
    const npie_certificate_t *certificate = told->certificate;
    apr_status_t rv = npie_certificate_set_told(flow->registry,
                                                certificate->id, flow->now,
                                                err);

    return rv != APR_SUCCESS ? rv
        : npie_audit(flow->registry, flow->now, "npie-signer", "crl",
                     apr_psprintf(flow->p, "certificate %s, %s",
                                  certificate->serial, !told->taken
                                  ? "of no trusted authority" : told->held
                                  ? "on hold" : "listed"), err);
}

static apr_time_t earlier(apr_time_t a, apr_time_t b)
{
    return a < b ? a : b;
}

/* Whoever ended it may have had a clock ahead of ours: npie-signer takes no
 * time that is still to come, and its refusal would keep the certificate off
 * the CRL for good. */
static apr_status_t tell(int *pheld, const npie_untold_t *untold,
                         npie_flow_t *flow, npie_err_t *err)
{
    const npie_certificate_t *certificate = &untold->certificate;
    npie_signer_revoke_t revoke = {
        .certificate = certificate->der,
        .revoked = earlier(certificate->ended, flow->now),
        .invalid_since = earlier(untold->invalid_since, flow->now),
        .held = pheld,
    };

    *pheld = 0;
    if (!npie_reason_find(&revoke.reason, certificate->reason)) {
        revoke.reason = NPIE_REASON_UNSPECIFIED;
    }
    return npie_signer_revoke(flow->signer, &revoke, err, flow->p);
}

apr_status_t npie_publish_one(int *pheld, apr_status_t *pport,
                              npie_flow_t *flow,
                              const npie_untold_t *untold, npie_err_t *err)
{
    const npie_port_t *port = flow->port;
    const npie_certificate_t *certificate = &untold->certificate;
    const apr_status_t said = tell(pheld, untold, flow, err);
    told_t told = { flow, certificate, said == APR_SUCCESS, *pheld };
    apr_status_t rv;

    if ((said != APR_SUCCESS && said != NPIE_EPOLICY) || port == NULL
        || port->renew_answers == NULL) {
        return said;
    }
    if (told.taken && *pport == APR_SUCCESS) {
        *pport = port->renew_answers(port->baton, certificate, err, flow->p);
    }
    if (*pport != APR_SUCCESS) {
        return said;
    }
    rv = npie_registry_write(flow->registry, certificate->employer, note,
                             &told, err);
    /* Else somebody was faster to note it. */
    return rv != APR_SUCCESS && rv != NPIE_ECONFLICT ? rv : said;
}

/* What a new certificate has replaced ended with its letter, and its last
 * session lives on a little. The additional ones' ended as well, unless Redis
 * failed just then. */
static apr_status_t end_sessions(npie_flow_t *flow,
                                 const npie_certificate_t *certificate,
                                 npie_err_t *err)
{
    return certificate->status == NPIE_CERTIFICATE_SUPERSEDED
            && !certificate->additional
        ? APR_SUCCESS
        : npie_port_end_one(flow->port, certificate, NULL, err, flow->p);
}

apr_status_t npie_flow_publish(int *pcount, npie_flow_t *flow,
                               npie_err_t *err)
{
    apr_status_t failed = APR_SUCCESS;
    apr_status_t hangs = APR_SUCCESS;
    int held;
    apr_array_header_t *list;
    apr_status_t rv = npie_certificate_untold(&list, flow->registry, err);

    *pcount = 0;
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        const npie_untold_t *untold = APR_ARRAY_IDX(list, i, npie_untold_t *);
        const apr_interval_time_t began = npie_ticks();
        apr_status_t port = hangs != APR_SUCCESS ? hangs
            : end_sessions(flow, &untold->certificate, err);

        /* A Redis that hangs costs one time-out, not one a certificate. What
         * fails at once may be of this one alone. */
        if (port != APR_SUCCESS && npie_ticks() - began > HANGS) {
            hangs = port;
        }
        rv = npie_publish_one(&held, &port, flow, untold, err);
        rv = rv == NPIE_EPOLICY ? APR_SUCCESS : rv;
        failed = port != APR_SUCCESS ? port : failed;
        *pcount += rv == APR_SUCCESS && port == APR_SUCCESS;
    }
    return rv != APR_SUCCESS ? rv : failed;
}
