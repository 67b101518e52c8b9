/* SPDX-License-Identifier: Apache-2.0
 * See clock.h.
 */
#include "httpd/private.h"

#include "httpd/clock.h"

#include <string.h>

#include "httpd/notice.h"
#include "letter/art.h"

/* A signer that does not answer keeps mails waiting no longer. */
#define TIMEOUT apr_time_from_sec(2)
#define SAY_AGAIN apr_time_from_sec(600)

/* Is it time to say it, or say it again? */
static int is_due(apr_time_t *said, apr_time_t now)
{
    if (*said != 0 && now >= *said && now - *said < SAY_AGAIN) {
        return 0;
    }
    *said = now;
    return 1;
}

static void compare_letters(npie_clock_job_t *job, const server_rec *s,
                            const npie_flow_t *flow,
                            const npie_signer_state_t *state)
{
    if (strcmp(state->letters, npie_letter_art_digest(flow->art)) == 0) {
        job->said_letters = 0;
    }
    else if (is_due(&job->said_letters, flow->now)) {
        npie_notice(APLOG_MARK, 0, s, NULL, NPIE_N_LETTERS_DIFFER, NULL);
    }
}

apr_status_t npie_clock_look(npie_clock_job_t *job, const server_rec *s,
                             npie_flow_t *flow)
{
    const npie_signer_t signer = npie_signer_within(flow->signer, TIMEOUT);
    npie_signer_state_t state;
    apr_interval_time_t apart;

    if (npie_signer_ping(&state, &signer, NULL, flow->p) != APR_SUCCESS) {
        return APR_SUCCESS;
    }
    compare_letters(job, s, flow, &state);
    apart = state.ahead < 0 ? -state.ahead : state.ahead;
    if (apart < NPIE_SIGNER_CLOCK_WARN) {
        job->said = 0;
    }
    else if (is_due(&job->said, flow->now)) {
        npie_notice(APLOG_MARK, 0, s, NULL, apart < NPIE_SIGNER_CLOCK_LIMIT
                    ? NPIE_N_CLOCK : NPIE_N_CLOCK_LIMIT,
                    "it is %" APR_TIME_T_FMT " s %s", apr_time_sec(apart),
                    state.ahead < 0 ? "behind" : "ahead");
    }
    return APR_SUCCESS;
}
