/* SPDX-License-Identifier: Apache-2.0
 * Records that are read from rows and written to statements as wholes, by the
 * lists of columns. Inside store/ only.
 */
#ifndef NPIE_STORE_REGISTRY_COLUMNS_H
#define NPIE_STORE_REGISTRY_COLUMNS_H

#include "store/registry_lists.h"
#include "store/registry_sql.h"

/** What a column's member is. */
typedef enum npie_column_kind_t {
    NPIE_COLUMN_TEXT,      /**< const char *; NULL is written as "" */
    NPIE_COLUMN_INT,       /**< int */
    NPIE_COLUMN_NUMBER,    /**< apr_int64_t */
    NPIE_COLUMN_REFERENCE, /**< apr_int64_t; 0 is NULL */
    NPIE_COLUMN_MOMENT,    /**< apr_time_t, whole seconds */
    NPIE_COLUMN_TIME,      /**< the same; 0 is NULL */
    NPIE_COLUMN_BYTES,     /**< npie_bytes_t, base64 */
    NPIE_COLUMN_NAME       /**< an enum, by the table's names */
} npie_column_kind_t;

/** A column in C. */
typedef struct npie_column_t {
    npie_column_kind_t kind;
    apr_size_t offset; /**< of the member */
} npie_column_t;

/** A list of columns in C. */
typedef struct npie_columns_t {
    const npie_column_t *columns;
    int count;
    const char *const *names; /**< of the enum, NULL when there is none */
    int names_count;
} npie_columns_t;

/** A table in C: id, then its lists of columns. */
typedef struct npie_table_t {
    apr_size_t size; /**< of a record, which begins with its apr_int64_t id */
    npie_columns_t lists[2];
} npie_table_t;

extern const npie_table_t npie_table_employer;
extern const npie_table_t npie_table_certificate;
extern const npie_table_t npie_table_renewal;

/** Takes the next columns of a row, id and all lists, as a record in
 * registry->p. NULL, and past them, when id is NULL: an outer join. */
void *npie_table_take(const npie_table_t *table, npie_row_t *row);

/** Takes the next columns of a row into a record. */
void npie_columns_take(void *record, const npie_columns_t *columns,
                       npie_row_t *row);

/** Puts a record's columns behind the arguments there are. */
void npie_columns_put(npie_args_t *args, const npie_columns_t *columns,
                      const void *record);

/* The rows of an npie_column_t[]; RECORD is the struct's type there. */
#define NPIE_COLUMN_ROW(kind, column, member)                                \
    { NPIE_COLUMN_##kind, offsetof(RECORD, member) },
#define NPIE_COLUMN_ROWS(LIST) { LIST(NPIE_COLUMN_ROW, NPIE_COLUMN_ROW) }

#endif
