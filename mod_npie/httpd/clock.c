/* SPDX-License-Identifier: Apache-2.0
 * See clock.h.
 */
#include "httpd/private.h"

#include "httpd/clock.h"

#include "httpd/notice.h"

/* A signer that does not answer keeps mails waiting no longer. */
#define TIMEOUT apr_time_from_sec(2)
#define SAY_AGAIN apr_time_from_sec(600)

apr_status_t npie_clock_look(npie_clock_job_t *job, const server_rec *s,
                             npie_flow_t *flow)
{
    const npie_signer_t signer = npie_signer_within(flow->signer, TIMEOUT);
    npie_signer_state_t state;
    apr_interval_time_t apart;

    if (npie_signer_ping(&state, &signer, NULL, flow->p) != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    apart = state.ahead < 0 ? -state.ahead : state.ahead;
    if (apart < NPIE_SIGNER_CLOCK_WARN) {
        job->said = 0;
        return APR_SUCCESS;
    }
    if (job->said != 0 && flow->now >= job->said
        && flow->now - job->said < SAY_AGAIN) {
        return APR_SUCCESS;
    }
    job->said = flow->now;
    npie_notice(APLOG_MARK, 0, s, NULL, apart < NPIE_SIGNER_CLOCK_LIMIT
                ? NPIE_N_CLOCK : NPIE_N_CLOCK_LIMIT,
                "it is %" APR_TIME_T_FMT " s %s", apr_time_sec(apart),
                state.ahead < 0 ? "behind" : "ahead");
    return APR_SUCCESS;
}
