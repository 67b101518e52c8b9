/* SPDX-License-Identifier: Apache-2.0
 * The short-lived things in Redis beside sessions: drafts of forms, challenges
 * that are good once, counters of rates.
 */
#include "store/session.h"
#include "store/status.h"

#include <apr_strings.h>

#include <string.h>

#include "base/text.h"
#include "store/session_sealed.h"

/* Keeps a text. @param always 0: only where there is none */
static apr_status_t put(npie_sessions_t *sessions, const char *kind,
                        const char *id, const char *value, int seconds,
                        int always, npie_err_t *err, apr_pool_t *ptemp)
{
    const npie_bytes_t bytes = { (const unsigned char *)value, strlen(value) };
    npie_redis_batch_t batch;
    npie_sealed_name_t sealed;
    apr_status_t rv = npie_sealed_name(&sealed, sessions, 0, kind, id, err,
                                       ptemp);

    npie_redis_init(&batch, ptemp);
    if (rv == APR_SUCCESS) {
        rv = npie_sealed_set(&batch, sessions, &sealed, bytes, seconds, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!always) {
        npie_redis_word(&batch, "NX");
    }
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}

static apr_status_t get(const char **pvalue, npie_sessions_t *sessions,
                        const char *kind, const char *id, npie_err_t *err,
                        apr_pool_t *p)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_sealed_get(&bytes, sessions, kind, id, 0, err, p);

    *pvalue = rv == APR_SUCCESS ? (const char *)bytes.data : NULL;
    return rv;
}

/* A draft's identifier; "" when there is none. */
static const char *draft_id(const char *key, const char *page, apr_pool_t *p)
{
    return npie_text_is_hex64(key, strlen(key)) && *page != '\0'
               ? apr_pstrcat(p, key, ":", page, NULL) : "";
}

apr_status_t npie_draft_put(npie_sessions_t *sessions, const char *key,
                            const char *page, const char *value, int seconds,
                            npie_err_t *err, apr_pool_t *ptemp)
{
    const char *id = draft_id(key, page, ptemp);
    apr_int64_t count;

    return value == NULL
        ? npie_sealed_delete(&count, sessions, "draft", id, err, ptemp)
        : put(sessions, "draft", id, value, seconds, 1, err, ptemp);
}

apr_status_t npie_draft_get(const char **pvalue, npie_sessions_t *sessions,
                            const char *key, const char *page, npie_err_t *err,
                            apr_pool_t *p)
{
    return get(pvalue, sessions, "draft", draft_id(key, page, p), err, p);
}

apr_status_t npie_status_get(const char **pvalue, npie_sessions_t *sessions,
                             const char *name, npie_err_t *err, apr_pool_t *p)
{
    return get(pvalue, sessions, "status", name, err, p);
}

apr_status_t npie_status_put(npie_sessions_t *sessions, const char *name,
                             const char *value, int seconds, int always,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    return put(sessions, "status", name, value, seconds, always, err, ptemp);
}

apr_status_t npie_once_put(npie_sessions_t *sessions, const char *id,
                           int seconds, npie_err_t *err, apr_pool_t *ptemp)
{
    return put(sessions, "once", id, "1", seconds, 1, err, ptemp);
}

apr_status_t npie_once_take(npie_sessions_t *sessions, const char *id,
                            npie_err_t *err, apr_pool_t *ptemp)
{
    apr_int64_t taken;
    apr_status_t rv = npie_sealed_delete(&taken, sessions, "once", id, err,
                                         ptemp);

    return rv == APR_SUCCESS && taken == 0 ? APR_NOTFOUND : rv;
}

apr_status_t npie_rate_count(apr_int64_t *pcount, npie_sessions_t *sessions,
                             const char *name, int window_seconds,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    const int window = window_seconds > 0 ? window_seconds : 1;
    npie_redis_batch_t batch;
    npie_sealed_name_t sealed;
    apr_status_t rv;

    /* A name for each window: a counter that lost its end for whatever
     * reason would refuse its client for ever. */
    name = apr_psprintf(ptemp, "%s:%d:%" APR_INT64_T_FMT, name, window,
                        apr_time_sec(apr_time_now()) / window);
    rv = npie_sealed_name(&sealed, sessions, 0, "rate", name, err, ptemp);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "INCR");
    npie_redis_word(&batch, sealed.name);
    npie_redis_command(&batch, "i", "EXPIRE");
    npie_redis_word(&batch, sealed.name);
    npie_redis_number(&batch, window);
    rv = npie_redis_run(&batch, sessions, err);
    if (rv == APR_SUCCESS) {
        *pcount = batch.replies[0]->integer;
    }
    npie_redis_done(&batch);
    return rv;
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
