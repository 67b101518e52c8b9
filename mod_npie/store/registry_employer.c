/* SPDX-License-Identifier: Apache-2.0
 * Employers in the registry.
 */
#include "store/registry.h"

#include "store/registry_columns.h"

#include <stddef.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#define RECORD npie_employer_t
static const npie_column_t keys[] = NPIE_COLUMN_ROWS(NPIE_EMPLOYER_KEYS);
static const npie_column_t data[] = NPIE_COLUMN_ROWS(NPIE_EMPLOYER_DATA);
#undef RECORD

/* What never changes, and what may. */
const npie_table_t npie_table_employer = {
    sizeof(npie_employer_t),
    { { keys, sizeof(keys) / sizeof(keys[0]), NULL, 0 },
      { data, sizeof(data) / sizeof(data[0]), NULL, 0 } }
};

static void take_employer(void *baton, npie_row_t *row)
{
    *(npie_employer_t **)baton = npie_table_take(&npie_table_employer, row);
}

static apr_status_t find(npie_employer_t **pemployer,
                         npie_registry_t *registry, npie_sql_t statement,
                         npie_args_t *args, npie_err_t *err)
{
    npie_employer_t *e = NULL;
    apr_status_t rv = npie_sql_select(registry, statement, args,
                                      take_employer, &e, err);

    *pemployer = rv == APR_SUCCESS ? e : NULL;
    return rv;
}

apr_status_t npie_employer_get(npie_employer_t **pemployer,
                               npie_registry_t *registry, apr_int64_t id,
                               npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, id);
    return find(pemployer, registry, NPIE_SQL_EMPLOYER_GET, &args, err);
}

static apr_status_t find_by_text(npie_employer_t **pemployer,
                                 npie_registry_t *registry,
                                 npie_sql_t statement, const char *text,
                                 npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, text);
    return find(pemployer, registry, statement, &args, err);
}

apr_status_t npie_employer_by_user(npie_employer_t **pemployer,
                                   npie_registry_t *registry, const char *user,
                                   npie_err_t *err)
{
    return find_by_text(pemployer, registry, NPIE_SQL_EMPLOYER_BY_USER, user,
                        err);
}

apr_status_t npie_employer_by_rp10(npie_employer_t **pemployer,
                                   npie_registry_t *registry, const char *rp10,
                                   npie_err_t *err)
{
    return find_by_text(pemployer, registry, NPIE_SQL_EMPLOYER_BY_RP10, rp10,
                        err);
}

apr_status_t npie_employer_insert(apr_int64_t *pid, npie_registry_t *registry,
                                  const npie_employer_t *e, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_columns_put(&args, &npie_table_employer.lists[0], e);
    npie_columns_put(&args, &npie_table_employer.lists[1], e);
    rv = npie_sql_number(pid, registry, NPIE_SQL_EMPLOYER_INSERT, &args, err);
    return rv == APR_NOTFOUND
               ? npie_sql_conflict("the employer or its user exists", err)
               : rv;
}

apr_status_t npie_employer_set_contact(npie_registry_t *registry,
                                       apr_int64_t id,
                                       const npie_contact_t *contact,
                                       npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, contact->email);
    npie_args_text(&args, contact->phone);
    npie_args_text(&args, contact->fax);
    npie_args_number(&args, id);
    return npie_sql_change(registry, NPIE_SQL_EMPLOYER_SET_CONTACT, &args,
                           APR_NOTFOUND, err);
}

static void append_employer(void *baton, npie_row_t *row)
{
    APR_ARRAY_PUSH((apr_array_header_t *)baton, npie_employer_t *) =
        npie_table_take(&npie_table_employer, row);
}

static apr_status_t list(apr_array_header_t **plist,
                         npie_registry_t *registry, npie_sql_t statement,
                         npie_args_t *args, npie_err_t *err)
{
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 64, sizeof(npie_employer_t *));
    rv = npie_sql_select(registry, statement, args, append_employer, *plist,
                         err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_employer_list(apr_array_header_t **plist,
                                npie_registry_t *registry, const char *match,
                                npie_err_t *err)
{
    char *pattern = apr_palloc(registry->p, strlen(match) * 2 + 3);
    char *out = pattern;
    npie_args_t args;

    *out++ = '%';
    for (; *match != '\0'; match++) {
        if (strchr("%_!", *match) != NULL) {
            *out++ = '!';
        }
        *out++ = (char)apr_tolower(*match);
    }
    *out++ = '%';
    *out = '\0';
    npie_args_init(&args, registry);
    for (int i = 0; i < 4; i++) {
        npie_args_text(&args, pattern);
    }
    return list(plist, registry, NPIE_SQL_EMPLOYER_LIST, &args, err);
}

apr_status_t npie_employer_by_rfc(apr_array_header_t **plist,
                                  npie_registry_t *registry, const char *rfc,
                                  npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, rfc);
    return list(plist, registry, NPIE_SQL_EMPLOYER_BY_RFC, &args, err);
}

apr_status_t npie_employer_update(npie_registry_t *registry,
                                  const npie_employer_t *e, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_columns_put(&args, &npie_table_employer.lists[1], e);
    npie_args_number(&args, e->id);
    return npie_sql_change(registry, NPIE_SQL_EMPLOYER_UPDATE, &args,
                           APR_NOTFOUND, err);
}
