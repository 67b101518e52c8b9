/* SPDX-License-Identifier: Apache-2.0
 * Where an employer is, read from the registry at once.
 */
#include "store/place.h"

#include <string.h>

#include "store/registry_columns.h"

static void take_rows(void *baton, npie_row_t *row)
{
    npie_place_rows_t *rows = baton;

    rows->employer = npie_table_take(&npie_table_employer, row);
    rows->certificate = npie_table_take(&npie_table_certificate, row);
    rows->newest = npie_table_take(&npie_table_certificate, row);
    rows->renewal = npie_table_take(&npie_table_renewal, row);
    rows->issued = npie_table_take(&npie_table_certificate, row);
    rows->old = npie_table_take(&npie_table_certificate, row);
    rows->highest = (int)npie_row_number(row);
}

apr_status_t npie_place_rows(npie_place_rows_t *rows,
                             npie_registry_t *registry, apr_int64_t employer,
                             apr_int64_t certificate, npie_err_t *err)
{
    npie_args_t args;

    memset(rows, 0, sizeof(*rows));
    npie_args_init(&args, registry);
    npie_args_number(&args, certificate);
    npie_args_number(&args, employer);
    return npie_sql_select(registry, NPIE_SQL_PLACE, &args, take_rows, rows,
                           err);
}
