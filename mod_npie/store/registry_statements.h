/* SPDX-License-Identifier: Apache-2.0
 * The registry's statements, each with its name, label and SQL.
 */
#ifndef NPIE_STORE_REGISTRY_STATEMENTS_H
#define NPIE_STORE_REGISTRY_STATEMENTS_H

/** By name. */
typedef enum npie_sql_t {
#define NPIE_STATEMENT(name, label, sql) NPIE_SQL_##name,
#include "store/registry_statements.def"
#undef NPIE_STATEMENT
    NPIE_SQL_END
} npie_sql_t;

/** A statement to prepare. */
typedef struct npie_statement_t {
    const char *label;
    const char *sql; /**< apr_dbd placeholders, %s and the like */
} npie_statement_t;

/** All of them by npie_sql_t, ended by a NULL label, for ap_dbd_prepare(). */
extern const npie_statement_t npie_registry_statements[];

#endif
