/* SPDX-License-Identifier: Apache-2.0
 * An open registry, by which every file of store/ gets at its tables.
 */
#ifndef NPIE_STORE_REGISTRY_HANDLE_H
#define NPIE_STORE_REGISTRY_HANDLE_H

#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_thread_mutex.h>
#include <apr_time.h>
#include <apu.h>
#include <apr_dbd.h>

#include "base/ticks.h"

/** The schema that the statements are written for: the highest number of
 * conf/sql/<driver>/. */
#define NPIE_SCHEMA_VERSION 11

/** An open registry: one connection with its prepared statements, used by one
 * thread at a time. Filled by the caller from mod_dbd's ap_dbd_t (the rest
 * zero), or by npie_registry_open().
 *
 * turn is one mutex for all writers of a process: with it they take turns on
 * SQLite instead of finding it locked, for which apr_dbd sleeps 100 ms.
 * npie_registry_begin() locks it and npie_registry_end() unlocks it, on SQLite
 * only; NULL does without. Writers of other processes are waited for up to
 * two seconds.
 *
 * A connection that PostgreSQL closed is made again, and statements that a
 * database has forgotten are prepared again, before a transaction and in a
 * look-up outside one. */
typedef struct npie_registry_t {
    const apr_dbd_driver_t *driver;
    apr_dbd_t *handle;
    apr_hash_t *prepared; /**< label -> apr_dbd_prepared_t *; its pool lives
                               as long as the connection */
    apr_thread_mutex_t *turn; /**< or NULL */
    const struct npie_frame_t *frame; /**< what new letters have in common;
                                           NULL: each is kept whole */
    npie_ticks_fn *timed; /**< of each prepared statement, or NULL */
    apr_pool_t *p;        /**< of the request: rows live here */
    int transaction;      /**< 1 inside one; begin and end set these three */
    int failed;           /**< 1 after a failure in it */
    char failure[200];    /**< what failed, English */
    apr_array_header_t *audit; /**< rows for the audit, written at its end;
                                    NULL = none */
} npie_registry_t;

#endif
