/* SPDX-License-Identifier: Apache-2.0
 * Employers in the registry.
 */
#include "store/registry_sql.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static void take_employer(void *baton, npie_row_t *row)
{
    npie_employer_t *e = baton;

    e->id = npie_row_number(row);
    e->name = npie_row_text(row);
    e->rp = npie_row_text(row);
    e->rfc = npie_row_text(row);
    e->user = npie_row_text(row);
    e->given_name = npie_row_text(row);
    e->surname = npie_row_text(row);
    e->surname2 = npie_row_text(row);
    e->curp = npie_row_text(row);
    e->subdelegation = npie_row_text(row);
    e->address.entity = (int)npie_row_number(row);
    e->address.city = npie_row_text(row);
    e->address.municipality = npie_row_text(row);
    e->address.colony = npie_row_text(row);
    e->address.street = npie_row_text(row);
    e->address.outer_number = npie_row_text(row);
    e->address.inner_number = npie_row_text(row);
    e->address.postcode = npie_row_text(row);
    e->contact.email = npie_row_text(row);
    e->contact.phone = npie_row_text(row);
    e->contact.fax = npie_row_text(row);
}

apr_status_t npie_employer_get(npie_employer_t **pemployer,
                               npie_registry_t *registry, apr_int64_t id,
                               npie_err_t *err)
{
    npie_employer_t *e = apr_pcalloc(registry->p, sizeof(*e));
    apr_status_t rv = npie_sql_select_id(registry, NPIE_SQL_EMPLOYER_GET, id,
                                         take_employer, e, err);

    *pemployer = rv == APR_SUCCESS ? e : NULL;
    return rv;
}

static apr_status_t find_by_text(npie_employer_t **pemployer,
                                 npie_registry_t *registry,
                                 npie_sql_t statement, const char *text,
                                 npie_err_t *err)
{
    npie_employer_t *e = apr_pcalloc(registry->p, sizeof(*e));
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, text);
    rv = npie_sql_select(registry, statement, &args, take_employer, e, err);
    *pemployer = rv == APR_SUCCESS ? e : NULL;
    return rv;
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

/* From the representative on, in the order of the columns. */
static void put_rest(npie_args_t *args, const npie_employer_t *e)
{
    npie_args_text(args, e->given_name);
    npie_args_text(args, e->surname);
    npie_args_text(args, e->surname2);
    npie_args_text(args, e->curp);
    npie_args_text(args, e->subdelegation);
    npie_args_number(args, e->address.entity);
    npie_args_text(args, e->address.city);
    npie_args_text(args, e->address.municipality);
    npie_args_text(args, e->address.colony);
    npie_args_text(args, e->address.street);
    npie_args_text(args, e->address.outer_number);
    npie_args_text(args, e->address.inner_number);
    npie_args_text(args, e->address.postcode);
    npie_args_text(args, e->contact.email);
    npie_args_text(args, e->contact.phone);
    npie_args_text(args, e->contact.fax);
}

apr_status_t npie_employer_insert(apr_int64_t *pid, npie_registry_t *registry,
                                  const npie_employer_t *e, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, e->name);
    npie_args_text(&args, e->rp);
    npie_args_text(&args, e->rfc);
    npie_args_text(&args, e->user);
    put_rest(&args, e);
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
    apr_array_header_t *list = baton;
    npie_employer_t *e = apr_pcalloc(list->pool, sizeof(*e));

    take_employer(e, row);
    APR_ARRAY_PUSH(list, npie_employer_t *) = e;
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
    npie_args_text(&args, e->name);
    npie_args_text(&args, e->rfc);
    put_rest(&args, e);
    npie_args_number(&args, e->id);
    return npie_sql_change(registry, NPIE_SQL_EMPLOYER_UPDATE, &args,
                           APR_NOTFOUND, err);
}
