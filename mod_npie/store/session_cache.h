/* SPDX-License-Identifier: Apache-2.0
 * Sessions that a process has looked up, for a moment: less to ask Redis for.
 * What this process ends is out at once; what others end, after that moment.
 */
#ifndef NPIE_STORE_SESSION_CACHE_H
#define NPIE_STORE_SESSION_CACHE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"

/** Of 1,024 sessions at most, 1 kB each; a newer one takes an older one's
 * place. Threads and stores of a process share it. Every function takes NULL
 * for a cache that is always empty. */
typedef struct npie_session_cache_t npie_session_cache_t;

/** @return APR_SUCCESS or APR's error */
apr_status_t npie_session_cache_create(npie_session_cache_t **pcache,
                                       apr_pool_t *p);

/**
 * Finds a session's bytes.
 * @param key 64 hex digits
 * @param age how old it may be, microseconds
 * @return the bytes, in p; none: ask Redis, *pturn goes to
 *         npie_session_cache_put() then */
npie_bytes_t npie_session_cache_get(apr_uint64_t *pturn,
                                    npie_session_cache_t *cache,
                                    const char *key, apr_interval_time_t age,
                                    apr_pool_t *p);

/** Keeps what Redis answered, unless a session has been ended meanwhile.
 * @param spki of the session, 64 hex digits */
void npie_session_cache_put(npie_session_cache_t *cache, apr_uint64_t turn,
                            const char *key, const char *spki,
                            npie_bytes_t bytes);

/** Takes a session out; to be called once Redis has it no more. */
void npie_session_cache_end(npie_session_cache_t *cache, const char *key);

/** Takes all of a key out, and what is being looked up. */
void npie_session_cache_end_all(npie_session_cache_t *cache, const char *spki);

#endif
