/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: what the jobs are at, on all machines.
 */
#include <apr_strings.h>

#include "base/text.h"
#include "ctl/status.h"
#include "store/lease.h"
#include "store/report.h"

#define LATE (apr_time_from_sec(3600))

/* "2 mails being sent, leases end by ...". */
static const char *describe(apr_int64_t count, apr_time_t until,
                            const char *what, apr_pool_t *p)
{
    return count == 0 ? apr_psprintf(p, "no %s", what)
        : apr_psprintf(p, "%" APR_INT64_T_FMT " %s (leases end by %s)", count,
                       what, npie_text_time(until, p));
}

void npie_ctl_look_jobs(npie_ctl_report_t *report, npie_registry_t *registry)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_leases_t leases;
    apr_time_t oldest = 0;
    const int seals = report->signer != NULL
        && report->signer->seal_certificate_file != NULL;

    if (npie_registry_leases(&leases, registry, ctl->now, &err) != APR_SUCCESS
        || npie_report_oldest(&oldest, registry, seals, &err)
               != APR_SUCCESS) {
        npie_ctl_part(report, "jobs", NPIE_CTL_BROKEN, err.detail);
        return;
    }
    npie_ctl_part(report, "jobs", oldest != 0 && ctl->now - oldest > LATE
                  ? NPIE_CTL_WARNING : NPIE_CTL_OK, apr_pstrcat(
        ctl->p, describe(leases.mails, leases.mails_until, "mails being sent",
                         ctl->p), ", ",
        describe(leases.seals, leases.seals_until, "letters being sealed or "
                 "put off", ctl->p), oldest == 0 ? ", nothing waits"
        : ", the oldest waits since ", oldest == 0 ? ""
        : npie_text_time(oldest, ctl->p), NULL));
    npie_ctl_figure(report, "oldest_job", apr_psprintf(
        ctl->p, "%" APR_TIME_T_FMT "s", oldest == 0 ? 0
        : apr_time_sec(ctl->now - oldest)));
}
