/* SPDX-License-Identifier: Apache-2.0
 * Sessions and other short-lived things in Redis. The only place that uses
 * hiredis. Whatever is here may vanish at any time and costs a login.
 *
 * Whoever else writes Redis gains nothing but what losing data gives: names
 * are keyed hashes and values are sealed, see pki/secretbox.h. Keys:
 * npie:1:session:<hash>, npie:1:holder:<hash> (set of the names of a key's
 * sessions), npie:1:draft:<hash>, npie:1:once:<hash>, npie:1:status:<hash>,
 * npie:1:rate:<hash> (a plain number). What can still be done by who writes
 * there: take away, put back what was there before within its own time
 * (a session until its absolute end, a challenge for five minutes), and count.
 *
 * A Redis user for this needs the keys npie:1:* and no commands but del,
 * expire, get, getex, incr, ping, role (with Sentinels), sadd, select, set,
 * smembers, srem. Redis 6.2 or later.
 */
#ifndef NPIE_STORE_SESSION_H
#define NPIE_STORE_SESSION_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pki/secretbox.h"
#include "store/session_pool.h"
#include "store/session_value.h"

/**
 * Makes the pool; connects at first use.
 * @param redis copied into p
 * @param secrets what is kept is sealed with these; NULL: with a constant,
 *        which protects against damage alone
 * @return APR_SUCCESS or APR's error
 */
apr_status_t npie_sessions_create(npie_sessions_t **psessions,
                                  const npie_redis_t *redis,
                                  const npie_secrets_t *secrets,
                                  apr_pool_t *p);

/**
 * Reads a session and puts its idle end off, in one round trip (GETEX), which
 * threads share (store/session_share.h). A stale connection is replaced and
 * the command repeated once. With a cache a session read a moment ago is read
 * again there, and its end is not put off.
 * @param key 64 hex digits that the caller makes of what the client sent
 * @param idle seconds the session lives on without another request
 * @param now a session past its absolute end is APR_NOTFOUND
 * @param psession NULL unless APR_SUCCESS is returned
 * @return APR_SUCCESS; APR_NOTFOUND, with err set only when there is a value
 *         that cannot be read: log it; NPIE_EBACKEND (SESSIONS_DOWN)
 */
apr_status_t npie_session_get(npie_session_t **psession,
                              npie_sessions_t *sessions, const char *key,
                              int idle, apr_time_t now, npie_err_t *err,
                              apr_pool_t *p);

/** Writes a session and, unless it is REFUSED, notes it under its key's holder.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_session_put(npie_sessions_t *sessions, const char *key,
                              const npie_session_t *session, int idle,
                              npie_err_t *err, apr_pool_t *ptemp);

/** Writes a session that was read before, as npie_session_put(), unless it has
 * been ended since: it stays ended.
 * @return APR_SUCCESS; APR_NOTFOUND: it has, err is not set; NPIE_EBACKEND */
apr_status_t npie_session_change(npie_sessions_t *sessions, const char *key,
                                 const npie_session_t *session, int idle,
                                 npie_err_t *err, apr_pool_t *ptemp);

/** Ends one session, and its drafts are left to expire.
 * @return APR_SUCCESS also when there is none; NPIE_EBACKEND */
apr_status_t npie_session_end(npie_sessions_t *sessions, const char *key,
                              npie_err_t *err, apr_pool_t *ptemp);

/** Ends every session that a key opened.
 * @param spki SHA-256 of the key, 64 hex digits
 * @param except a session key to spare, or NULL
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_session_end_all(npie_sessions_t *sessions, const char *spki,
                                  const char *except, npie_err_t *err,
                                  apr_pool_t *ptemp);

/** Keeps what was typed into a page's form, or why it was refused, for a
 * while. value: any text. Overwrites. NULL value removes.
 * @param key the session's; page: its name
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_draft_put(npie_sessions_t *sessions, const char *key,
                            const char *page, const char *value, int seconds,
                            npie_err_t *err, apr_pool_t *ptemp);

/** @return APR_SUCCESS; APR_NOTFOUND; NPIE_EBACKEND */
apr_status_t npie_draft_get(const char **pvalue, npie_sessions_t *sessions,
                            const char *key, const char *page, npie_err_t *err,
                            apr_pool_t *p);

/** Notes a thing that may be used once (a login challenge) for seconds. Its
 * name is a keyed hash, so nobody else can note one.
 * @param id any text
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_once_put(npie_sessions_t *sessions, const char *id,
                           int seconds, npie_err_t *err, apr_pool_t *ptemp);

/** Uses it up.
 * @return APR_SUCCESS the first time; APR_NOTFOUND after that or when it never
 *         was; NPIE_EBACKEND */
apr_status_t npie_once_take(npie_sessions_t *sessions, const char *id,
                            npie_err_t *err, apr_pool_t *ptemp);

/** Counts an event in a fixed window.
 * @param pcount how many in this window, this one included
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_rate_count(apr_int64_t *pcount, npie_sessions_t *sessions,
                             const char *name, int window_seconds,
                             npie_err_t *err, apr_pool_t *ptemp);

/** Is Redis there? @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_sessions_ping(npie_sessions_t *sessions, npie_err_t *err,
                                apr_pool_t *ptemp);

#endif
