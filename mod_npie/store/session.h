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
#include "base/ticks.h"
#include "pki/secretbox.h"

/** A process's pool of connections; threads share it. The process must ignore
 * SIGPIPE, as httpd does. */
typedef struct npie_sessions_t npie_sessions_t;

/** A host by TCP. */
typedef struct npie_redis_host_t {
    const char *host;
    int port;
} npie_redis_host_t;

/** What happens to the pool of connections. */
typedef enum npie_redis_event_t {
    NPIE_REDIS_CONNECTED, /**< a new connection */
    NPIE_REDIS_WAITED,    /**< every connection was in use: one waited */
    NPIE_REDIS_FULL,      /**< and none came free within the timeout */
    NPIE_REDIS_FAILED     /**< a command, or connecting, failed */
} npie_redis_event_t;

/** Called as it happens, by any thread. */
typedef void npie_redis_event_fn(npie_redis_event_t event);

/** How Redis is reached. */
typedef struct npie_redis_t {
    const char *socket;   /**< unix socket path, or NULL: TCP */
    const char *host;     /**< TCP host, or NULL: the sentinels tell */
    int port;
    const npie_redis_host_t *sentinel; /**< the Sentinels */
    int sentinels;        /**< how many; 0: there is a socket or a host */
    const char *master;   /**< its name for the Sentinels */
    int database;         /**< SELECT number, 0 = none */
    const char *user;     /**< ACL user or NULL */
    const char *password; /**< or NULL; never logged */
    apr_interval_time_t timeout; /**< connect and command, microseconds */
    int connections;      /**< most connections of a process */
    npie_redis_event_fn *event; /**< or NULL */
    npie_ticks_fn *timed;       /**< of each exchange, or NULL */
    struct npie_session_cache_t *cache; /**< or NULL, see cache_age */
    apr_interval_time_t cache_age; /**< a session found there is so old at
                                        most */
} npie_redis_t;

/** What a session's holder may do. Stored as this character. */
typedef enum npie_access_t {
    NPIE_ACCESS_REFUSED = 'x',    /**< only the page that says why */
    NPIE_ACCESS_RENEWAL = 'r',    /**< the renewal's pages and nothing else */
    NPIE_ACCESS_TERMS = 't',      /**< letter 2 is to be signed first */
    NPIE_ACCESS_APPLICATION = 'a' /**< the application, and the pages */
} npie_access_t;

/** A session: who proved which key. Strings clean UTF-8, never NULL. */
typedef struct npie_session_t {
    npie_access_t access;
    int problem;               /**< REFUSED: the problem's number */
    apr_int64_t employer;      /**< registry row, 0 = unknown */
    apr_int64_t certificate;   /**< registry row, 0 = unknown */
    int additional;            /**< 1: it is an additional one */
    const char *user;
    const char *name;          /**< razón social */
    const char *rp;            /**< 11 characters */
    const char *rfc;
    const char *common_name;   /**< of the certificate */
    const char *email;         /**< the colleague's, when additional */
    const char *serial;        /**< upper-case hex */
    const char *spki;          /**< SHA-256 of the proved key, 64 hex digits */
    const char *csrf;          /**< token for forms */
    apr_time_t not_before;     /**< certificate, UTC microseconds */
    apr_time_t not_after;
    apr_time_t event;          /**< REFUSED: when it was revoked, superseded */
    apr_time_t created;
    apr_time_t expires;        /**< absolute end whatever the activity */
} npie_session_t;

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
