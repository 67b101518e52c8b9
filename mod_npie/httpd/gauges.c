/* SPDX-License-Identifier: Apache-2.0
 * Asking the parts of the installation.
 */
#include "httpd/gauges.h"

#include "letter/art.h"
#include "store/schema.h"

#define DAY apr_time_from_sec(86400)

const char *npie_gauges_part_name(npie_gauges_part_t part)
{
    static const char *const names[NPIE_GAUGES_PARTS] = {
        [NPIE_GAUGES_PART_REGISTRY] = "registry",
        [NPIE_GAUGES_PART_REDIS] = "redis",
        [NPIE_GAUGES_PART_SIGNER] = "signer",
    };

    return names[part];
}

const char *npie_gauges_end_name(npie_gauges_end_t end)
{
    static const char *const names[NPIE_GAUGES_ENDS] = {
        [NPIE_GAUGES_END_CA] = "ca", [NPIE_GAUGES_END_SEAL] = "seal",
        [NPIE_GAUGES_END_OCSP] = "ocsp", [NPIE_GAUGES_END_TLS] = "tls",
        [NPIE_GAUGES_END_TIMESTAMP] = "timestamp",
    };

    return names[end];
}

static void read_registry(npie_gauges_t *g, request_rec *r)
{
    npie_registry_t *registry;
    npie_flow_t *flow;

    if (npie_runtime_flow(&flow, r, NULL) != APR_SUCCESS) {
        return;
    }
    registry = flow->registry;
    g->up[NPIE_GAUGES_PART_REGISTRY] =
        npie_schema_version(&g->schema, registry, NULL) == APR_SUCCESS
        && g->schema == NPIE_SCHEMA_VERSION
        && npie_registry_summary(&g->summary, registry, NULL) == APR_SUCCESS
        && npie_report_oldest(&g->job_oldest, registry, flow->seals != NULL,
                              NULL) == APR_SUCCESS
        && npie_report_events(&g->events, registry, g->day, 0, NULL)
               == APR_SUCCESS
        && npie_report_refusals(&g->refusals, registry, g->day, 0, NULL)
               == APR_SUCCESS;
}

static void read_signer(npie_gauges_t *g, request_rec *r,
                        const npie_runtime_t *runtime)
{
    const npie_signer_t signer = npie_signer_within(
        &runtime->signer, NPIE_SIGNER_PUBLIC_TIMEOUT);
    npie_signer_crl_t crl;
    npie_cert_t *responder = NULL, *ca = NULL;

    if (npie_signer_ping(&g->signer, &signer, NULL, r->pool) != APR_SUCCESS) {
        return;
    }
    g->up[NPIE_GAUGES_PART_SIGNER] = 1;
    g->letters_agree = strcmp(g->signer.letters,
                              npie_letter_art_digest(runtime->art)) == 0;
    if (npie_signer_responder(&responder, &crl, &signer, NULL, r->pool)
        != APR_SUCCESS) {
        return;
    }
    g->crl_this = crl.this_update;
    g->crl_next = crl.next_update;
    g->ends[NPIE_GAUGES_END_OCSP] = responder->not_after;
    if (npie_cert_parse(&ca, crl.ca, NULL, r->pool) == APR_SUCCESS) {
        g->ends[NPIE_GAUGES_END_CA] = ca->not_after;
    }
}

npie_gauges_t *npie_gauges_read(request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_gauges_t *g = apr_pcalloc(r->pool, sizeof(*g));

    g->now = apr_time_now();
    g->day = g->now - g->now % DAY;
    g->events = apr_array_make(r->pool, 1, sizeof(npie_report_count_t));
    g->refusals = apr_array_make(r->pool, 1, sizeof(npie_report_count_t));
    read_registry(g, r);
    g->up[NPIE_GAUGES_PART_REDIS] = runtime->sessions != NULL
        && npie_sessions_ping(runtime->sessions, NULL, r->pool) == APR_SUCCESS;
    read_signer(g, r, runtime);
    if (runtime->seals != NULL) {
        g->ends[NPIE_GAUGES_END_SEAL] = npie_seals_end(runtime->seals);
    }
    if (runtime->tsa != NULL) {
        g->ends[NPIE_GAUGES_END_TIMESTAMP] = npie_tsa_end(runtime->tsa);
    }
    g->ends[NPIE_GAUGES_END_TLS] = runtime->tls_end;
    return g;
}
