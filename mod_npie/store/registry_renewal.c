/* SPDX-License-Identifier: Apache-2.0
 * Renewals and their letters in the registry.
 */
#include "store/registry.h"

#include "store/registry_columns.h"
#include "store/registry_file.h"

#include <stddef.h>

static const char *const state_names[NPIE_RENEWAL_STATES] = {
    [NPIE_RENEWAL_STARTED] = "started",
    [NPIE_RENEWAL_KEYED] = "keyed",
    [NPIE_RENEWAL_SIGNED] = "signed",
    [NPIE_RENEWAL_CONFIRMED] = "confirmed",
    [NPIE_RENEWAL_ISSUED] = "issued",
    [NPIE_RENEWAL_COMPLETED] = "completed",
    [NPIE_RENEWAL_CANCELLED] = "cancelled",
    [NPIE_RENEWAL_LAPSED] = "lapsed",
};

const char *npie_renewal_state_name(npie_renewal_state_t state)
{
    return (int)state >= 0 && state < NPIE_RENEWAL_STATES ? state_names[state]
                                                          : "?";
}

#define RECORD npie_renewal_t
static const npie_column_t keys[] = NPIE_COLUMN_ROWS(NPIE_RENEWAL_KEYS);
static const npie_column_t data[] = NPIE_COLUMN_ROWS(NPIE_RENEWAL_DATA);
#undef RECORD

/* What never changes, and what may. */
const npie_table_t npie_table_renewal = {
    sizeof(npie_renewal_t),
    { { keys, sizeof(keys) / sizeof(keys[0]), NULL, 0 },
      { data, sizeof(data) / sizeof(data[0]), state_names,
        NPIE_RENEWAL_STATES } }
};

static void take_renewal(void *baton, npie_row_t *row)
{
    *(npie_renewal_t **)baton = npie_table_take(&npie_table_renewal, row);
}

static apr_status_t find_renewal(npie_renewal_t **prenewal,
                                 npie_registry_t *registry,
                                 npie_sql_t statement, apr_int64_t id,
                                 npie_err_t *err)
{
    npie_renewal_t *renewal = NULL;
    apr_status_t rv = npie_sql_select_id(registry, statement, id, take_renewal,
                                         &renewal, err);

    *prenewal = rv == APR_SUCCESS ? renewal : NULL;
    return rv;
}

apr_status_t npie_renewal_open(npie_renewal_t **prenewal,
                               npie_registry_t *registry, apr_int64_t employer,
                               npie_err_t *err)
{
    return find_renewal(prenewal, registry, NPIE_SQL_RENEWAL_OPEN, employer,
                        err);
}

apr_status_t npie_renewal_by_new(npie_renewal_t **prenewal,
                                 npie_registry_t *registry,
                                 apr_int64_t certificate, npie_err_t *err)
{
    return find_renewal(prenewal, registry, NPIE_SQL_RENEWAL_BY_NEW,
                        certificate, err);
}

apr_status_t npie_renewal_get(npie_renewal_t **prenewal,
                              npie_registry_t *registry, apr_int64_t id,
                              npie_err_t *err)
{
    return find_renewal(prenewal, registry, NPIE_SQL_RENEWAL_GET, id, err);
}

apr_status_t npie_renewal_insert(apr_int64_t *pid, npie_registry_t *registry,
                                 const npie_renewal_t *renewal,
                                 npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_columns_put(&args, &npie_table_renewal.lists[0], renewal);
    npie_columns_put(&args, &npie_table_renewal.lists[1], renewal);
    rv = npie_sql_number(pid, registry, NPIE_SQL_RENEWAL_INSERT, &args, err);
    return rv == APR_NOTFOUND
               ? npie_sql_conflict("the employer has an open renewal", err)
               : rv;
}

apr_status_t npie_renewal_update(npie_registry_t *registry,
                                 const npie_renewal_t *renewal,
                                 npie_renewal_state_t expected,
                                 npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_columns_put(&args, &npie_table_renewal.lists[1], renewal);
    npie_args_number(&args, renewal->id);
    npie_args_text(&args, npie_renewal_state_name(expected));
    return npie_sql_change(registry, NPIE_SQL_RENEWAL_UPDATE, &args,
                           NPIE_ECONFLICT, err);
}

static apr_status_t ask_folio(apr_int64_t *pfolio, npie_registry_t *registry,
                              npie_sql_t statement, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    rv = npie_sql_number(pfolio, registry, statement, &args, err);
    if (rv == APR_NOTFOUND) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                            "registry: the folio counter is missing");
    }
    return rv;
}

apr_status_t npie_folio_next(apr_int64_t *pfolio, npie_registry_t *registry,
                             npie_err_t *err)
{
    return ask_folio(pfolio, registry, NPIE_SQL_FOLIO_NEXT, err);
}

apr_status_t npie_folio_last(apr_int64_t *pfolio, npie_registry_t *registry,
                             npie_err_t *err)
{
    return ask_folio(pfolio, registry, NPIE_SQL_FOLIO_LAST, err);
}

apr_status_t npie_folio_raise(npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, folio);
    npie_args_number(&args, folio);
    return npie_sql_change(registry, NPIE_SQL_FOLIO_RAISE, &args,
                           NPIE_ECONFLICT, err);
}

static void take_letter(void *baton, npie_row_t *row)
{
    npie_letter_row_t *l = baton;
    apr_int64_t kind;

    l->folio = npie_row_number(row);
    l->renewal = npie_row_number(row);
    l->employer = npie_row_number(row);
    kind = npie_row_number(row);
    row->bad |= kind != NPIE_LETTER_RENEWAL && kind != NPIE_LETTER_TERMS;
    l->kind = (npie_letter_kind_t)kind;
    l->created = npie_row_time(row);
    l->pdf = npie_row_file(row);
    l->sha256 = npie_row_text(row);
    l->signed_at = npie_row_time(row);
    l->voided = (int)npie_row_number(row);
}

apr_status_t npie_letter_get(npie_letter_row_t **pletter,
                             npie_registry_t *registry, apr_int64_t folio,
                             npie_err_t *err)
{
    npie_letter_row_t *letter = apr_pcalloc(registry->p, sizeof(*letter));
    apr_status_t rv = npie_sql_select_id(registry, NPIE_SQL_LETTER_GET, folio,
                                         take_letter, letter, err);

    *pletter = rv == APR_SUCCESS ? letter : NULL;
    return rv;
}

apr_status_t npie_letter_insert(npie_registry_t *registry,
                                const npie_letter_row_t *letter,
                                npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv = npie_frame_keep(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, letter->folio);
    npie_args_number(&args, letter->renewal);
    npie_args_number(&args, letter->kind);
    npie_args_number(&args, apr_time_sec(letter->created));
    npie_args_file(&args, registry, letter->pdf);
    npie_args_text(&args, letter->sha256);
    npie_args_time(&args, letter->signed_at);
    npie_args_number(&args, letter->voided);
    return npie_sql_change(registry, NPIE_SQL_LETTER_INSERT, &args,
                           NPIE_ECONFLICT, err);
}

apr_status_t npie_letter_set_signed(npie_registry_t *registry,
                                    apr_int64_t folio, npie_bytes_t pdf,
                                    apr_time_t when, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv = npie_frame_keep(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_file(&args, registry, pdf);
    npie_args_time(&args, when);
    npie_args_number(&args, folio);
    return npie_sql_change(registry, NPIE_SQL_LETTER_SET_SIGNED, &args,
                           NPIE_ECONFLICT, err);
}

apr_status_t npie_letter_void(npie_registry_t *registry, apr_int64_t folio,
                              npie_err_t *err)
{
    static const unsigned char nul[] = { 0 };
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_file(&args, registry, (npie_bytes_t){ nul, sizeof(nul) });
    npie_args_number(&args, folio);
    return npie_sql_change(registry, NPIE_SQL_LETTER_VOID, &args,
                           APR_NOTFOUND, err);
}
