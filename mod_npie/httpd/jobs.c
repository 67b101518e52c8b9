/* SPDX-License-Identifier: Apache-2.0
 * The sealer's, the reminders' and the sender's turns. Each letter and each
 * mail has a connection and a pool of its own; leases in the registry keep two
 * machines apart.
 */
#include "httpd/jobs.h"

#include "flow/publish.h"
#include "flow/seal.h"

#include <ap_mpm.h>
#include <apr_atomic.h>
#include <mod_watchdog.h>

#include "httpd/clock.h"
#include "httpd/head.h"
#include "httpd/notice.h"

/* Somebody may be looking at the page that waits for the mail. */
#define INTERVAL apr_time_from_sec(1)
#define REMINDERS_INTERVAL apr_time_from_sec(600)
/* What is cut off the audit within this time does not show. */
#define HEAD_INTERVAL apr_time_from_sec(5)
#define CLOCK_INTERVAL apr_time_from_sec(60)
/* After a fault of ours, so that the log says it now and then only. */
#define REST apr_time_from_sec(10)
/* Without a seal, which takes a restart to change. */
#define NO_SEAL_REST apr_time_from_sec(600)
/* In one turn; then mod_watchdog may look whether httpd stops. */
#define MAILS_AT_ONCE 100
#define SEALS_AT_ONCE 100

/* One registry's job. Only the thread of the singleton that runs it writes
 * to it. */
typedef struct job_t {
    server_rec *server;
    apr_time_t not_before;
    apr_time_t reminders_at;
    apr_time_t seals_at;
    apr_time_t head_at;
    npie_head_job_t head;
    apr_time_t clock_at;
    npie_clock_job_t clock;
} job_t;

/* All of them, kept with the configuration's pool. */
#define JOBS_KEY "npie_jobs"
typedef struct jobs_t {
    apr_array_header_t *list;  /* of job_t */
    apr_thread_mutex_t *turn;  /* of a child: held while its job works */
    volatile apr_uint32_t end; /* 1: this child ends */
} jobs_t;

static int is_stopping(const jobs_t *jobs)
{
    int state = 0;

    return apr_atomic_read32((volatile apr_uint32_t *)&jobs->end) != 0
        || (ap_mpm_query(AP_MPMQ_MPM_STATE, &state) == APR_SUCCESS
            && state == AP_MPMQ_STOPPING);
}

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
        npie_notice(APLOG_MARK, 0, job->server, NULL, NPIE_N_REMINDERS, "%d",
                    count);
    }
    return rv;
}

/* One letter. That the signer is away is no reason to keep mails waiting, so
 * the seals have a rest of their own. */
static apr_status_t seal_one(job_t *job, npie_flow_t *flow, npie_err_t *err)
{
    apr_int64_t folio;
    apr_status_t rv = npie_flow_seal_next(&folio, flow, err);

    if (rv == APR_SUCCESS || rv == APR_NOTFOUND || folio == 0) {
        return rv;
    }
    job->seals_at = flow->now + (rv == APR_ENOTIMPL || rv == NPIE_ECONFIG
                                 ? NO_SEAL_REST : REST);
    npie_notice(APLOG_MARK, rv == APR_ENOTIMPL ? 0 : rv, job->server, NULL,
                rv == APR_ENOTIMPL ? NPIE_N_SEAL_NONE : NPIE_N_SEAL_WAITS,
                "%" APR_INT64_T_FMT ": %s", folio, err->detail);
    return APR_NOTFOUND;
}

static apr_status_t hand_head(job_t *job, npie_flow_t *flow, npie_err_t *err)
{
    job->head_at = flow->now + HEAD_INTERVAL;
    return npie_head_hand(&job->head, job->server, flow, err);
}

static apr_status_t look_clock(job_t *job, npie_flow_t *flow,
                               npie_err_t *err)
{
    (void)err;
    job->clock_at = flow->now + CLOCK_INTERVAL;
    return npie_clock_look(&job->clock, job->server, flow);
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
        npie_notice(APLOG_MARK, rv, job->server, NULL, NPIE_N_JOB, "%s",
                    err.detail);
    }
    return rv;
}

static apr_status_t publish(job_t *job, npie_flow_t *flow, npie_err_t *err)
{
    int count;
    apr_status_t rv = npie_flow_publish(&count, flow, err);

    if (count > 0) {
        npie_notice(APLOG_MARK, 0, job->server, NULL, NPIE_N_REVOKED, "%d",
                    count);
    }
    return rv;
}

static void run(const jobs_t *jobs, job_t *job, apr_pool_t *pool)
{
    const apr_time_t now = apr_time_now();

    if (now < job->not_before
        || with_registry(job, pool, publish) != APR_SUCCESS) {
        return;
    }
    if (now >= job->head_at
        && with_registry(job, pool, hand_head) != APR_SUCCESS) {
        return;
    }
    if (now >= job->clock_at
        && with_registry(job, pool, look_clock) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < SEALS_AT_ONCE && now >= job->seals_at
         && !is_stopping(jobs); ++i) {
        if (with_registry(job, pool, seal_one) != APR_SUCCESS) {
            break;
        }
    }
    if (now < job->not_before
        || !npie_runtime_get(job->server)->policy.mail) {
        return;
    }
    if (now >= job->reminders_at
        && with_registry(job, pool, remind) != APR_SUCCESS) {
        return;
    }
    for (int i = 0; i < MAILS_AT_ONCE && !is_stopping(jobs); ++i) {
        if (with_registry(job, pool, send_one) != APR_SUCCESS) {
            return;
        }
    }
}

static apr_status_t on_turn(int state, void *data, apr_pool_t *pool)
{
    jobs_t *jobs = data;

    if (state != AP_WATCHDOG_STATE_RUNNING || jobs->turn == NULL) {
        return APR_SUCCESS;
    }
    apr_thread_mutex_lock(jobs->turn);
    for (int i = 0; i < jobs->list->nelts && !is_stopping(jobs); ++i) {
        run(jobs, &APR_ARRAY_IDX(jobs->list, i, job_t), pool);
    }
    apr_thread_mutex_unlock(jobs->turn);
    return APR_SUCCESS;
}

/* A child that ends destroys mod_dbd's pool of connections before
 * mod_watchdog waits for its threads, and that pool asserts that none is in
 * use. So the mail on its way comes first. */
static apr_status_t finish(void *data)
{
    jobs_t *jobs = data;

    apr_atomic_set32(&jobs->end, 1);
    apr_thread_mutex_lock(jobs->turn);
    apr_thread_mutex_unlock(jobs->turn);
    return APR_SUCCESS;
}

/* Under prefork a child's pools have an allocator without a lock, as nobody
 * but its one thread is expected there. The job is a second one, and mod_dbd
 * opens its connections in pools of the child's. APR forgets the lock when
 * the pool goes that has the mutex. */
static apr_status_t share_allocator(apr_pool_t *pchild)
{
    apr_allocator_t *allocator = apr_pool_allocator_get(pchild);
    apr_thread_mutex_t *mutex;
    apr_status_t rv;

    if (apr_allocator_mutex_get(allocator) != NULL) {
        return APR_SUCCESS;
    }
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pchild);
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
    }
    return rv;
}

void npie_jobs_child_init(apr_pool_t *pchild, server_rec *s)
{
    void *data = NULL;
    jobs_t *jobs;
    apr_status_t rv;

    apr_pool_userdata_get(&data, JOBS_KEY, s->process->pconf);
    jobs = data;
    if (jobs == NULL) {
        return;
    }
    rv = share_allocator(pchild);
    if (rv == APR_SUCCESS) {
        rv = apr_thread_mutex_create(&jobs->turn, APR_THREAD_MUTEX_DEFAULT,
                                     pchild);
    }
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_MAIL_MUTEX, NULL);
        return;
    }
    apr_pool_pre_cleanup_register(pchild, jobs, finish);
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

/* Is this server the one to work for a registry rather than that other? One
 * that has a mail server, the main server, or the first virtual host; httpd
 * lists these last one first. */
static int is_rather(const server_rec *s, const server_rec *other)
{
    const int mail = npie_runtime_get(s)->policy.mail;
    const int others = npie_runtime_get(other)->policy.mail;

    return mail != others ? mail : other->is_virtual;
}

/* A registry that several servers share has one job, whose server's mail
 * server and address stand in its mails. */
static apr_array_header_t *list_jobs(server_rec *s, apr_pool_t *p)
{
    apr_array_header_t *jobs = apr_array_make(p, 1, sizeof(job_t));

    for (; s != NULL; s = s->next) {
        const npie_runtime_t *runtime = npie_runtime_get(s);
        job_t *job = find_job(jobs, s);

        if (runtime == NULL) {
            continue;
        }
        if (job == NULL) {
            job = apr_array_push(jobs);
            memset(job, 0, sizeof(*job));
            job->server = s;
        }
        else if (is_rather(s, job->server)) {
            job->server = s;
        }
    }
    return jobs;
}

static apr_status_t watch(jobs_t *jobs, apr_pool_t *pconf, npie_err_t *err)
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

static int has_mail(const apr_array_header_t *jobs)
{
    for (int i = 0; i < jobs->nelts; ++i) {
        if (npie_runtime_get(APR_ARRAY_IDX(jobs, i, job_t).server)
                ->policy.mail) {
            return 1;
        }
    }
    return 0;
}

int npie_jobs_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *s)
{
    jobs_t *jobs = apr_pcalloc(pconf, sizeof(*jobs));
    npie_err_t err;
    apr_status_t rv;

    (void)plog;
    (void)ptemp;
    jobs->list = list_jobs(s, pconf);
    if (jobs->list->nelts == 0
        || ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }
    rv = watch(jobs, pconf, &err);
    if (rv == APR_ENOTIMPL && !has_mail(jobs->list)) {
        npie_notice(APLOG_MARK, 0, s, NULL, NPIE_N_WATCHDOG, NULL);
        return OK;
    }
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_MAIL_WATCHDOG, "%s",
                    err.detail);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    apr_pool_userdata_setn(jobs, JOBS_KEY, NULL, pconf);
    return OK;
}
