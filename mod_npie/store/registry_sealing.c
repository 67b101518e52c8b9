/* SPDX-License-Identifier: Apache-2.0
 * Seals in the registry.
 */
#include "store/sealing.h"

#include "store/registry_sql.h"

static void take_sealing(void *baton, npie_row_t *row)
{
    npie_sealing_t *sealing = baton;

    sealing->section = npie_row_bytes(row);
    sealing->sealed_at = npie_row_time(row);
}

apr_status_t npie_sealing_get(npie_sealing_t *sealing,
                              npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err)
{
    return npie_sql_select_id(registry, NPIE_SQL_SEALING_GET, folio,
                              take_sealing, sealing, err);
}

apr_status_t npie_sealing_claim(apr_int64_t *pfolio, npie_registry_t *registry,
                                apr_time_t now, apr_time_t lease_until,
                                npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(now));
    rv = npie_sql_number(pfolio, registry, NPIE_SQL_SEALING_DUE, &args, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(lease_until));
    npie_args_number(&args, *pfolio);
    npie_args_number(&args, apr_time_sec(now));
    return npie_sql_change(registry, NPIE_SQL_SEALING_CLAIM, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_sealing_later(npie_registry_t *registry, apr_int64_t folio,
                                apr_time_t next_try, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(next_try));
    npie_args_number(&args, folio);
    return npie_sql_change(registry, NPIE_SQL_SEALING_LATER, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_sealing_set(npie_registry_t *registry, apr_int64_t folio,
                              npie_bytes_t section, apr_time_t when,
                              npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_bytes(&args, section);
    npie_args_time(&args, when);
    npie_args_number(&args, folio);
    return npie_sql_change(registry, NPIE_SQL_SEALING_SET, &args,
                           NPIE_ECONFLICT, err);
}
