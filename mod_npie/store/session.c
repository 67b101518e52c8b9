/* SPDX-License-Identifier: Apache-2.0
 * Sessions in Redis: read, written, ended, alone or all of one key.
 */
#include "store/session.h"

#include <apr_strings.h>

#include <string.h>

#include "store/session_redis.h"
#include "store/session_value.h"

/* How long a key's set of sessions is kept, seconds: never shorter than a
 * session that it must be able to end, also one that was made while the
 * admin's limit was longer. */
#define HOLDER_MIN (7 * 24 * 3600)

/* The name of a session's key; NULL when it is no SHA-256 in hex. */
static const char *session_key(const char *key, apr_pool_t *p)
{
    return npie_redis_is_hex64(key, strlen(key))
               ? npie_redis_key("session", key, p) : NULL;
}

static const char *holder_key(const char *spki, apr_pool_t *p)
{
    return npie_redis_is_hex64(spki, strlen(spki))
               ? npie_redis_key("holder", spki, p) : NULL;
}

/* Redis takes no time to live below one second. */
static int seconds_of(int seconds)
{
    return seconds > 0 ? seconds : 1;
}

apr_status_t npie_session_get(npie_session_t **psession,
                              npie_sessions_t *sessions, const char *key,
                              int idle, apr_time_t now, npie_err_t *err,
                              apr_pool_t *p)
{
    const char *name = session_key(key, p);
    npie_session_t *session;
    npie_redis_batch_t batch;
    npie_bytes_t value;
    apr_status_t rv;

    *psession = NULL;
    if (name == NULL) {
        return APR_NOTFOUND;
    }
    npie_redis_init(&batch, p);
    npie_redis_command(&batch, "sn", "GETEX");
    npie_redis_word(&batch, name);
    npie_redis_word(&batch, "EX");
    npie_redis_number(&batch, seconds_of(idle));
    rv = npie_redis_run(&batch, sessions, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (batch.replies[0]->type == REDIS_REPLY_NIL) {
        npie_redis_done(&batch);
        return APR_NOTFOUND;
    }
    session = apr_pcalloc(p, sizeof(*session));
    value.data = (const unsigned char *)batch.replies[0]->str;
    value.len = batch.replies[0]->len;
    rv = npie_session_decode(session, key, value, p);
    npie_redis_done(&batch);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, APR_NOTFOUND, NPIE_P_SESSION,
                            "redis: a session's value cannot be read");
    }
    if (now >= session->expires) {
        return APR_NOTFOUND;
    }
    *psession = session;
    return APR_SUCCESS;
}

/* Writes a session. @param only_there 1: only over one that still is */
static apr_status_t put(npie_sessions_t *sessions, const char *key,
                        const npie_session_t *session, int idle,
                        int only_there, npie_err_t *err, apr_pool_t *ptemp)
{
    const char *name = session_key(key, ptemp);
    const char *holder = holder_key(session->spki, ptemp);
    const apr_int64_t life = apr_time_sec(session->expires - session->created);
    npie_redis_batch_t batch;
    apr_status_t rv;

    if (name == NULL || holder == NULL) {
        return npie_redis_bad_key("a session", err);
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "SADD");
    npie_redis_word(&batch, holder);
    npie_redis_word(&batch, key);
    npie_redis_command(&batch, "i", "EXPIRE");
    npie_redis_word(&batch, holder);
    npie_redis_number(&batch, life > HOLDER_MIN ? life : HOLDER_MIN);
    npie_redis_command(&batch, only_there ? "on" : "o", "SET");
    npie_redis_word(&batch, name);
    npie_redis_bytes(&batch, npie_session_encode(key, session, ptemp));
    npie_redis_word(&batch, "EX");
    npie_redis_number(&batch, seconds_of(idle));
    if (only_there) {
        npie_redis_word(&batch, "XX");
    }
    rv = npie_redis_run(&batch, sessions, err);
    if (rv == APR_SUCCESS && batch.replies[2]->type == REDIS_REPLY_NIL) {
        rv = APR_NOTFOUND;
    }
    npie_redis_done(&batch);
    return rv;
}

apr_status_t npie_session_put(npie_sessions_t *sessions, const char *key,
                              const npie_session_t *session, int idle,
                              npie_err_t *err, apr_pool_t *ptemp)
{
    return put(sessions, key, session, idle, 0, err, ptemp);
}

apr_status_t npie_session_change(npie_sessions_t *sessions, const char *key,
                                 const npie_session_t *session, int idle,
                                 npie_err_t *err, apr_pool_t *ptemp)
{
    return put(sessions, key, session, idle, 1, err, ptemp);
}

apr_status_t npie_session_end(npie_sessions_t *sessions, const char *key,
                              npie_err_t *err, apr_pool_t *ptemp)
{
    const char *name = session_key(key, ptemp);
    npie_redis_batch_t batch;
    apr_status_t rv;

    if (name == NULL) {
        return npie_redis_bad_key("a session", err);
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "DEL");
    npie_redis_word(&batch, name);
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}

/* The session keys in a reply but one, copied.
 * @return how many there are in the array */
static int list_members(apr_array_header_t *members, const redisReply *reply,
                        const char *except)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *one = reply->element[i];

        if (npie_redis_is_hex64(one->str, one->len)
            && (except == NULL || strcmp(one->str, except) != 0)) {
            APR_ARRAY_PUSH(members, const char *) =
                apr_pstrmemdup(members->pool, one->str, one->len);
        }
    }
    return members->nelts;
}

apr_status_t npie_session_end_all(npie_sessions_t *sessions, const char *spki,
                                  const char *except, npie_err_t *err,
                                  apr_pool_t *ptemp)
{
    const char *holder = holder_key(spki, ptemp);
    apr_array_header_t *members = apr_array_make(ptemp, 8, sizeof(char *));
    npie_redis_batch_t batch;
    apr_status_t rv;
    int count;

    if (holder == NULL) {
        return npie_redis_bad_key("a holder", err);
    }
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "a", "SMEMBERS");
    npie_redis_word(&batch, holder);
    rv = npie_redis_run(&batch, sessions, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    count = list_members(members, batch.replies[0], except);
    npie_redis_done(&batch);
    if (count == 0) {
        return APR_SUCCESS;
    }
    /* Not the whole set: a session may have joined it meanwhile. */
    npie_redis_init(&batch, ptemp);
    npie_redis_command(&batch, "i", "DEL");
    for (int i = 0; i < count; i++) {
        npie_redis_word(&batch, session_key(APR_ARRAY_IDX(members, i, char *),
                                            ptemp));
    }
    npie_redis_command(&batch, "i", "SREM");
    npie_redis_word(&batch, holder);
    for (int i = 0; i < count; i++) {
        npie_redis_word(&batch, APR_ARRAY_IDX(members, i, char *));
    }
    rv = npie_redis_run(&batch, sessions, err);
    npie_redis_done(&batch);
    return rv;
}
