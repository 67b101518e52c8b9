/* SPDX-License-Identifier: Apache-2.0
 * The sender's and the reminders' turns. Each mail has a connection and a pool
 * of its own; leases in the registry keep two machines apart.
 */
#include "httpd/jobs.h"

#include <ap_mpm.h>
#include <mod_watchdog.h>

/* Somebody may be looking at the page that waits for the mail. */
#define INTERVAL apr_time_from_sec(1)
#define REMINDERS_INTERVAL apr_time_from_sec(600)
/* After a fault of ours, so that the log says it now and then only. */
#define REST apr_time_from_sec(10)
/* In one turn; then mod_watchdog may look whether httpd stops. */
#define MAILS_AT_ONCE 100

/* One registry's job. Only the thread of the singleton that runs it writes
 * to it. */
typedef struct job_t {
    server_rec *server;
    apr_time_t not_before;
    apr_time_t reminders_at;
} job_t;

static int is_stopping(void)
{
    int state = 0;

    return ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
        && state == AP_MPMQ_STOPPING;
}

static void log_sending(const server_rec *s,
                        const npie_sending_report_t *report)
{
    static const struct {
        int level;
        const char *text;
    } outcomes[] = {
        [NPIE_SENDING_SENT] = { APLOG_INFO, "was taken" },
        [NPIE_SENDING_LATER] = { APLOG_WARNING, "was not taken, it will be "
                                 "tried again" },
        [NPIE_SENDING_GAVE_UP] = { APLOG_ERR, "is given up" },
        [NPIE_SENDING_WITHDRAWN] = { APLOG_INFO, "is not needed any more" },
    };
    const int level = outcomes[report->outcome].level;

    ap_log_error(APLOG_MARK, level, 0, s,
                 "NPIE0101: mail %" APR_INT64_T_FMT " (%s), attempt %d, %s%s%s:"
                 " %s", report->mail->id,
                 npie_mail_kind_name(report->mail->kind),
                 report->mail->attempts, outcomes[report->outcome].text,
                 *report->reason != '\0' ? ", " : "", report->reason,
                 report->said);
}

static apr_status_t send_one(job_t *job, npie_flow_t *flow, npie_err_t *err)
{
    npie_sending_report_t report;
    apr_status_t rv;

    rv = npie_flow_mail_send_one(&report, flow,
                                 &npie_runtime_get(job->server)->mailer, err);
    if (rv == APR_SUCCESS) {
        log_sending(job->server, &report);
    }
    return rv;
}

static apr_status_t remind(job_t *job, npie_flow_t *flow, npie_err_t *err)
{
    const npie_reminders_t *reminders =
        &npie_conf_server(job->server)->reminders;
    int count;
    apr_status_t rv = npie_flow_reminders(&count, flow, reminders->days,
                                          reminders->count, err);

    if (rv == APR_SUCCESS) {
        job->reminders_at = flow->now + REMINDERS_INTERVAL;
    }
    if (rv == APR_SUCCESS && count > 0) {
        ap_log_error(APLOG_MARK, APLOG_INFO, 0, job->server,
                     "NPIE0102: %d reminders queued", count);
    }
    return rv;
}

/* One piece of work on a connection of its own. */
static apr_status_t with_registry(job_t *job, apr_pool_t *pool,
                                  apr_status_t (*work)(job_t *, npie_flow_t *,
                                                       npie_err_t *))
{
    APR_OPTIONAL_FN_TYPE(ap_dbd_open) *dbd_open =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_open);
    APR_OPTIONAL_FN_TYPE(ap_dbd_close) *dbd_close =
        APR_RETRIEVE_OPTIONAL_FN(ap_dbd_close);
    npie_err_t err = { 0 };
    ap_dbd_t *dbd = NULL;
    apr_pool_t *p;
    apr_status_t rv;

    apr_pool_create(&p, pool);
    if (dbd_open != NULL && dbd_close != NULL) {
        dbd = dbd_open(p, job->server);
    }
    if (dbd == NULL) {
        rv = npie_err_set(&err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                          "mod_dbd has no connection to the registry");
    }
    else {
        rv = work(job, npie_runtime_flow_on(npie_runtime_get(job->server), dbd,
                                            p), &err);
        dbd_close(job->server, dbd);
    }
    apr_pool_destroy(p);
    if (rv != APR_SUCCESS && rv != APR_NOTFOUND) {
        job->not_before = apr_time_now() + REST;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, job->server,
                     "NPIE0103: the job that sends mails: %s", err.detail);
    }
    return rv;
}

static void run(job_t *job, apr_pool_t *pool)
{
    const apr_time_t now = apr_time_now();

    if (now < job->not_before) {
        return;
    }
    if (now >= job->reminders_at
        && with_registry(job, pool, remind) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < MAILS_AT_ONCE && !is_stopping(); ++i) {
        if (with_registry(job, pool, send_one) != APR_SUCCESS) {
            return;
        }
    }
}

static apr_status_t on_turn(int state, void *data, apr_pool_t *pool)
{
    apr_array_header_t *jobs = data;

    for (int i = 0; state == AP_WATCHDOG_STATE_RUNNING && i < jobs->nelts;
         ++i) {
        run(&APR_ARRAY_IDX(jobs, i, job_t), pool);
    }
    return APR_SUCCESS;
}

/* The job for a server's registry, or NULL. */
static job_t *find_job(const apr_array_header_t *jobs, const server_rec *s)
{
    for (int i = 0; i < jobs->nelts; ++i) {
        job_t *job = &APR_ARRAY_IDX(jobs, i, job_t);

        if (npie_conf_shares_registry(job->server, s)) {
            return job;
        }
    }
    return NULL;
}

/* A registry that several servers share has one sender, whose mail server and
 * address stand in its mails: the main server, or the first virtual host.
 * httpd lists these last one first. */
static apr_array_header_t *list_jobs(server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *jobs = apr_array_make(p, 1, sizeof(job_t));

    for (; s != NULL; s = s->next) {
        const npie_runtime_t *runtime = npie_runtime_get(s);
        job_t *job = find_job(jobs, s);

        if (runtime == NULL || !runtime->policy.mail) {
            continue;
        }
        if (job == NULL) {
            job = apr_array_push(jobs);
            memset(job, 0, sizeof(*job));
            job->server = s;
        }
        else if (job->server->is_virtual) {
            job->server = s;
        }
    }
    return jobs;
}

static apr_status_t watch(apr_array_header_t *jobs, apr_pool_t *pconf,
                          npie_err_t *err)
{
    APR_OPTIONAL_FN_TYPE(ap_watchdog_get_instance) *get =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_get_instance);
    APR_OPTIONAL_FN_TYPE(ap_watchdog_register_callback) *add =
        APR_RETRIEVE_OPTIONAL_FN(ap_watchdog_register_callback);
    ap_watchdog_t *watchdog;
    apr_status_t rv = npie_smtp_init(err, pconf);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = get != NULL && add != NULL ? get(&watchdog, "npie-mail", 0, 1, pconf)
                                    : APR_ENOTIMPL;
    if (rv == APR_SUCCESS) {
        rv = add(watchdog, INTERVAL, jobs, on_turn);
    }
    return rv == APR_SUCCESS
        ? rv : npie_err_set(err, rv, NPIE_P_INTERNAL, "mod_watchdog");
}

int npie_jobs_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *s)
{
    apr_array_header_t *jobs = list_jobs(s, pconf);
    npie_err_t err;
    apr_status_t rv;

    (void)plog;
    (void)ptemp;
    if (jobs->nelts == 0
        || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    rv = watch(jobs, pconf, &err);
    if (rv != APR_SUCCESS) {
        ap_log_error(APLOG_MARK, APLOG_CRIT, rv, s,
                     "NPIE0104: mails cannot be sent: %s", err.detail);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}
