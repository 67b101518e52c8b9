/* SPDX-License-Identifier: Apache-2.0
 * How Redis is reached, and what happens to a process's connections to it.
 */
#ifndef NPIE_STORE_SESSION_POOL_H
#define NPIE_STORE_SESSION_POOL_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/ticks.h"

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

#endif
