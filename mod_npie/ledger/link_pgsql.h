/* SPDX-License-Identifier: Apache-2.0
 * A connection to PostgreSQL that never waits longer than who asks does. For
 * ledger/store_pgsql.c alone: nothing else includes libpq.
 */
#ifndef NPIE_LEDGER_LINK_PGSQL_H
#define NPIE_LEDGER_LINK_PGSQL_H

#include "ledger/ask.h"

/** A place and the connection to it, if any. One thread. */
typedef struct npie_pgsql_link_t npie_pgsql_link_t;

/** What a statement gave. */
typedef struct npie_pgsql_rows_t npie_pgsql_rows_t;

/** Nothing is connected yet. What the system loads for names and users is
 * loaded here, as a filter of system calls forbids it later.
 * @param params libpq's connection string
 * @param read_only 1: the sessions may only read
 * @return in p, closed with it */
npie_pgsql_link_t *npie_pgsql_link(const char *params, int read_only,
                                   apr_pool_t *p);

/**
 * Sees that there is a connection. One that takes long goes on to be made at
 * the next call.
 * @param pfresh set to 1 when it was made by this call
 * @return NPIE_LEDGER_OK; NPIE_LEDGER_AWAY; NPIE_LEDGER_FAILED: it would fail
 *         the same way again
 */
npie_ledger_status_t npie_pgsql_reach(int *pfresh, npie_pgsql_link_t *link,
                                      const char **detail, apr_pool_t *p);

/** Closes it; the next npie_pgsql_reach() makes another. */
void npie_pgsql_leave(npie_pgsql_link_t *link);

/**
 * Runs one statement, a transaction of its own, on a connection that is there.
 * @param prows set to what it gave, gone with p
 * @param values of its parameters $1 to $count, as text
 * @return NPIE_LEDGER_OK; NPIE_LEDGER_TAKEN: a unique value is there already;
 *         NPIE_LEDGER_AWAY, after which it may be done or not;
 *         NPIE_LEDGER_FAILED
 */
npie_ledger_status_t npie_pgsql_ask(npie_pgsql_rows_t **prows,
                                    npie_pgsql_link_t *link, const char *text,
                                    const char *const *values, int count,
                                    const char **detail, apr_pool_t *p);

/** How many rows there are, and a value of one, "" for NULL. */
int npie_pgsql_count(const npie_pgsql_rows_t *rows);
const char *npie_pgsql_value(const npie_pgsql_rows_t *rows, int row,
                             int column);

#endif
