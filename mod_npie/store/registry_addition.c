/* SPDX-License-Identifier: Apache-2.0
 * Requests for additional certificates in the registry.
 */
#include "store/addition.h"

#include "store/registry_file.h"
#include "store/registry_rows.h"
#include "store/registry_sql.h"

static const char *const state_names[NPIE_ADDITION_STATES] = {
    [NPIE_ADDITION_REQUESTED] = "requested",
    [NPIE_ADDITION_KEYED] = "keyed",
    [NPIE_ADDITION_AUTHORISED] = "authorised",
    [NPIE_ADDITION_ISSUED] = "issued",
    [NPIE_ADDITION_WITHDRAWN] = "withdrawn",
};

static const char *const purpose_names[NPIE_ADDITION_PURPOSES] = {
    [NPIE_ADDITION_KEY] = "key",
    [NPIE_ADDITION_OBTAIN] = "obtain",
};

const char *npie_addition_state_name(npie_addition_state_t state)
{
    return (unsigned)state < NPIE_ADDITION_STATES ? state_names[state] : "?";
}

/* Without csr and pdf. */
static void take_short(npie_addition_t *a, npie_row_t *row)
{
    a->id = npie_row_number(row);
    a->employer = npie_row_number(row);
    a->principal = npie_row_number(row);
    a->certificate = npie_row_number(row);
    a->replaces = npie_row_number(row);
    a->holder = npie_row_text(row);
    a->holder_email = npie_row_text(row);
    a->purpose = npie_row_text(row);
    a->state = (npie_addition_state_t)
        npie_row_name(row, state_names, NPIE_ADDITION_STATES);
    a->spki = npie_row_text(row);
    a->key_sha256 = npie_row_text(row);
    a->folio = npie_row_number(row);
    a->created = npie_row_time(row);
    a->keyed = npie_row_time(row);
    a->signed_at = npie_row_time(row);
    a->changed = npie_row_time(row);
}

static void take_addition(void *baton, npie_row_t *row)
{
    npie_addition_t *a = baton;

    take_short(a, row);
    a->csr = npie_row_bytes(row);
    a->pdf = npie_row_file(row);
}

static void append_short(void *baton, npie_row_t *row)
{
    npie_addition_t *a = apr_pcalloc(row->registry->p, sizeof(*a));

    take_short(a, row);
    APR_ARRAY_PUSH((apr_array_header_t *)baton, npie_addition_t *) = a;
}

static apr_status_t find(npie_addition_t **paddition,
                         npie_registry_t *registry, npie_sql_t statement,
                         apr_int64_t id, npie_err_t *err)
{
    npie_addition_t *a = apr_pcalloc(registry->p, sizeof(*a));
    apr_status_t rv = npie_sql_select_id(registry, statement, id,
                                         take_addition, a, err);

    *paddition = rv == APR_SUCCESS ? a : NULL;
    return rv;
}

apr_status_t npie_addition_get(npie_addition_t **paddition,
                               npie_registry_t *registry, apr_int64_t id,
                               npie_err_t *err)
{
    return find(paddition, registry, NPIE_SQL_ADDITION_GET, id, err);
}

apr_status_t npie_addition_by_folio(npie_addition_t **paddition,
                                    npie_registry_t *registry,
                                    apr_int64_t folio, npie_err_t *err)
{
    return find(paddition, registry, NPIE_SQL_ADDITION_BY_FOLIO, folio, err);
}

apr_status_t npie_addition_by_certificate(npie_addition_t **paddition,
                                          npie_registry_t *registry,
                                          apr_int64_t certificate,
                                          npie_err_t *err)
{
    return find(paddition, registry, NPIE_SQL_ADDITION_BY_CERTIFICATE,
                certificate, err);
}

/* Rows as an array of pointers, which fn appends to; none is no failure. */
static apr_status_t list(apr_array_header_t **plist,
                         npie_registry_t *registry, npie_sql_t statement,
                         apr_int64_t id, npie_row_fn *fn, npie_err_t *err)
{
    apr_array_header_t *rows = apr_array_make(registry->p, 8, sizeof(void *));
    apr_status_t rv = npie_sql_select_id(registry, statement, id, fn, rows,
                                         err);

    rv = rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    *plist = rv == APR_SUCCESS ? rows : NULL;
    return rv;
}

apr_status_t npie_addition_list(apr_array_header_t **plist,
                                npie_registry_t *registry,
                                apr_int64_t employer, npie_err_t *err)
{
    return list(plist, registry, NPIE_SQL_ADDITION_LIST, employer,
                append_short, err);
}

apr_status_t npie_addition_orphans(apr_array_header_t **plist,
                                   npie_registry_t *registry,
                                   apr_int64_t employer, npie_err_t *err)
{
    return list(plist, registry, NPIE_SQL_ADDITION_ORPHANS, employer,
                npie_rows_certificate, err);
}

apr_status_t npie_addition_mails(apr_array_header_t **plist,
                                 npie_registry_t *registry,
                                 apr_int64_t addition, npie_err_t *err)
{
    return list(plist, registry, NPIE_SQL_OUTBOX_OF_ADDITION, addition,
                npie_rows_mail, err);
}

apr_status_t npie_addition_insert(apr_int64_t *pid, npie_registry_t *registry,
                                  const npie_addition_t *a, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, a->employer);
    npie_args_number(&args, a->principal);
    npie_args_reference(&args, a->replaces);
    npie_args_text(&args, a->holder);
    npie_args_text(&args, a->holder_email);
    npie_args_text(&args, a->purpose);
    npie_args_number(&args, apr_time_sec(a->created));
    npie_args_number(&args, apr_time_sec(a->created));
    rv = npie_sql_number(pid, registry, NPIE_SQL_ADDITION_INSERT, &args, err);
    return rv == APR_NOTFOUND
               ? npie_sql_conflict("that certificate is asked for again", err)
               : rv;
}

apr_status_t npie_addition_update(npie_registry_t *registry,
                                  const npie_addition_t *a,
                                  npie_addition_state_t expected,
                                  npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv = npie_frame_keep(registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_reference(&args, a->certificate);
    npie_args_text(&args, npie_addition_state_name(a->state));
    npie_args_bytes(&args, a->csr);
    npie_args_text(&args, a->spki);
    npie_args_text(&args, a->key_sha256);
    npie_args_reference(&args, a->folio);
    npie_args_file(&args, registry, a->pdf);
    npie_args_time(&args, a->keyed);
    npie_args_time(&args, a->signed_at);
    npie_args_number(&args, apr_time_sec(a->changed));
    npie_args_number(&args, a->id);
    npie_args_text(&args, npie_addition_state_name(expected));
    return npie_sql_change(registry, NPIE_SQL_ADDITION_UPDATE, &args,
                           NPIE_ECONFLICT, err);
}

apr_status_t npie_addition_link_insert(npie_registry_t *registry,
                                       const npie_addition_link_t *link,
                                       npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, link->hash);
    npie_args_text(&args, purpose_names[link->purpose]);
    npie_args_number(&args, link->addition);
    npie_args_number(&args, link->outbox);
    npie_args_number(&args, apr_time_sec(link->created));
    npie_args_number(&args, apr_time_sec(link->expires));
    return npie_sql_change(registry, NPIE_SQL_ADDITION_LINK_INSERT, &args,
                           NPIE_ECONFLICT, err);
}

static void take_link(void *baton, npie_row_t *row)
{
    npie_addition_link_t *l = baton;

    l->hash = npie_row_text(row);
    l->purpose = (npie_addition_purpose_t)
        npie_row_name(row, purpose_names, NPIE_ADDITION_PURPOSES);
    l->addition = npie_row_number(row);
    l->outbox = npie_row_number(row);
    l->created = npie_row_time(row);
    l->expires = npie_row_time(row);
}

apr_status_t npie_addition_link_find(npie_addition_link_t **plink,
                                     npie_registry_t *registry,
                                     const char *hash, npie_err_t *err)
{
    npie_addition_link_t *link = apr_pcalloc(registry->p, sizeof(*link));
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, hash);
    rv = npie_sql_select(registry, NPIE_SQL_ADDITION_LINK_FIND, &args,
                         take_link, link, err);
    *plink = rv == APR_SUCCESS ? link : NULL;
    return rv;
}
