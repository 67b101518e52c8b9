/* SPDX-License-Identifier: Apache-2.0
 * The sealer's, the reminders' and the sender's turns. Each letter and each
 * mail has a connection and a pool of its own; leases in the registry keep two
 * machines apart.
 */
#include "httpd/jobs.h"

#include "flow/publish.h"
#include "flow/seal.h"

#include "httpd/children.h"
#include "httpd/clock.h"
#include "httpd/dates.h"
#include "httpd/head.h"
#include "httpd/notice.h"
#include "httpd/watch.h"

#define REMINDERS_INTERVAL apr_time_from_sec(600)
/* What is cut off the audit within this time does not show. */
#define HEAD_INTERVAL apr_time_from_sec(5)
#define CLOCK_INTERVAL apr_time_from_sec(60)
/* Without a seal, which takes a restart to change. */
#define NO_SEAL_REST apr_time_from_sec(600)
/* In one turn; then mod_watchdog may look whether httpd stops. */
#define MAILS_AT_ONCE 100
#define SEALS_AT_ONCE 100

/* One registry's job. Only the thread of the singleton that runs it writes
 * to it. */
typedef struct job_t {
    npie_task_t task;
    apr_time_t reminders_at;
    apr_time_t seals_at;
    apr_time_t publish_at;
    apr_time_t head_at;
    npie_head_job_t head;
    apr_time_t clock_at;
    npie_clock_job_t clock;
} job_t;

static void log_sending(const server_rec *s,
                        const npie_sending_report_t *report)
{
    static const npie_notice_t notices[] = {
        [NPIE_SENDING_SENT] = NPIE_N_MAIL_SENT,
        [NPIE_SENDING_LATER] = NPIE_N_MAIL_LATER,
        [NPIE_SENDING_GAVE_UP] = NPIE_N_MAIL_GAVE_UP,
        [NPIE_SENDING_WITHDRAWN] = NPIE_N_MAIL_WITHDRAWN,
    };

    npie_notice(APLOG_MARK, 0, s, NULL, notices[report->outcome],
                "%" APR_INT64_T_FMT " (%s), attempt %d%s%s: %s",
                report->mail->id, npie_mail_kind_name(report->mail->kind),
                report->mail->attempts, *report->reason != '\0' ? ", " : "",
                report->reason, report->said);
}

static apr_status_t send_one(npie_task_t *task, npie_flow_t *flow,
                             npie_err_t *err)
{
    npie_sending_report_t report;
    apr_status_t rv;

    rv = npie_flow_mail_send_one(&report, flow,
                                 &npie_runtime_get(task->server)->mailer, err);
    if (rv == APR_SUCCESS) {
        log_sending(task->server, &report);
    }
    return rv;
}

static apr_status_t remind(npie_task_t *task, npie_flow_t *flow,
                           npie_err_t *err)
{
    job_t *job = (job_t *)task;
    const npie_reminders_t *reminders =
        &npie_conf_server(task->server)->reminders;
    int count;
    apr_status_t rv = npie_flow_reminders(&count, flow, reminders->days,
                                          reminders->count, err);

    if (rv == APR_SUCCESS) {
        job->reminders_at = flow->now + REMINDERS_INTERVAL;
    }
    if (rv == APR_SUCCESS && count > 0) {
        npie_notice(APLOG_MARK, 0, task->server, NULL, NPIE_N_REMINDERS, "%d",
                    count);
    }
    return rv;
}

/* One letter. That the signer is away is no reason to keep mails waiting, so
 * the seals have a rest of their own. */
static apr_status_t seal_one(npie_task_t *task, npie_flow_t *flow,
                             npie_err_t *err)
{
    job_t *job = (job_t *)task;
    apr_int64_t folio;
    apr_status_t rv = npie_flow_seal_next(&folio, flow, err);

    if (rv == APR_SUCCESS || rv == APR_NOTFOUND || folio == 0) {
        return rv;
    }
    job->seals_at = flow->now + (rv == APR_ENOTIMPL || rv == NPIE_ECONFIG
                                 ? NO_SEAL_REST : NPIE_WATCH_REST);
    npie_notice(APLOG_MARK, rv == APR_ENOTIMPL ? 0 : rv, task->server, NULL,
                rv == APR_ENOTIMPL ? NPIE_N_SEAL_NONE : NPIE_N_SEAL_WAITS,
                "%" APR_INT64_T_FMT ": %s", folio, err->detail);
    return APR_NOTFOUND;
}

static apr_status_t hand_head(npie_task_t *task, npie_flow_t *flow,
                              npie_err_t *err)
{
    job_t *job = (job_t *)task;
    job->head_at = flow->now + HEAD_INTERVAL;
    return npie_head_hand(&job->head, task->server, flow, err);
}

static apr_status_t look_clock(npie_task_t *task, npie_flow_t *flow,
                               npie_err_t *err)
{
    job_t *job = (job_t *)task;
    (void)err;
    job->clock_at = flow->now + CLOCK_INTERVAL;
    return npie_clock_look(&job->clock, task->server, flow);
}

static apr_status_t tell_deaths(npie_task_t *task, npie_flow_t *flow,
                                npie_err_t *err)
{
    (void)task;
    return npie_children_tell(flow, err);
}

static apr_status_t publish(npie_task_t *task, npie_flow_t *flow,
                            npie_err_t *err)
{
    job_t *job = (job_t *)task;
    int count;
    apr_status_t rv = npie_flow_publish(&count, flow, err);

    if (count > 0) {
        npie_notice(APLOG_MARK, 0, task->server, NULL, NPIE_N_REVOKED, "%d",
                    count);
    }
    if (rv == APR_SUCCESS || err->problem == NPIE_P_REGISTRY_DOWN) {
        return rv;
    }
    /* That Redis or the signer is away is no reason to keep seals and mails
     * waiting. */
    job->publish_at = flow->now + NPIE_WATCH_REST;
    npie_notice(APLOG_MARK, rv, task->server, NULL, NPIE_N_JOB, "%s",
                err->detail);
    return APR_SUCCESS;
}

static void run(const npie_watch_t *watch, npie_task_t *task,
                apr_pool_t *pool)
{
    const job_t *job = (job_t *)task;
    const apr_time_t now = apr_time_now();

    if (now < task->not_before
        || npie_watch_work(task, pool, tell_deaths) != APR_SUCCESS) {
        return;
    }
    if (now >= job->publish_at
        && npie_watch_work(task, pool, publish) != APR_SUCCESS) {
        return;
    }
    if (now >= job->head_at
        && npie_watch_work(task, pool, hand_head) != APR_SUCCESS) {
        return;
    }
    if (now >= job->clock_at
        && npie_watch_work(task, pool, look_clock) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < SEALS_AT_ONCE && now >= job->seals_at
         && !npie_watch_ends(watch); ++i) {
        if (npie_watch_work(task, pool, seal_one) != APR_SUCCESS) {
            break;
        }
    }
    if (now < task->not_before
        || !npie_runtime_get(task->server)->policy.mail) {
        return;
    }
    if (now >= job->reminders_at
        && npie_watch_work(task, pool, remind) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < MAILS_AT_ONCE && !npie_watch_ends(watch); ++i) {
        if (npie_watch_work(task, pool, send_one) != APR_SUCCESS) {
            return;
        }
    }
}

static int rank(const server_rec *s)
{
    return npie_runtime_get(s)->policy.mail;
}

/* A registry that several servers share has one job, whose server's mail
 * server and address stand in its mails. */
static const npie_watch_plan_t plan = { "npie-mail", sizeof(job_t), rank, run };

static int has_mail(const server_rec *s)
{
    for (; s != NULL; s = s->next) {
        const npie_runtime_t *runtime = npie_runtime_get(s);

        if (runtime != NULL && runtime->policy.mail) {
            return 1;
        }
    }
    return 0;
}

int npie_jobs_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *s)
{
    int count;
    npie_err_t err;
    apr_status_t rv = npie_watch_plan(&count, &plan, pconf, s, &err);

    (void)plog;
    (void)ptemp;
    if (rv == APR_ENOTIMPL && !has_mail(s)) {
        npie_notice(APLOG_MARK, 0, s, NULL, NPIE_N_WATCHDOG, NULL);
    }
    else if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_MAIL_WATCHDOG, "%s",
                    err.detail);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return npie_dates_post_config(pconf, s);
}
