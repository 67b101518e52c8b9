/* SPDX-License-Identifier: Apache-2.0
 * Look-ups of a process's threads over one connection: one thread, the leader,
 * sends what the others wait for with its own, and reads all answers. Inside
 * store/session*.c only.
 */
#ifndef NPIE_STORE_SESSION_SHARE_H
#define NPIE_STORE_SESSION_SHARE_H

#include "store/session_redis.h"

/** What the threads share. */
typedef struct npie_share_t npie_share_t;

/** @return APR_SUCCESS or APR's error */
apr_status_t npie_share_create(npie_share_t **pshare, apr_pool_t *p);

/**
 * As npie_redis_run(), for a batch of one command that may run twice. Who comes
 * first is served first, and leads no longer than for its own answer. Who waits
 * for a leader that is slow (20 ms), comes when 64 wait, or is not answered as
 * it asked, goes by npie_redis_run(): what fails there fails.
 */
apr_status_t npie_share_run(npie_redis_batch_t *batch,
                            npie_sessions_t *sessions, npie_err_t *err);

#endif
