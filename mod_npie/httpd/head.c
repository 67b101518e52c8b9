/* SPDX-License-Identifier: Apache-2.0
 * See head.h.
 */
#include "httpd/private.h"

#include "httpd/head.h"

#include <apr_strings.h>

#include "httpd/notice.h"
#include "store/audit.h"

/* A signer that does not answer keeps mails waiting no longer. */
#define TIMEOUT apr_time_from_sec(2)

/* What npie-signer has of the audit is not what the registry has. */
static void log_tampered(const server_rec *s, const char *what)
{
    npie_notice(APLOG_MARK, 0, s, NULL, NPIE_N_TAMPERED,
                "%s; see npiectl audit verify", what);
}

static apr_status_t hand(npie_signer_head_t *kept, npie_flow_t *flow,
                         const npie_audit_head_t *head, npie_err_t *err)
{
    const npie_signer_t signer = npie_signer_within(flow->signer, TIMEOUT);
    npie_signer_head_t given;

    given.sequence = head->sequence;
    memcpy(given.hash, head->hash, sizeof(given.hash));
    return npie_signer_audit(kept, &signer, &given, err, flow->p);
}

apr_status_t npie_head_hand(npie_head_job_t *job, const server_rec *s,
                            npie_flow_t *flow, npie_err_t *err)
{
    npie_audit_head_t head;
    npie_signer_head_t kept;
    apr_status_t rv = npie_audit_head(&head, flow->registry, err);

    if (rv != APR_SUCCESS || head.sequence == job->sequence
        || head.sequence == head.since) {
        return rv;
    }
    rv = hand(&kept, flow, &head, err);
    if (rv != APR_SUCCESS && rv != NPIE_EPOLICY) {
        if (!job->failed) {
            npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_HEAD, "%s",
                        err->detail);
        }
        job->failed = 1;
        return APR_SUCCESS;
    }
    job->failed = 0;
    job->sequence = head.sequence;
    if (rv == NPIE_EPOLICY) {
        log_tampered(s, err->detail);
        return APR_SUCCESS;
    }
    /* Another child may have been faster, with a later one. */
    rv = npie_audit_head(&head, flow->registry, err);
    if (rv == APR_SUCCESS && kept.sequence > head.sequence) {
        log_tampered(s, apr_psprintf(flow->p, "its end is row %"
                     APR_INT64_T_FMT ", and there was a row %" APR_INT64_T_FMT,
                     head.sequence, kept.sequence));
    }
    return rv;
}
