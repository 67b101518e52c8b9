/* SPDX-License-Identifier: Apache-2.0
 * Databases that keep a ledger. For npie-ledger alone.
 */
#ifndef NPIE_LEDGER_STORE_H
#define NPIE_LEDGER_STORE_H

#include "ledger/ask.h"

/** An open database. One thread. */
typedef struct npie_ledger_store_t npie_ledger_store_t;

/** Takes a row; line NUL ended, gone after the call.
 * @param mark of find and list; else NULL
 * @param expires the mark's, seconds; 0: never
 * @return 1: go on; 0: enough */
typedef int npie_ledger_row_fn(void *baton, const char *mark,
                               apr_int64_t expires, apr_uint64_t number,
                               const char *line);

/** A kind of database. What fails sets detail (English, in p or static) and
 * returns NPIE_LEDGER_AWAY or NPIE_LEDGER_FAILED. */
typedef struct npie_ledger_backend_t {
    const char *scheme; /**< before the place, "pgsql:"; "" = an absolute
                             path */
    npie_ledger_status_t (*open)(npie_ledger_store_t **pstore,
                                 const char *place, int read_only,
                                 const char **detail, apr_pool_t *p);
    npie_ledger_status_t (*append)(npie_ledger_store_t *store,
                                   apr_uint64_t number, const char *line,
                                   const apr_array_header_t *marks,
                                   const char **detail, apr_pool_t *p);
    npie_ledger_status_t (*head)(npie_ledger_store_t *store,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p);
    npie_ledger_status_t (*find)(npie_ledger_store_t *store, const char *mark,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p);
    npie_ledger_status_t (*read)(npie_ledger_store_t *store,
                                 apr_uint64_t from, apr_uint32_t most,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p);
    npie_ledger_status_t (*list)(npie_ledger_store_t *store,
                                 const npie_ledger_range_t *range,
                                 npie_ledger_row_fn *take, void *baton,
                                 const char **detail, apr_pool_t *p);
} npie_ledger_backend_t;

extern const npie_ledger_backend_t npie_ledger_sqlite;
extern const npie_ledger_backend_t npie_ledger_pgsql;

/** The first string behind all that begin with prefix; in p. */
const char *npie_ledger_prefix_end(const char *prefix, apr_pool_t *p);

#endif
