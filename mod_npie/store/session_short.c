/* SPDX-License-Identifier: Apache-2.0
 * The short-lived things in Redis beside sessions: drafts of forms, challenges
 * that are good once, counters of rates.
 */
#include "store/session.h"
#include "store/status.h"

#include <apr_strings.h>

#include <string.h>

#include "store/session_redis.h"

/* Runs the batch for its first reply's number. */
static apr_status_t run_for_number(apr_int64_t *pnumber,
                                   npie_redis_batch_t *batch,
                                   npie_sessions_t *sessions, npie_err_t *err)
{
    apr_status_t rv = npie_redis_run(batch, sessions, err);

    if (rv == APR_SUCCESS) {
        *pnumber = batch->replies[0]->integer;
    }
    npie_redis_done(batch);
    return rv;
}

/* Begins SET name value EX seconds. */
static void command_set(npie_redis_batch_t *batch, const char *name,
                        const char *value, int seconds)
{
    npie_redis_command(batch, "o", "SET");
    npie_redis_word(batch, name);
    npie_redis_word(batch, value);
    npie_redis_word(batch, "EX");
    npie_redis_number(batch, seconds > 0 ? seconds : 1);
}

static const char *draft_key(const char *key, const char *page, apr_pool_t *p)
{
    return npie_redis_is_hex64(key, strlen(key)) && *page != '\0'
               ? npie_redis_key("draft", apr_pstrcat(p, key, ":", page, NULL),
                                p)
               : NULL;
}

apr_status_t npie_draft_put(npie_sessions_t *sessions, const char *key,
                            const char *page, const char *value, int seconds,
                            npie_err_t *err, apr_pool_t *ptemp)
{
    const char *name = draft_key(key, page, ptemp);
    npie_redis_batch_t batch;
    apr_status_t rv;

    if (name == NULL) {
        return npie_redis_bad_key("a draft", err);
    }
    npie_redis_init(&batch, ptemp);
    if (value == NULL) {
        npie_redis_command(&batch, "i", "DEL");
        npie_redis_word(&batch, name);
    }
    else {
        command_set(&batch, name, value, seconds);
    }
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}

/* The text under a name. */
static apr_status_t get(const char **pvalue, npie_sessions_t *sessions,
                        const char *name, npie_err_t *err, apr_pool_t *p)
{
    npie_redis_batch_t batch;
    const redisReply *reply;
    apr_status_t rv;

    *pvalue = NULL;
    if (name == NULL) {
        return APR_NOTFOUND;
    }
    npie_redis_init(&batch, p);
    npie_redis_command(&batch, "sn", "GET");
    npie_redis_word(&batch, name);
    rv = npie_redis_run(&batch, sessions, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    reply = batch.replies[0];
    if (reply->type == REDIS_REPLY_STRING) {
        *pvalue = apr_pstrmemdup(p, reply->str, reply->len);
    }
    npie_redis_done(&batch);
    return *pvalue != NULL ? APR_SUCCESS : APR_NOTFOUND;
}

apr_status_t npie_draft_get(const char **pvalue, npie_sessions_t *sessions,
                            const char *key, const char *page, npie_err_t *err,
                            apr_pool_t *p)
{
    return get(pvalue, sessions, draft_key(key, page, p), err, p);
}

apr_status_t npie_status_get(const char **pvalue, npie_sessions_t *sessions,
                             const char *name, npie_err_t *err, apr_pool_t *p)
{
    return get(pvalue, sessions, npie_redis_key("status", name, p), err, p);
}

apr_status_t npie_status_put(npie_sessions_t *sessions, const char *name,
                             const char *value, int seconds, int always,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    const char *key = npie_redis_key("status", name, ptemp);
    npie_redis_batch_t batch;
    apr_status_t rv;

    if (key == NULL) {
        return npie_redis_bad_key("a status", err);
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "on", "SET");
    npie_redis_word(&batch, key);
    npie_redis_word(&batch, value);
    npie_redis_word(&batch, "EX");
    npie_redis_number(&batch, seconds > 0 ? seconds : 1);
    if (!always) {
        npie_redis_word(&batch, "NX");
    }
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}

apr_status_t npie_once_put(npie_sessions_t *sessions, const char *id,
                           int seconds, npie_err_t *err, apr_pool_t *ptemp)
{
    const char *name = npie_redis_key("once", id, ptemp);
    npie_redis_batch_t batch;
    apr_status_t rv;

    if (name == NULL) {
        return npie_redis_bad_key("a thing good once", err);
    }
    npie_redis_init(&batch, ptemp);
    command_set(&batch, name, "1", seconds);
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}

apr_status_t npie_once_take(npie_sessions_t *sessions, const char *id,
                            npie_err_t *err, apr_pool_t *ptemp)
{
    const char *name = npie_redis_key("once", id, ptemp);
    npie_redis_batch_t batch;
    apr_int64_t taken = 0;
    apr_status_t rv;

    if (name == NULL) {
        return APR_NOTFOUND;
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "DEL");
    npie_redis_word(&batch, name);
    rv = run_for_number(&taken, &batch, sessions, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    return taken == 1 ? APR_SUCCESS : APR_NOTFOUND;
}

apr_status_t npie_rate_count(apr_int64_t *pcount, npie_sessions_t *sessions,
                             const char *name, int window_seconds,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    const int window = window_seconds > 0 ? window_seconds : 1;
    const char *key = npie_redis_key("rate", name, ptemp);
    npie_redis_batch_t batch;

    if (key == NULL) {
        return npie_redis_bad_key("a rate", err);
    }
    /* A name for each window: a counter that lost its end for whatever
     * reason would refuse its client for ever. */
    key = apr_psprintf(ptemp, "%s:%d:%" APR_INT64_T_FMT, key, window,
                       apr_time_sec(apr_time_now()) / window);
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "INCR");
    npie_redis_word(&batch, key);
    npie_redis_command(&batch, "i", "EXPIRE");
    npie_redis_word(&batch, key);
    npie_redis_number(&batch, window);
    return run_for_number(pcount, &batch, sessions, err);
}

apr_status_t npie_sessions_ping(npie_sessions_t *sessions, npie_err_t *err,
                                apr_pool_t *ptemp)
{
    npie_redis_batch_t batch;
    apr_status_t rv;

    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "o", "PING");
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}
