/* SPDX-License-Identifier: Apache-2.0
 * Seals in the registry.
 */
#include "store/sealing.h"

#include "store/registry_file.h"

/* The statements about one table. */
static const struct {
    npie_sql_t get, due, claim, later, set;
} places[NPIE_SEALING_PLACES] = {
#define PLACE(NAME) { NPIE_SQL_##NAME##_GET, NPIE_SQL_##NAME##_DUE, \
                      NPIE_SQL_##NAME##_CLAIM, NPIE_SQL_##NAME##_LATER, \
                      NPIE_SQL_##NAME##_SET }
    [NPIE_SEALING_RENEWAL] = PLACE(SEALING),
    [NPIE_SEALING_ADDITION] = PLACE(SEALING3),
#undef PLACE
};

static void take_sealing(void *baton, npie_row_t *row)
{
    npie_sealing_t *sealing = baton;

    sealing->section = npie_row_file(row);
    sealing->sealed_at = npie_row_time(row);
}

apr_status_t npie_sealing_get(npie_sealing_t *sealing,
                              npie_registry_t *registry, npie_sealing_of_t of,
                              apr_int64_t folio, npie_err_t *err)
{
    return npie_sql_select_id(registry, places[of].get, folio, take_sealing,
                              sealing, err);
}

apr_status_t npie_sealing_claim(apr_int64_t *pfolio, npie_registry_t *registry,
                                npie_sealing_of_t of, apr_time_t now,
                                apr_time_t lease_until, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(now));
    rv = npie_sql_number(pfolio, registry, places[of].due, &args, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(lease_until));
    npie_args_number(&args, *pfolio);
    npie_args_number(&args, apr_time_sec(now));
    return npie_sql_change(registry, places[of].claim, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_sealing_later(npie_registry_t *registry,
                                npie_sealing_of_t of, apr_int64_t folio,
                                apr_time_t next_try, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(next_try));
    npie_args_number(&args, folio);
    return npie_sql_change(registry, places[of].later, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_sealing_set(npie_registry_t *registry, npie_sealing_of_t of,
                              apr_int64_t folio, npie_bytes_t section,
                              apr_time_t when, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv = npie_frame_keep(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_file(&args, registry, section);
    npie_args_time(&args, when);
    npie_args_number(&args, folio);
    return npie_sql_change(registry, places[of].set, &args,
                           NPIE_ECONFLICT, err);
}
