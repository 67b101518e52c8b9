/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: Redis, registry, mails, npie-signer, clocks.
 */
#include <string.h>

#include <apr_strings.h>
#ifdef __linux__
#include <sys/timex.h>
#endif

#include "base/text.h"
#include "ctl/status.h"
#include "store/list.h"
#include "store/stamping.h"

#define DAY (apr_time_from_sec(86400))
#define MAIL_LATE (apr_time_from_sec(3600)) /* a mail waits for so long */
#define GAVE_UP_LATELY (DAY * 7)
#define DIED_LATELY (DAY * 30)
#define STAMP_SOON (DAY * 60)  /* a further timestamp was due a month ago */
#define CLOCK_SLACK (apr_time_from_sec(300))

static void look_sessions(npie_ctl_report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_sessions_t *sessions;

    if (!report->ctl->settings->has_redis) {
        npie_ctl_part(report, "redis", NPIE_CTL_UNSET, "no Redis in npiectl.conf");
    }
    else if (npie_ctl_sessions(&sessions, report->ctl, &err) != APR_SUCCESS
             || npie_sessions_ping(sessions, &err, report->ctl->p)
                    != APR_SUCCESS) {
        npie_ctl_part(report, "redis", NPIE_CTL_BROKEN, err.detail);
    }
    else {
        npie_ctl_part(report, "redis", NPIE_CTL_OK, "it answers");
    }
}

static void look_responder(npie_ctl_report_t *report, const npie_signer_t *signer)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_crl_t public;
    npie_cert_t *responder;
    apr_status_t rv = npie_signer_responder(&responder, &public, signer, &err,
                                            ctl->p);

    if (rv != APR_SUCCESS) {
        npie_ctl_part(report, "ocsp", NPIE_CTL_BROKEN, err.detail);
        return;
    }
    npie_ctl_part(report, "ocsp", public.next_update > ctl->now ? NPIE_CTL_OK : NPIE_CTL_BROKEN,
         apr_psprintf(ctl->p, "answers signed by %s, made anew by %s; CRL "
                      "until %s", responder->common_name,
                      npie_text_time(responder->not_after, ctl->p),
                      npie_text_time(public.next_update, ctl->p)));
}

/* With more than the limit between them nothing is issued. */
static void look_clocks(npie_ctl_report_t *report, apr_interval_time_t ahead)
{
    const apr_interval_time_t apart = ahead < 0 ? -ahead : ahead;

    npie_ctl_part(report, "clocks", apart >= NPIE_SIGNER_CLOCK_LIMIT ? NPIE_CTL_BROKEN
         : apart >= NPIE_SIGNER_CLOCK_WARN ? NPIE_CTL_WARNING : NPIE_CTL_OK,
         apart < apr_time_from_sec(1) ? "npie-signer's is this machine's"
         : apr_psprintf(report->ctl->p, "npie-signer's is %" APR_TIME_T_FMT
                        " s %s this machine's", apr_time_sec(apart),
                        ahead < 0 ? "behind" : "ahead of"));
    npie_ctl_figure(report, "clock_difference", apr_psprintf(
        report->ctl->p, "%" APR_TIME_T_FMT "s", apr_time_sec(ahead)));
}

/* Somebody is to decide. */
static void look_holds(npie_ctl_report_t *report, apr_uint64_t held)
{
    npie_ctl_part(report, "holds", held == 0 ? NPIE_CTL_OK : NPIE_CTL_WARNING,
                  held == 0 ? "no certificate is on hold"
                  : apr_psprintf(report->ctl->p, "%" APR_UINT64_T_FMT
                                 " certificates are on hold: httpd asked to "
                                 "revoke more than RevokeRate allows", held));
    npie_ctl_figure(report, "holds", apr_psprintf(
        report->ctl->p, "%" APR_UINT64_T_FMT, held));
}

/* Since npie-signer began. */
static void look_drawing(npie_ctl_report_t *report,
                         const npie_signer_state_t *state)
{
    apr_pool_t *p = report->ctl->p;

    npie_ctl_part(report, "drawing", state->lost == 0 ? NPIE_CTL_OK
                  : NPIE_CTL_WARNING, apr_psprintf(
        p, "%" APR_UINT64_T_FMT " letters refused, npie-draw lost %"
        APR_UINT64_T_FMT " of its processes", state->refused, state->lost));
    npie_ctl_figure(report, "letters_refused", apr_psprintf(
        p, "%" APR_UINT64_T_FMT "c", state->refused));
    npie_ctl_figure(report, "drawing_lost", apr_psprintf(
        p, "%" APR_UINT64_T_FMT "c", state->lost));
}

static void look_signer(npie_ctl_report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_state_t state;
    npie_signer_t *signer;
    apr_pool_t *p = report->ctl->p;

    if (report->ctl->settings->signer == NULL) {
        npie_ctl_part(report, "signer", NPIE_CTL_UNSET, "no Signer in npiectl.conf");
    }
    else if (npie_ctl_signer(&signer, report->ctl, &err) != APR_SUCCESS
             || npie_signer_ping(&state, signer, &err, p) != APR_SUCCESS) {
        npie_ctl_part(report, "signer", NPIE_CTL_BROKEN, err.detail);
    }
    else {
        npie_ctl_part(report, "signer", NPIE_CTL_OK, apr_psprintf(
            p, "process %u, %" APR_UINT64_T_FMT " entries in the ledger",
            state.pid, state.entries));
        npie_ctl_figure(report, "ledger_entries", apr_psprintf(
            p, "%" APR_UINT64_T_FMT "c", state.entries));
        look_clocks(report, state.ahead);
        look_holds(report, state.held);
        look_drawing(report, &state);
        npie_ctl_look_ledger(report, signer);
        look_responder(report, signer);
    }
}

static void look_mail(npie_ctl_report_t *report, const npie_summary_t *summary)
{
    npie_ctl_t *ctl = report->ctl;
    const int late = summary->mail_oldest != 0
        && ctl->now - summary->mail_oldest > MAIL_LATE;
    const int lately = summary->gave_up_last != 0
        && ctl->now - summary->gave_up_last < GAVE_UP_LATELY;

    npie_ctl_part(report, "mail", late || lately ? NPIE_CTL_WARNING
                  : NPIE_CTL_OK, apr_psprintf(
        ctl->p, "%" APR_INT64_T_FMT " waiting%s%s, %" APR_INT64_T_FMT
        " given up%s%s", summary->mails_waiting,
        summary->mail_oldest == 0 ? "" : " since ",
        summary->mail_oldest == 0 ? ""
            : npie_text_time(summary->mail_oldest, ctl->p),
        summary->mails_given_up, summary->gave_up_last == 0 ? ""
            : ", the last at ", summary->gave_up_last == 0 ? ""
            : npie_text_time(summary->gave_up_last, ctl->p)));
    npie_ctl_figure(report, "mails_waiting", apr_psprintf(
        ctl->p, "%" APR_INT64_T_FMT, summary->mails_waiting));
    npie_ctl_figure(report, "mails_given_up", apr_psprintf(
        ctl->p, "%" APR_INT64_T_FMT "c", summary->mails_given_up));
}

/* What the registry knows of it. */
static void look_timestamps(npie_ctl_report_t *report, npie_registry_t *registry,
                            apr_int64_t dated)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_stamping_summary_t summary;
    int late;

    if (npie_stamping_summary(&summary, registry, &err) != APR_SUCCESS) {
        npie_ctl_part(report, "timestamps", NPIE_CTL_BROKEN, err.detail);
        return;
    }
    if (ctl->settings->timestamp.url == NULL && dated == 0
        && summary.failed == 0) {
        npie_ctl_part(report, "timestamps", NPIE_CTL_UNSET,
             "no Timestamp in npiectl.conf, and no letter is dated");
        return;
    }
    late = (summary.oldest != 0 && ctl->now - summary.oldest > MAIL_LATE)
        || (summary.until != 0 && summary.until - ctl->now < STAMP_SOON);
    npie_ctl_part(report, "timestamps", late || summary.failed > 0 ? NPIE_CTL_WARNING : NPIE_CTL_OK,
         apr_psprintf(ctl->p, "%" APR_INT64_T_FMT " letters waiting%s%s, %"
                      APR_INT64_T_FMT " dated%s%s%s%s", summary.waiting,
                      summary.oldest == 0 ? "" : " since ",
                      summary.oldest == 0 ? ""
                          : npie_text_time(summary.oldest, ctl->p),
                      dated, summary.until == 0 ? ""
                          : ", a further timestamp is needed before ",
                      summary.until == 0 ? ""
                          : npie_text_time(summary.until, ctl->p),
                      summary.failed == 0 ? "" : "; the last attempt failed: ",
                      summary.said));
}

/* Of all machines that share the registry, since it was made. */
static void look_children(npie_ctl_report_t *report, const npie_summary_t *summary)
{
    npie_ctl_t *ctl = report->ctl;
    int lately = summary->died > 0
        && ctl->now - summary->died_last < DIED_LATELY;

    npie_ctl_part(report, "children", lately ? NPIE_CTL_WARNING : NPIE_CTL_OK, summary->died == 0
         ? "no child of httpd has died"
         : apr_psprintf(ctl->p, "%" APR_INT64_T_FMT " of httpd's children died,"
                        " the last at %s: see the error log",
                        summary->died,
                        npie_text_time(summary->died_last, ctl->p)));
}

/* A clock that was put back makes what is new older than what is old. */
static void look_clock(npie_ctl_report_t *report, apr_time_t audit_last)
{
    npie_ctl_t *ctl = report->ctl;
    const char *when = npie_text_time(ctl->now, ctl->p);
#ifdef __linux__
    struct timex state = { .modes = 0 };
    int synchronised = adjtimex(&state) != TIME_ERROR;
#else
    int synchronised = 1;
#endif

    if (audit_last > ctl->now + CLOCK_SLACK) {
        npie_ctl_part(report, "clock", NPIE_CTL_BROKEN, apr_psprintf(
            ctl->p, "%s, but the newest row of the audit is of %s: set the "
            "clock", when, npie_text_time(audit_last, ctl->p)));
    }
    else {
        npie_ctl_part(report, "clock", synchronised ? NPIE_CTL_OK : NPIE_CTL_WARNING, apr_pstrcat(
            ctl->p, when, synchronised ? "" : ", and no NTP keeps it right",
            NULL));
    }
}

static void look_registry(npie_ctl_report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_summary_t summary = { 0 };
    npie_totals_t totals = { 0 };
    npie_registry_t *registry;
    apr_pool_t *p = report->ctl->p;

    if (report->ctl->settings->driver == NULL) {
        npie_ctl_part(report, "registry", NPIE_CTL_UNSET, "no Registry in npiectl.conf");
    }
    else if (npie_ctl_registry(&registry, report->ctl, &err) != APR_SUCCESS
             || npie_registry_summary(&summary, registry, &err)
                    != APR_SUCCESS
             || npie_registry_totals(&totals, registry, &err) != APR_SUCCESS
             || npie_registry_write_trial(registry, &err) != APR_SUCCESS) {
        npie_ctl_part(report, "registry", NPIE_CTL_BROKEN, err.detail);
    }
    else {
        npie_ctl_part(report, "registry", NPIE_CTL_OK, apr_psprintf(
            p, "version %d, %" APR_INT64_T_FMT " employers, %" APR_INT64_T_FMT
            " certificates and %" APR_INT64_T_FMT " additional ones active, %"
            APR_INT64_T_FMT " renewals open", NPIE_SCHEMA_VERSION,
            totals.employers, totals.certificates, totals.additionals,
            summary.renewals));
        look_mail(report, &summary);
        look_timestamps(report, registry, totals.dated);
        look_children(report, &summary);
        npie_ctl_look_jobs(report, registry);
    }
    look_clock(report, summary.audit_last);
}

void npie_ctl_look(npie_ctl_report_t *report)
{
    /* First what only root may read: the rest is looked at as User. */
    npie_ctl_look_authority(report);
    npie_ctl_look_disks(report);
    look_registry(report);
    look_sessions(report);
    look_signer(report);
    if (report->outside) {
        npie_ctl_look_addresses(report);
    }
}
