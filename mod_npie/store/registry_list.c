/* SPDX-License-Identifier: Apache-2.0
 * Lists and counts over all employers.
 */
#include "store/list.h"

#include <string.h>

#include "store/registry_rows.h"
#include "store/registry_sql.h"

static void take_certificate_item(void *baton, npie_row_t *row)
{
    apr_array_header_t *list = baton;
    apr_array_header_t *one = apr_array_make(list->pool, 1,
                                             sizeof(npie_certificate_t *));
    npie_certificate_item_t *item = apr_array_push(list);

    item->rp = npie_row_text(row);
    item->name = npie_row_text(row);
    npie_rows_certificate(one, row);
    item->certificate = APR_ARRAY_IDX(one, 0, npie_certificate_t *);
}

apr_status_t npie_certificate_list(apr_array_header_t **plist,
                                   npie_registry_t *registry,
                                   const npie_certificate_filter_t *filter,
                                   npie_err_t *err)
{
    npie_sql_t statement = strcmp(filter->status, "active") == 0
        ? NPIE_SQL_CERTIFICATE_LIST_ACTIVE : NPIE_SQL_CERTIFICATE_LIST;
    npie_args_t args;
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 64, sizeof(npie_certificate_item_t));
    npie_args_init(&args, registry);
    if (filter->employer != 0) {
        statement = NPIE_SQL_CERTIFICATE_LIST_OF;
        npie_args_number(&args, filter->employer);
    }
    else if (*filter->serial != '\0') {
        statement = NPIE_SQL_CERTIFICATE_LIST_SERIAL;
        npie_args_text(&args, filter->serial);
    }
    npie_args_text(&args, filter->status);
    npie_args_text(&args, filter->status);
    npie_args_text(&args, filter->serial);
    npie_args_text(&args, filter->serial);
    npie_args_number(&args, apr_time_sec(filter->ends_after));
    npie_args_number(&args, filter->ends_until == 0 ? APR_INT64_MAX
                            : apr_time_sec(filter->ends_until));
    rv = npie_sql_select(registry, statement, &args, take_certificate_item,
                         *plist, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static void take_renewal_item(void *baton, npie_row_t *row)
{
    npie_renewal_item_t *item = apr_array_push(baton);

    item->id = npie_row_number(row);
    item->employer = npie_row_number(row);
    item->old_certificate = npie_row_number(row);
    item->rp = npie_row_text(row);
    item->name = npie_row_text(row);
    item->state = npie_row_text(row);
    item->email = npie_row_text(row);
    item->created = npie_row_time(row);
    item->changed = npie_row_time(row);
}

apr_status_t npie_renewal_list(apr_array_header_t **plist,
                               npie_registry_t *registry, int all,
                               npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 16, sizeof(npie_renewal_item_t));
    npie_args_init(&args, registry);
    rv = npie_sql_select(registry, all ? NPIE_SQL_RENEWAL_LIST
                                       : NPIE_SQL_RENEWAL_LIST_OPEN,
                         &args, take_renewal_item, *plist, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* A statement about one employer, whom it names twice. */
static apr_status_t select_of(apr_array_header_t *list,
                              npie_registry_t *registry, npie_sql_t statement,
                              apr_int64_t employer, npie_row_fn *take,
                              npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, employer);
    npie_args_number(&args, employer);
    rv = npie_sql_select(registry, statement, &args, take, list, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static void take_letter_item(void *baton, npie_row_t *row)
{
    npie_letter_item_t *item = apr_array_push(baton);

    item->folio = npie_row_number(row);
    item->kind = (int)npie_row_number(row);
    item->renewal = npie_row_number(row);
    item->addition = npie_row_number(row);
    item->created = npie_row_time(row);
    item->signed_at = npie_row_time(row);
    item->voided = (int)npie_row_number(row);
}

apr_status_t npie_letters_of(apr_array_header_t **plist,
                             npie_registry_t *registry, apr_int64_t employer,
                             npie_err_t *err)
{
    *plist = apr_array_make(registry->p, 8, sizeof(npie_letter_item_t));
    return select_of(*plist, registry, NPIE_SQL_LETTERS_OF, employer,
                     take_letter_item, err);
}

static void take_move_item(void *baton, npie_row_t *row)
{
    npie_move_item_t *item = apr_array_push(baton);

    item->id = npie_row_number(row);
    item->additional = (int)npie_row_number(row);
    item->created = npie_row_time(row);
    item->state = npie_row_text(row);
}

apr_status_t npie_moves_of(apr_array_header_t **plist,
                           npie_registry_t *registry, apr_int64_t employer,
                           npie_err_t *err)
{
    *plist = apr_array_make(registry->p, 8, sizeof(npie_move_item_t));
    return select_of(*plist, registry, NPIE_SQL_MOVES_OF, employer,
                     take_move_item, err);
}

static void take_totals(void *baton, npie_row_t *row)
{
    npie_totals_t *totals = baton;

    totals->employers = npie_row_number(row);
    totals->certificates = npie_row_number(row);
    totals->additionals = npie_row_number(row);
    totals->dated = npie_row_number(row);
    totals->dated += npie_row_number(row);
}

apr_status_t npie_registry_totals(npie_totals_t *totals,
                                  npie_registry_t *registry, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    return npie_sql_select(registry, NPIE_SQL_TOTALS, &args, take_totals,
                           totals, err);
}

static void take_summary(void *baton, npie_row_t *row)
{
    npie_summary_t *summary = baton;

    summary->renewals = npie_row_number(row);
    summary->mails_waiting = npie_row_number(row);
    summary->mails_given_up = npie_row_number(row);
    summary->mail_oldest = npie_row_time(row);
    summary->audit_last = npie_row_time(row);
    summary->died = npie_row_number(row);
    summary->died_last = npie_row_time(row);
    summary->gave_up_last = npie_row_time(row);
}

apr_status_t npie_registry_summary(npie_summary_t *summary,
                                   npie_registry_t *registry,
                                   npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    return npie_sql_select(registry, NPIE_SQL_SUMMARY, &args, take_summary,
                           summary, err);
}
