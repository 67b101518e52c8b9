/* SPDX-License-Identifier: Apache-2.0
 * Letters without a timestamp come first, then those whose authority's
 * certificate ends soon. An authority that fails is asked less and less
 * often.
 */
#include "httpd/dates.h"

#include "flow/dating.h"
#include "httpd/notice.h"
#include "httpd/watch.h"

/* In one turn; then mod_watchdog may look whether httpd stops. */
#define DATES_AT_ONCE 20
#define REST_MAX apr_time_from_sec(3600)

typedef struct dates_t {
    npie_task_t task;
    int failures;          /* one after the other */
    apr_time_t first_at;   /* not before */
    apr_time_t again_at;
} dates_t;

/* The authority, npie-signer or the registry failed. */
static void rest(dates_t *dates, const npie_dating_t *dating,
                 apr_status_t status, const npie_err_t *err)
{
    const int doubled = dates->failures < 10 ? dates->failures : 10;
    apr_interval_time_t pause = NPIE_WATCH_REST << doubled;

    pause = pause < REST_MAX ? pause : REST_MAX;
    dates->failures += 1;
    dates->first_at = dates->again_at = apr_time_now() + pause;
    npie_notice(APLOG_MARK, status, dates->task.server, NULL,
                NPIE_N_TIMESTAMP_WAITS, "%" APR_INT64_T_FMT ", asked again "
                "after %" APR_TIME_T_FMT " s: %s", dating->folio,
                apr_time_sec(pause), err->detail);
}

static apr_status_t date_one(dates_t *dates, npie_flow_t *flow, int again,
                             npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(dates->task.server);
    npie_dating_t dating;
    apr_status_t rv = npie_flow_date_next(&dating, flow, &runtime->stamper,
                                          again, flow->now, err);

    if (rv == APR_SUCCESS) {
        dates->failures = 0;
        npie_notice(APLOG_MARK, 0, dates->task.server, NULL,
                    NPIE_N_TIMESTAMPED, "%" APR_INT64_T_FMT ", timestamp %d "
                    "by %s", dating.folio, dating.count,
                    dating.stamp->authority);
        return rv;
    }
    if (rv == APR_NOTFOUND || rv == NPIE_ECONFLICT || dating.folio == 0) {
        return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
    }
    if (!dating.alone) {
        rest(dates, &dating, rv, err);
        return APR_NOTFOUND;
    }
    npie_notice(APLOG_MARK, rv, dates->task.server, NULL,
                NPIE_N_TIMESTAMP_NOT, "%" APR_INT64_T_FMT ": %s",
                dating.folio, err->detail);
    if (rv == NPIE_EPOLICY) {
        /* It is the same for all of them. */
        dates->again_at = flow->now + NPIE_DATING_AGAIN;
        return APR_NOTFOUND;
    }
    return APR_SUCCESS;
}

static apr_status_t date_first(npie_task_t *task, npie_flow_t *flow,
                               npie_err_t *err)
{
    return date_one((dates_t *)task, flow, 0, err);
}

static apr_status_t date_again(npie_task_t *task, npie_flow_t *flow,
                               npie_err_t *err)
{
    return date_one((dates_t *)task, flow, 1, err);
}

static void run(const npie_watch_t *watch, npie_task_t *task,
                apr_pool_t *pool)
{
    const dates_t *dates = (dates_t *)task;
    int i = 0;

    for (; i < DATES_AT_ONCE && apr_time_now() >= dates->first_at
         && apr_time_now() >= task->not_before && !npie_watch_ends(watch);
         ++i) {
        if (npie_watch_work(task, pool, date_first) != APR_SUCCESS) {
            break;
        }
    }
    for (; i < DATES_AT_ONCE && apr_time_now() >= dates->again_at
         && apr_time_now() >= task->not_before && !npie_watch_ends(watch);
         ++i) {
        if (npie_watch_work(task, pool, date_again) != APR_SUCCESS) {
            break;
        }
    }
}

static int rank(const server_rec *s)
{
    return npie_runtime_get(s)->stamper.server.url != NULL ? 0 : -1;
}

static const npie_watch_plan_t plan = { "npie-timestamp", sizeof(dates_t),
                                        rank, run };

int npie_dates_post_config(apr_pool_t *pconf, server_rec *s)
{
    int count;
    npie_err_t err;
    apr_status_t rv = npie_watch_plan(&count, &plan, pconf, s, &err);

    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_TIMESTAMP_WATCHDOG, "%s",
                    err.detail);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}
