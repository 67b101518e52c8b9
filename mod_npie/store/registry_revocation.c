/* SPDX-License-Identifier: Apache-2.0
 * Ended certificates in the registry.
 */
#include "store/revocation.h"

#include "store/registry_columns.h"

apr_status_t npie_certificate_generation(apr_int64_t *pgeneration,
                                         npie_registry_t *registry,
                                         apr_int64_t employer,
                                         npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, employer);
    return npie_sql_number(pgeneration, registry,
                           NPIE_SQL_CERTIFICATE_GENERATION, &args, err);
}

apr_status_t npie_certificate_set_unused(npie_registry_t *registry,
                                         apr_int64_t id, npie_err_t *err)
{
    return npie_sql_change_id(registry, NPIE_SQL_CERTIFICATE_SET_UNUSED, id,
                              err);
}

static apr_status_t set_time(npie_registry_t *registry, npie_sql_t statement,
                             apr_int64_t id, apr_time_t when,
                             apr_status_t none, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_time(&args, when);
    npie_args_number(&args, id);
    return npie_sql_change(registry, statement, &args, none, err);
}

apr_status_t npie_certificate_set_invalid(npie_registry_t *registry,
                                          apr_int64_t id, apr_time_t since,
                                          npie_err_t *err)
{
    return set_time(registry, NPIE_SQL_CERTIFICATE_SET_INVALID, id, since,
                    APR_NOTFOUND, err);
}

apr_status_t npie_certificate_set_told(npie_registry_t *registry,
                                       apr_int64_t id, apr_time_t when,
                                       npie_err_t *err)
{
    return set_time(registry, NPIE_SQL_CERTIFICATE_SET_TOLD, id, when,
                    NPIE_ECONFLICT, err);
}

apr_status_t npie_certificate_release(npie_registry_t *registry,
                                      apr_int64_t id, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, id);
    return npie_sql_change(registry, NPIE_SQL_CERTIFICATE_RELEASE, &args,
                           NPIE_ECONFLICT, err);
}

static void append_untold(void *baton, npie_row_t *row)
{
    apr_array_header_t *list = baton;
    npie_untold_t *one = apr_pcalloc(list->pool, sizeof(*one));

    one->invalid_since = npie_row_time(row);
    one->certificate = *(npie_certificate_t *)npie_table_take(
        &npie_table_certificate, row);
    APR_ARRAY_PUSH(list, npie_untold_t *) = one;
}

apr_status_t npie_certificate_untold(apr_array_header_t **plist,
                                     npie_registry_t *registry,
                                     npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 4, sizeof(npie_untold_t *));
    npie_args_init(&args, registry);
    rv = npie_sql_select(registry, NPIE_SQL_CERTIFICATE_UNTOLD, &args,
                         append_untold, *plist, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static void append_der(void *baton, npie_row_t *row)
{
    const npie_certificate_t *certificate =
        npie_table_take(&npie_table_certificate, row);

    APR_ARRAY_PUSH((apr_array_header_t *)baton, npie_bytes_t) =
        certificate->der;
}

apr_status_t npie_certificate_by_serial(apr_array_header_t *list,
                                        npie_registry_t *registry,
                                        const char *serial, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, serial);
    rv = npie_sql_select(registry, NPIE_SQL_CERTIFICATE_BY_SERIAL, &args,
                         append_der, list, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}
