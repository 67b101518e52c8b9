/* SPDX-License-Identifier: Apache-2.0
 * The registry's tables themselves: made, brought up to date, looked over. For
 * npiectl, and for httpd's look at its configuration; its requests work on
 * tables that are there.
 */
#ifndef NPIE_STORE_SCHEMA_H
#define NPIE_STORE_SCHEMA_H

#include "store/registry.h"

/**
 * Connects to a database that need not have the tables, or not all of them.
 * Of the functions of store/registry.h only npie_registry_begin() and what
 * comes after it are not for it. On SQLite the file must be there; it may be
 * empty.
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_schema_connect(npie_registry_t **pregistry,
                                 const char *driver, const char *params,
                                 npie_err_t *err, apr_pool_t *p);

/** The version of the tables.
 * @param pversion set to 0 when there are none
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_schema_version(int *pversion, npie_registry_t *registry,
                                 npie_err_t *err);

/**
 * Can this user write? SQLite: the file must have a journal of kind WAL, and
 * its lock is taken and given back. PostgreSQL: it must be no standby.
 * @return APR_SUCCESS; NPIE_EBACKEND, " is locked" in err->detail when another
 *         process writes
 */
apr_status_t npie_schema_writable(npie_registry_t *registry, npie_err_t *err);

/** Which of the time-outs that keep a statement or a lock from holding a thread
 * for ever is not set on a connection to PostgreSQL.
 * @return its name, static; NULL: both are, or this is SQLite, which waits for
 *         two seconds */
const char *npie_schema_no_timeout(npie_registry_t *registry);

/**
 * Runs one step, the text of a file of conf/sql/<driver>/, which begins and
 * commits its own transaction; all of it is undone when a statement fails.
 * @param sql NUL ended
 * @param version that the tables have after it
 * @return APR_SUCCESS; NPIE_EBACKEND, also when the version is another one
 */
apr_status_t npie_schema_apply(npie_registry_t *registry, const char *sql,
                               int version, npie_err_t *err);

/**
 * Looks for damage: what the database itself finds (SQLite), references to
 * rows that are not there, and rows that contradict each other.
 * @param pfindings set to an array of const char *, English sentences without
 *        people's data, empty when all is well
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_schema_verify(apr_array_header_t **pfindings,
                                npie_registry_t *registry, npie_err_t *err);

#endif
