/* SPDX-License-Identifier: Apache-2.0
 * Writing the audit's rows, each with its place in the chain.
 */
#include "store/audit.h"

#include <apr_strings.h>

#include <string.h>

#include "pki/digest.h"
#include "store/registry_audit.h"
#include "store/registry_sql.h"

apr_status_t npie_audit_hash(char hash[NPIE_SHA256_HEX_SIZE],
                             const npie_audit_row_t *row, apr_pool_t *p)
{
    const char *text = apr_psprintf(
        p, "npie-audit-1 %" APR_INT64_T_FMT " %" APR_INT64_T_FMT
        " %" APR_SIZE_T_FMT ":%s %" APR_SIZE_T_FMT ":%s %" APR_SIZE_T_FMT
        ":%s %s", row->sequence, apr_time_sec(row->at), strlen(row->actor),
        row->actor, strlen(row->event), row->event, strlen(row->detail),
        row->detail, row->previous);
    const npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return npie_sha256_hex(hash, bytes);
}

static void take_head(void *baton, npie_row_t *row)
{
    npie_audit_head_t *head = baton;

    head->sequence = npie_row_number(row);
    head->since = npie_row_number(row);
    apr_cpystrn(head->hash, npie_row_text(row), sizeof(head->hash));
}

static apr_status_t select_head(npie_audit_head_t *head,
                                npie_registry_t *registry,
                                npie_sql_t statement, npie_args_t *args,
                                npie_err_t *err)
{
    apr_status_t rv;

    memset(head, 0, sizeof(*head));
    rv = npie_sql_select(registry, statement, args, take_head, head, err);
    return rv == APR_NOTFOUND
               ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                              "registry: audit_head has no row")
               : rv;
}

apr_status_t npie_audit_head(npie_audit_head_t *head,
                             npie_registry_t *registry, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    return select_head(head, registry, NPIE_SQL_AUDIT_HEAD, &args, err);
}

/* One row behind the head, which becomes the head. */
static apr_status_t append(npie_registry_t *registry, npie_audit_head_t *head,
                           npie_audit_row_t *row, npie_err_t *err)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    npie_args_t args;
    apr_status_t rv;

    row->sequence = ++head->sequence;
    row->previous = head->hash;
    rv = npie_audit_hash(hash, row, registry->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, rv, NPIE_P_INTERNAL, "no digest");
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, row->sequence);
    npie_args_number(&args, apr_time_sec(row->at));
    npie_args_text(&args, row->actor);
    npie_args_text(&args, row->event);
    npie_args_text(&args, row->detail);
    npie_args_text(&args, row->previous);
    npie_args_text(&args, hash);
    rv = npie_sql_change(registry, NPIE_SQL_AUDIT, &args, NPIE_EBACKEND, err);
    apr_cpystrn(head->hash, hash, sizeof(head->hash));
    return rv;
}

apr_status_t npie_audit_flush(npie_registry_t *registry, npie_err_t *err)
{
    apr_array_header_t *rows = registry->audit;
    npie_audit_head_t head;
    npie_args_t args;
    apr_status_t rv;

    if (rows == NULL) {
        return APR_SUCCESS;
    }
    /* The rows' numbers at once; whoever appends next waits for this. */
    npie_args_init(&args, registry);
    npie_args_number(&args, rows->nelts);
    rv = select_head(&head, registry, NPIE_SQL_AUDIT_NEXT, &args, err);
    head.sequence -= rows->nelts;
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; ++i) {
        rv = append(registry, &head, &APR_ARRAY_IDX(rows, i, npie_audit_row_t),
                    err);
    }
    if (rv == APR_SUCCESS) {
        npie_args_init(&args, registry);
        npie_args_text(&args, head.hash);
        rv = npie_sql_change(registry, NPIE_SQL_AUDIT_HEAD_SET, &args,
                             NPIE_EBACKEND, err);
    }
    return rv;
}

static void take_row(void *baton, npie_row_t *row)
{
    npie_audit_row_t *a = apr_array_push(baton);

    a->sequence = npie_row_number(row);
    a->at = npie_row_time(row);
    a->actor = npie_row_text(row);
    a->event = npie_row_text(row);
    a->detail = npie_row_text(row);
    a->previous = npie_row_text(row);
    a->hash = npie_row_text(row);
}

apr_status_t npie_audit_list(apr_array_header_t **prows,
                             npie_registry_t *registry, apr_int64_t after,
                             npie_err_t *err)
{
    apr_array_header_t *rows = apr_array_make(registry->p, 100,
                                              sizeof(npie_audit_row_t));
    apr_status_t rv = npie_sql_select_id(registry, NPIE_SQL_AUDIT_LIST, after,
                                         take_row, rows, err);

    *prows = rows;
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_audit_find(apr_array_header_t **prows,
                             npie_registry_t *registry,
                             const npie_audit_filter_t *filter,
                             npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    *prows = apr_array_make(registry->p, 100, sizeof(npie_audit_row_t));
    npie_args_init(&args, registry);
    npie_args_number(&args, filter->after);
    npie_args_number(&args, apr_time_sec(filter->since));
    npie_args_number(&args, filter->until == 0 ? APR_INT64_MAX
                            : apr_time_sec(filter->until));
    npie_args_text(&args, filter->event);
    npie_args_text(&args, filter->event);
    rv = npie_sql_select(registry, NPIE_SQL_AUDIT_FIND, &args, take_row,
                         *prows, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}
