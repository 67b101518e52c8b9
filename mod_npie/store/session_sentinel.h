/* SPDX-License-Identifier: Apache-2.0
 * Where Redis's master is, as its Sentinels say. Inside store/session*.c only.
 *
 * All Sentinels are asked, and the answer with the highest epoch counts: one
 * that is cut off with an old master does not know that there is another. They
 * are asked twice a second while there are commands, by one of the threads.
 * While none answers there is no master: one that was kept might be a stale
 * one by now.
 */
#ifndef NPIE_STORE_SESSION_SENTINEL_H
#define NPIE_STORE_SESSION_SENTINEL_H

#include "base/status.h"
#include "store/session_pool.h"

/** A process's knowledge of the master; threads share it. */
typedef struct npie_sentinel_t npie_sentinel_t;

/** The master at one time. */
typedef struct npie_master_t {
    char host[256];
    int port;
    unsigned generation; /**< another one with each change; 0 = none known */
} npie_master_t;

/**
 * @param redis its sentinels, master and timeout; must outlive it
 * @return APR_SUCCESS or APR's error
 */
apr_status_t npie_sentinel_create(npie_sentinel_t **psentinel,
                                  const npie_redis_t *redis, apr_pool_t *p);

/**
 * The master.
 * @param doubt 1: what is known was found wrong: ask now
 * @return APR_SUCCESS; NPIE_EBACKEND (SESSIONS_DOWN): no Sentinel knows one
 */
apr_status_t npie_sentinel_master(npie_master_t *master,
                                  npie_sentinel_t *sentinel, int doubt,
                                  npie_err_t *err);

#endif
