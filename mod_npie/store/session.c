/* SPDX-License-Identifier: Apache-2.0
 * Sessions in Redis: read, written, ended, alone or all of one key.
 */
#include "store/session.h"

#include <apr_strings.h>

#include <string.h>

#include "base/text.h"
#include "store/session_cache.h"
#include "store/session_sealed.h"
#include "store/session_share.h"
#include "store/session_value.h"

/* How long a key's set of sessions is kept, seconds: never shorter than a
 * session that it must be able to end, also one that was made while the
 * admin's limit was longer. */
#define HOLDER_MIN (7 * 24 * 3600)

apr_status_t npie_sessions_create(npie_sessions_t **psessions,
                                  const npie_redis_t *redis,
                                  const npie_secrets_t *secrets, apr_pool_t *p)
{
    npie_share_t *share;
    const apr_status_t rv = npie_share_create(&share, p);

    return rv == APR_SUCCESS
        ? npie_redis_create(psessions, redis, secrets, share, p) : rv;
}

/* Refuses what is no SHA-256 in hex. */
static apr_status_t check_hex(const char *what, const char *text,
                              npie_err_t *err)
{
    return npie_text_is_hex64(text, strlen(text)) ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                       "redis: %s is no SHA-256", what);
}

apr_status_t npie_session_get(npie_session_t **psession,
                              npie_sessions_t *sessions, const char *key,
                              int idle, apr_time_t now, npie_err_t *err,
                              apr_pool_t *p)
{
    apr_interval_time_t age;
    npie_session_cache_t *cache = npie_redis_cache(&age, sessions);
    npie_session_t *session;
    npie_bytes_t value, kept;
    apr_uint64_t turn;
    apr_status_t rv = APR_SUCCESS;

    *psession = NULL;
    if (check_hex("a session", key, NULL) != APR_SUCCESS) {
        return APR_NOTFOUND;
    }
    kept = npie_session_cache_get(&turn, cache, key, age, p);
    value = kept;
    if (kept.len == 0) {
        rv = npie_sealed_get(&value, sessions, "session", key,
                             idle > 0 ? idle : 1, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    session = apr_pcalloc(p, sizeof(*session));
    if (npie_session_decode(session, value, p) != APR_SUCCESS) {
        return npie_err_set(err, APR_NOTFOUND, NPIE_P_SESSION,
                            "redis: a session of another version of mod_npie");
    }
    if (now >= session->expires) {
        return APR_NOTFOUND;
    }
    if (kept.len == 0) {
        npie_session_cache_put(cache, turn, key, session->spki, value);
    }
    *psession = session;
    return APR_SUCCESS;
}

/* Writes a session under one of the secrets. One that was refused opens
 * nothing, so nobody has to end it: it is in no set.
 * @param only_there 1: only over one that still is
 * @return APR_SUCCESS; APR_NOTFOUND: it is not; NPIE_EBACKEND */
static apr_status_t put_under(int which, npie_sessions_t *sessions,
                              const char *key, const npie_session_t *session,
                              int idle, int only_there, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    const apr_int64_t life = apr_time_sec(session->expires - session->created);
    npie_sealed_name_t name, holder;
    npie_redis_batch_t batch;
    apr_status_t rv = npie_sealed_name(&name, sessions, which, "session", key,
                                       err, ptemp);

    npie_redis_init(&batch, ptemp);
    if (rv == APR_SUCCESS) {
        rv = npie_sealed_name(&holder, sessions, which, "holder",
                              session->spki, err, ptemp);
    }
    if (rv == APR_SUCCESS && session->access != NPIE_ACCESS_REFUSED) {
        npie_redis_command(&batch, "i", "SADD");
        npie_redis_word(&batch, holder.name);
        npie_redis_word(&batch, name.slot.name);
        npie_redis_command(&batch, "i", "EXPIRE");
        npie_redis_word(&batch, holder.name);
        npie_redis_number(&batch, life > HOLDER_MIN ? life : HOLDER_MIN);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sealed_set(&batch, sessions, &name,
                             npie_session_encode(session, ptemp), idle, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (only_there) {
        npie_redis_word(&batch, "XX");
    }
    rv = npie_redis_run(&batch, sessions, err);
    if (rv == APR_SUCCESS && batch.replies[batch.count - 1]->type == REDIS_REPLY_NIL) {
        rv = APR_NOTFOUND;
    }
    npie_redis_done(&batch);
    return rv;
}

/* What the process knows of a session is no longer so. */
static void forget(npie_sessions_t *sessions, const char *key)
{
    apr_interval_time_t age;

    npie_session_cache_end(npie_redis_cache(&age, sessions), key);
}

static apr_status_t put(npie_sessions_t *sessions, const char *key,
                        const npie_session_t *session, int idle,
                        int only_there, npie_err_t *err, apr_pool_t *ptemp)
{
    const int secrets = only_there ? npie_sealed_secrets(sessions) : 1;
    apr_status_t rv = check_hex("a session", key, err);

    if (rv == APR_SUCCESS) {
        rv = check_hex("a holder", session->spki, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = APR_NOTFOUND;
    for (int i = 0; rv == APR_NOTFOUND && i < secrets; i++) {
        rv = put_under(i, sessions, key, session, idle, only_there, err,
                       ptemp);
    }
    forget(sessions, key);
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
    apr_int64_t count;
    apr_status_t rv = check_hex("a session", key, err);

    if (rv == APR_SUCCESS) {
        rv = npie_sealed_delete(&count, sessions, "session", key, err, ptemp);
        forget(sessions, key);
    }
    return rv;
}

/* The names of sessions in a reply but one, copied.
 * @return how many there are in the array */
static int list_members(apr_array_header_t *members, const redisReply *reply,
                        const char *except)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *one = reply->element[i];

        if (npie_text_is_hex64(one->str, one->len)
            && (except == NULL || strcmp(one->str, except) != 0)) {
            APR_ARRAY_PUSH(members, const char *) =
                apr_pstrmemdup(members->pool, one->str, one->len);
        }
    }
    return members->nelts;
}

/* Ends the sessions in one set. except: the name of one to spare, or NULL. */
static apr_status_t end_set(npie_sessions_t *sessions, const char *holder,
                            const char *except, npie_err_t *err,
                            apr_pool_t *ptemp)
{
    apr_array_header_t *members = apr_array_make(ptemp, 8, sizeof(char *));
    npie_redis_batch_t batch;
    apr_status_t rv;
    int count;

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
        npie_redis_word(&batch, apr_pstrcat(ptemp, NPIE_SEALED_PREFIX "session:",
                                            APR_ARRAY_IDX(members, i, char *),
                                            NULL));
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

apr_status_t npie_session_end_all(npie_sessions_t *sessions, const char *spki,
                                  const char *except, npie_err_t *err,
                                  apr_pool_t *ptemp)
{
    apr_status_t rv = check_hex("a holder", spki, err);
    npie_sealed_name_t holder, spared;
    apr_interval_time_t age;

    for (int i = 0; rv == APR_SUCCESS && i < npie_sealed_secrets(sessions);
         i++) {
        rv = npie_sealed_name(&holder, sessions, i, "holder", spki, err,
                              ptemp);
        if (rv == APR_SUCCESS && except != NULL) {
            rv = npie_sealed_name(&spared, sessions, i, "session", except, err,
                                  ptemp);
        }
        if (rv == APR_SUCCESS) {
            rv = end_set(sessions, holder.name,
                         except != NULL ? spared.slot.name : NULL, err, ptemp);
        }
    }
    npie_session_cache_end_all(npie_redis_cache(&age, sessions), spki);
    return rv;
}
