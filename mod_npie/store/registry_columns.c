/* SPDX-License-Identifier: Apache-2.0
 * Rows to records and back, by the lists of columns.
 */
#include "store/registry_columns.h"

static void take(void *member, npie_column_kind_t kind,
                 const npie_columns_t *columns, npie_row_t *row)
{
    switch (kind) {
    case NPIE_COLUMN_TEXT:
        *(const char **)member = npie_row_text(row);
        break;
    case NPIE_COLUMN_INT:
        *(int *)member = (int)npie_row_number(row);
        break;
    case NPIE_COLUMN_NUMBER:
    case NPIE_COLUMN_REFERENCE:
        *(apr_int64_t *)member = npie_row_number(row);
        break;
    case NPIE_COLUMN_MOMENT:
    case NPIE_COLUMN_TIME:
        *(apr_time_t *)member = npie_row_time(row);
        break;
    case NPIE_COLUMN_BYTES:
        *(npie_bytes_t *)member = npie_row_bytes(row);
        break;
    case NPIE_COLUMN_NAME:
        *(int *)member = npie_row_name(row, columns->names,
                                       columns->names_count);
        break;
    }
}

static void put(npie_args_t *args, npie_column_kind_t kind,
                const npie_columns_t *columns, const void *member)
{
    switch (kind) {
    case NPIE_COLUMN_TEXT:
        npie_args_text(args, *(const char *const *)member);
        break;
    case NPIE_COLUMN_INT:
        npie_args_number(args, *(const int *)member);
        break;
    case NPIE_COLUMN_NUMBER:
        npie_args_number(args, *(const apr_int64_t *)member);
        break;
    case NPIE_COLUMN_REFERENCE:
        npie_args_reference(args, *(const apr_int64_t *)member);
        break;
    case NPIE_COLUMN_MOMENT:
        npie_args_number(args, apr_time_sec(*(const apr_time_t *)member));
        break;
    case NPIE_COLUMN_TIME:
        npie_args_time(args, *(const apr_time_t *)member);
        break;
    case NPIE_COLUMN_BYTES:
        npie_args_bytes(args, *(const npie_bytes_t *)member);
        break;
    case NPIE_COLUMN_NAME:
        npie_args_text(args, columns->names[*(const int *)member]);
        break;
    }
}

void npie_columns_take(void *record, const npie_columns_t *columns,
                       npie_row_t *row)
{
    for (int i = 0; i < columns->count; ++i) {
        take((char *)record + columns->columns[i].offset,
             columns->columns[i].kind, columns, row);
    }
}

void *npie_table_take(const npie_table_t *table, npie_row_t *row)
{
    const apr_int64_t id = npie_row_number(row);
    void *record;

    if (id == 0) {
        row->column += table->lists[0].count + table->lists[1].count;
        return NULL;
    }
    record = apr_pcalloc(row->registry->p, table->size);
    *(apr_int64_t *)record = id;
    for (int i = 0; i < 2; ++i) {
        npie_columns_take(record, &table->lists[i], row);
    }
    return record;
}

void npie_columns_put(npie_args_t *args, const npie_columns_t *columns,
                      const void *record)
{
    for (int i = 0; i < columns->count; ++i) {
        put(args, columns->columns[i].kind, columns,
            (const char *)record + columns->columns[i].offset);
    }
}
