/* SPDX-License-Identifier: Apache-2.0
 * The pool of Redis connections and how commands go over one. Inside
 * store/session*.c only.
 */
#ifndef NPIE_STORE_SESSION_REDIS_H
#define NPIE_STORE_SESSION_REDIS_H

#include <hiredis/hiredis.h>

#include <apr_tables.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pki/secretbox.h"
#include "store/session_pool.h"

struct npie_share_t;
struct npie_session_cache_t;

/** The most commands of one round trip. */
#define NPIE_REDIS_COMMANDS_MAX 3

/** Commands for one round trip, and what came back. */
typedef struct npie_redis_batch_t {
    apr_pool_t *p;
    int count;
    apr_array_header_t *words[NPIE_REDIS_COMMANDS_MAX]; /**< npie_bytes_t */
    const char *types[NPIE_REDIS_COMMANDS_MAX];
    redisReply *replies[NPIE_REDIS_COMMANDS_MAX];
} npie_redis_batch_t;

/**
 * Makes a pool of connections; it connects at first use.
 * @param redis copied into p
 * @param secrets as of npie_sessions_create()
 * @param share what the threads look up together, as long as p
 * @return APR_SUCCESS or APR's error
 */
apr_status_t npie_redis_create(npie_sessions_t **psessions,
                               const npie_redis_t *redis,
                               const npie_secrets_t *secrets,
                               struct npie_share_t *share, apr_pool_t *p);

/** Makes an empty batch; p must outlive it. */
void npie_redis_init(npie_redis_batch_t *batch, apr_pool_t *p);
/** Frees the replies; due after a successful npie_redis_run(). */
void npie_redis_done(npie_redis_batch_t *batch);

/**
 * Begins a command.
 * @param types the kinds of reply it may have: 's' string, 'n' nil, 'i'
 *        integer, 'a' array of strings, 'o' status; static
 */
void npie_redis_command(npie_redis_batch_t *batch, const char *types,
                        const char *name);
/** Adds a word to the last command; not copied. */
void npie_redis_word(npie_redis_batch_t *batch, const char *word);
void npie_redis_bytes(npie_redis_batch_t *batch, npie_bytes_t bytes);
void npie_redis_number(npie_redis_batch_t *batch, apr_int64_t number);

/**
 * Sends the batch and waits for every reply. Where a connection from the pool
 * turns out to be dead, once more on a new one.
 * @return APR_SUCCESS with replies of the kinds asked for; NPIE_EBACKEND
 */
apr_status_t npie_redis_run(npie_redis_batch_t *batch,
                            npie_sessions_t *sessions, npie_err_t *err);

/** What the threads of a process look up together. */
struct npie_share_t *npie_redis_share(const npie_sessions_t *sessions);

/** Counts an exchange. @param began npie_ticks() before it */
void npie_redis_timed(const npie_sessions_t *sessions,
                      apr_interval_time_t began);

/**
 * A connection of the pool for a while, connected, to the master.
 * @param pborrowed set to what npie_redis_return() takes
 * @return NULL: there is none, and nothing to return
 */
redisContext *npie_redis_borrow(void **pborrowed, npie_sessions_t *sessions);
/** @param good 0: replies may still be under way on it, it is given up */
void npie_redis_return(npie_sessions_t *sessions, void *borrowed, int good);
/** Formats the first command of a batch into a connection's buffer. */
void npie_redis_append(redisContext *context, const npie_redis_batch_t *batch);
/** Is the first reply of a kind that was asked for? */
int npie_redis_fits(const npie_redis_batch_t *batch);

/** The cache of a store, or NULL.
 * @param page set to how old a session in it may be */
struct npie_session_cache_t *npie_redis_cache(apr_interval_time_t *page,
                                              const npie_sessions_t *sessions);

/** The secrets of a store. */
const npie_secretbox_t *npie_redis_box(const npie_sessions_t *sessions);

#endif
