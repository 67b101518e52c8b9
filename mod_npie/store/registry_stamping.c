/* SPDX-License-Identifier: Apache-2.0
 * Timestamps in the registry.
 */
#include "store/stamping.h"

#include "store/registry_file.h"

/* The statements about one table. */
static const struct {
    npie_sql_t get, due[2], claim, later, set;
} places[NPIE_SEALING_PLACES] = {
#define PLACE(NAME) { NPIE_SQL_##NAME##_GET, \
                      { NPIE_SQL_##NAME##_FIRST, NPIE_SQL_##NAME##_AGAIN }, \
                      NPIE_SQL_##NAME##_CLAIM, NPIE_SQL_##NAME##_LATER, \
                      NPIE_SQL_##NAME##_SET }
    [NPIE_SEALING_RENEWAL] = PLACE(STAMPING),
    [NPIE_SEALING_ADDITION] = PLACE(STAMPING3),
#undef PLACE
};

static void take_stamping(void *baton, npie_row_t *row)
{
    npie_stamping_t *stamping = baton;

    stamping->stamps = npie_row_file(row);
    stamping->count = (int)npie_row_number(row);
    stamping->first = npie_row_time(row);
    stamping->until = npie_row_time(row);
}

apr_status_t npie_stamping_get(npie_stamping_t *stamping,
                               npie_registry_t *registry,
                               npie_sealing_of_t of, apr_int64_t folio,
                               npie_err_t *err)
{
    return npie_sql_select_id(registry, places[of].get, folio, take_stamping,
                              stamping, err);
}

apr_status_t npie_stamping_claim(apr_int64_t *pfolio,
                                 npie_registry_t *registry,
                                 npie_sealing_of_t of, int again,
                                 apr_time_t due, apr_time_t lease_until,
                                 npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(due));
    rv = npie_sql_number(pfolio, registry, places[of].due[again != 0], &args,
                         err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(lease_until));
    npie_args_number(&args, *pfolio);
    npie_args_number(&args, apr_time_sec(due));
    return npie_sql_change(registry, places[of].claim, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_stamping_later(npie_registry_t *registry,
                                 npie_sealing_of_t of, apr_int64_t folio,
                                 apr_time_t next_try, const char *said,
                                 npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(next_try));
    npie_args_text(&args, said);
    npie_args_number(&args, folio);
    return npie_sql_change(registry, places[of].later, &args,
                           APR_NOTFOUND, err);
}

apr_status_t npie_stamping_set(npie_registry_t *registry,
                               npie_sealing_of_t of, apr_int64_t folio,
                               const npie_stamping_t *stamping,
                               apr_time_t next, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv = npie_frame_keep(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_file(&args, registry, stamping->stamps);
    npie_args_number(&args, apr_time_sec(stamping->first));
    npie_args_number(&args, apr_time_sec(stamping->until));
    npie_args_number(&args, apr_time_sec(next));
    npie_args_number(&args, stamping->count);
    npie_args_number(&args, folio);
    npie_args_number(&args, stamping->count - 1);
    return npie_sql_change(registry, places[of].set, &args,
                           NPIE_ECONFLICT, err);
}

static void take_summary(void *baton, npie_row_t *row)
{
    npie_stamping_summary_t *summary = baton;

    summary->waiting = npie_row_number(row);
    summary->oldest = npie_row_time(row);
    summary->until = npie_row_time(row);
    summary->failed = npie_row_number(row);
    summary->said = npie_row_text(row);
}

apr_status_t npie_stamping_summary(npie_stamping_summary_t *summary,
                                   npie_registry_t *registry,
                                   npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    return npie_sql_select(registry, NPIE_SQL_STAMPING_SUMMARY, &args,
                           take_summary, summary, err);
}
