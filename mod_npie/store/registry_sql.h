/* SPDX-License-Identifier: Apache-2.0
 * How the registry's own files run their statements: arguments in, rows out,
 * failures noted. Inside store/ only.
 */
#ifndef NPIE_STORE_REGISTRY_SQL_H
#define NPIE_STORE_REGISTRY_SQL_H

#include "base/bytes.h"
#include "base/status.h"
#include "store/registry_handle.h"
#include "store/registry_statements.h"

/** The most arguments of a statement. A binary one counts for four. */
#define NPIE_SQL_ARGS_MAX 24

/** A statement's arguments, put in the order of its placeholders. Strings
 * must outlive the statement. */
typedef struct npie_args_t {
    apr_pool_t *p;
    int count;
    const char *values[NPIE_SQL_ARGS_MAX];
} npie_args_t;

void npie_args_init(npie_args_t *args, const npie_registry_t *registry);
/** text NULL is written as "". */
void npie_args_text(npie_args_t *args, const char *text);
void npie_args_number(npie_args_t *args, apr_int64_t number);
/** 0 is written as NULL. */
void npie_args_reference(npie_args_t *args, apr_int64_t id);
/** Whole seconds; 0 is written as NULL. */
void npie_args_time(npie_args_t *args, apr_time_t when);
/** Base64. */
void npie_args_bytes(npie_args_t *args, npie_bytes_t bytes);
/** Binary, for a placeholder %pDb. */
void npie_args_binary(npie_args_t *args, npie_bytes_t bytes);

/** A row being read, column by column from the first. */
typedef struct npie_row_t {
    npie_registry_t *registry;
    apr_dbd_row_t *row;
    int column; /**< the next one */
    int bad;    /**< 1: a column held what it must not */
} npie_row_t;

/** Each takes the next column; results live in registry->p. NULL reads as "",
 * 0 or no bytes. */
const char *npie_row_text(npie_row_t *row);
apr_int64_t npie_row_number(npie_row_t *row);
apr_time_t npie_row_time(npie_row_t *row);
npie_bytes_t npie_row_bytes(npie_row_t *row);
/** As npie_row_text(), but NULL reads as NULL. */
const char *npie_row_entry(npie_row_t *row);
/** Of a binary column. */
npie_bytes_t npie_row_binary(npie_row_t *row);
/** The position of the column's text among count names; a text that is none
 * of them makes the row bad and reads as the last. */
int npie_row_name(npie_row_t *row, const char *const *names, int count);

/** Takes one row into whatever baton is. */
typedef void npie_row_fn(void *baton, npie_row_t *row);

/**
 * Runs a statement that answers rows, and reads them all.
 * @param fn called for each row
 * @return APR_SUCCESS with at least one row; APR_NOTFOUND with none;
 *         NPIE_EBACKEND
 */
apr_status_t npie_sql_select(npie_registry_t *registry, npie_sql_t statement,
                             npie_args_t *args, npie_row_fn *fn, void *baton,
                             npie_err_t *err);

/** As npie_sql_select(), with one number for an argument. */
apr_status_t npie_sql_select_id(npie_registry_t *registry,
                                npie_sql_t statement, apr_int64_t id,
                                npie_row_fn *fn, void *baton, npie_err_t *err);

/** As npie_sql_select(), for one number.
 * @param pnumber set on success */
apr_status_t npie_sql_number(apr_int64_t *pnumber, npie_registry_t *registry,
                             npie_sql_t statement, npie_args_t *args,
                             npie_err_t *err);

/**
 * Runs a statement that changes rows and answers none.
 * @param none what to return when no row was changed
 * @return APR_SUCCESS; none; NPIE_EBACKEND
 */
apr_status_t npie_sql_change(npie_registry_t *registry, npie_sql_t statement,
                             npie_args_t *args, apr_status_t none,
                             npie_err_t *err);

/** As npie_sql_change(), with one number for an argument.
 * @return APR_SUCCESS; APR_NOTFOUND; NPIE_EBACKEND */
apr_status_t npie_sql_change_id(npie_registry_t *registry,
                                npie_sql_t statement, apr_int64_t id,
                                npie_err_t *err);

/** Runs SQL that is no prepared statement and answers no rows.
 * @return APR_SUCCESS or NPIE_EBACKEND */
apr_status_t npie_sql_run(npie_registry_t *registry, const char *sql,
                          npie_err_t *err);

/** Runs SQL that is no prepared statement and answers one row.
 * @param column from 0
 * @return that column of the last row, in registry->p; NULL when it failed
 *         or there was no row */
const char *npie_sql_ask(npie_registry_t *registry, const char *sql,
                         int column);

/**
 * Runs SQL that is no prepared statement and answers rows, and reads them all.
 * @param fn called for each row
 * @return APR_SUCCESS, also with no row; NPIE_EBACKEND, its detail begins with
 *         what
 */
apr_status_t npie_sql_rows(npie_registry_t *registry, const char *sql,
                           npie_row_fn *fn, void *baton, const char *what,
                           npie_err_t *err);

/**
 * Connects a registry whose p and prepared are set, without preparing
 * anything; the connection ends with p.
 * @param params as DBDParams; SQLite's file must be there
 * @return APR_SUCCESS or NPIE_EBACKEND
 */
apr_status_t npie_sql_connect(npie_registry_t *registry, const char *driver,
                              const char *params, npie_err_t *err);

/** Prepares every statement (again) on the registry's connection.
 * @return APR_SUCCESS or NPIE_EBACKEND */
apr_status_t npie_sql_prepare(npie_registry_t *registry, npie_err_t *err);

/** Notes what the database just said.
 * @return NPIE_EBACKEND */
apr_status_t npie_sql_failed(const npie_registry_t *registry, const char *what,
                             npie_err_t *err);

/** Notes that an expected row or state was not there, or an equal row was.
 * @return NPIE_ECONFLICT */
apr_status_t npie_sql_conflict(const char *what, npie_err_t *err);

/** How often the connection has been made anew: what was known of the tables
 * counts no longer after that. */
unsigned npie_sql_generation(const npie_registry_t *registry);

/** Is this SQLite? */
int npie_sql_is_sqlite(const npie_registry_t *registry);

/**
 * SQLite: sets what a connection needs, once, and makes sure that the file
 * it has open is still the one in its place. Nothing on other databases.
 * @return APR_SUCCESS or NPIE_EBACKEND
 */
apr_status_t npie_sqlite_ready(npie_registry_t *registry, npie_err_t *err);

#endif
