/* SPDX-License-Identifier: Apache-2.0
 * Certificates and keys in the registry.
 */
#include "store/registry.h"

#include "store/list.h"
#include "store/registry_columns.h"
#include "store/registry_rows.h"

#include <stddef.h>

#include <apr_tables.h>

static const char *const status_names[] = {
    [NPIE_CERTIFICATE_ACTIVE] = "active",
    [NPIE_CERTIFICATE_SUPERSEDED] = "superseded",
    [NPIE_CERTIFICATE_REVOKED] = "revoked",
};

#define RECORD npie_certificate_t
static const npie_column_t data[] = NPIE_COLUMN_ROWS(NPIE_CERTIFICATE_DATA);
#undef RECORD

const npie_table_t npie_table_certificate = {
    sizeof(npie_certificate_t),
    { { data, sizeof(data) / sizeof(data[0]), status_names,
        NPIE_CERTIFICATE_REVOKED + 1 }, { NULL, 0, NULL, 0 } }
};

const char *npie_certificate_status_name(npie_certificate_status_t status)
{
    return (int)status >= 0 && status <= NPIE_CERTIFICATE_REVOKED
               ? status_names[status] : "?";
}

static void take_certificate(void *baton, npie_row_t *row)
{
    *(npie_certificate_t **)baton = npie_table_take(&npie_table_certificate,
                                                    row);
}

void npie_rows_certificate(void *baton, npie_row_t *row)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, npie_certificate_t *) =
        npie_table_take(&npie_table_certificate, row);
}

static apr_status_t find(npie_certificate_t **pcertificate,
                         npie_registry_t *registry, npie_sql_t statement,
                         npie_args_t *args, npie_err_t *err)
{
    npie_certificate_t *c = NULL;
    apr_status_t rv = npie_sql_select(registry, statement, args,
                                      take_certificate, &c, err);

    *pcertificate = rv == APR_SUCCESS ? c : NULL;
    return rv;
}

static apr_status_t find_by_id(npie_certificate_t **pcertificate,
                               npie_registry_t *registry, npie_sql_t statement,
                               apr_int64_t id, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, id);
    return find(pcertificate, registry, statement, &args, err);
}

apr_status_t npie_certificate_get(npie_certificate_t **pcertificate,
                                  npie_registry_t *registry, apr_int64_t id,
                                  npie_err_t *err)
{
    return find_by_id(pcertificate, registry, NPIE_SQL_CERTIFICATE_GET, id,
                      err);
}

apr_status_t npie_certificate_newest(npie_certificate_t **pcertificate,
                                     npie_registry_t *registry,
                                     apr_int64_t employer, npie_err_t *err)
{
    return find_by_id(pcertificate, registry, NPIE_SQL_CERTIFICATE_NEWEST,
                      employer, err);
}

apr_status_t npie_certificate_by_spki(npie_certificate_t **pcertificate,
                                      npie_registry_t *registry,
                                      const char *spki, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, spki);
    return find(pcertificate, registry, NPIE_SQL_CERTIFICATE_BY_SPKI, &args,
                err);
}

apr_status_t npie_certificate_additionals(apr_array_header_t **plist,
                                          npie_registry_t *registry,
                                          apr_int64_t employer,
                                          npie_err_t *err)
{
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 4, sizeof(npie_certificate_t *));
    rv = npie_sql_select_id(registry, NPIE_SQL_CERTIFICATE_ADDITIONALS,
                            employer, npie_rows_certificate, *plist, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_certificate_insert(apr_int64_t *pid,
                                     npie_registry_t *registry,
                                     const npie_certificate_t *c,
                                     npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_columns_put(&args, &npie_table_certificate.lists[0], c);
    rv = npie_sql_number(pid, registry, NPIE_SQL_CERTIFICATE_INSERT, &args,
                         err);
    return rv == APR_NOTFOUND
               ? npie_sql_conflict("the key or the generation exists", err)
               : rv;
}

apr_status_t npie_certificate_end(npie_registry_t *registry, apr_int64_t id,
                                  npie_certificate_status_t status,
                                  const char *reason, apr_time_t when,
                                  npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, status_names[status]);
    npie_args_time(&args, when);
    npie_args_text(&args, reason);
    npie_args_number(&args, id);
    return npie_sql_change(registry, NPIE_SQL_CERTIFICATE_END, &args,
                           NPIE_ECONFLICT, err);
}

apr_status_t npie_certificate_set_terms(npie_registry_t *registry,
                                        apr_int64_t id, apr_time_t when,
                                        npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_time(&args, when);
    npie_args_number(&args, id);
    return npie_sql_change(registry, NPIE_SQL_CERTIFICATE_SET_TERMS, &args,
                           NPIE_ECONFLICT, err);
}

apr_status_t npie_key_seen(npie_registry_t *registry, const char *spki,
                           npie_err_t *err)
{
    npie_args_t args;
    apr_int64_t when = 0;

    npie_args_init(&args, registry);
    npie_args_text(&args, spki);
    npie_args_text(&args, spki);
    return npie_sql_number(&when, registry, NPIE_SQL_KEY_SEEN, &args, err);
}

apr_status_t npie_key_note(npie_registry_t *registry, const char *spki,
                           apr_time_t when, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, spki);
    npie_args_number(&args, apr_time_sec(when));
    npie_args_text(&args, spki);
    return npie_sql_change(registry, NPIE_SQL_KEY_NOTE, &args, NPIE_ECONFLICT,
                           err);
}
