/* SPDX-License-Identifier: Apache-2.0
 * Counting what happened.
 */
#include "store/report.h"

#include <string.h>

#include <apr_strings.h>

#include "store/registry_sql.h"

static void take_time(void *baton, npie_row_t *row)
{
    *(apr_time_t *)baton = npie_row_time(row);
}

apr_status_t npie_report_before(apr_int64_t *psequence,
                                npie_registry_t *registry, apr_time_t when,
                                npie_err_t *err)
{
    npie_audit_head_t head;
    apr_int64_t low = 0, high;
    apr_status_t rv = npie_audit_head(&head, registry, err);

    high = head.sequence;
    /* Rows up to low are before it, and those behind high are not. */
    while (rv == APR_SUCCESS && low < high) {
        const apr_int64_t middle = low + (high - low + 1) / 2;
        apr_time_t at = 0;

        rv = npie_sql_select_id(registry, NPIE_SQL_AUDIT_AT, middle, take_time,
                                &at, err);
        rv = rv == APR_NOTFOUND ? APR_SUCCESS : rv;
        if (at < when) {
            low = middle;
        }
        else {
            high = middle - 1;
        }
    }
    *psequence = low;
    return rv;
}

static void take_count(void *baton, npie_row_t *row)
{
    npie_report_count_t *count = apr_array_push(baton);

    count->name = npie_row_text(row);
    count->count = npie_row_number(row);
}

static void take_reason(void *baton, npie_row_t *row)
{
    const char *detail = npie_row_text(row);

    npie_report_add(baton, detail, strcspn(detail, ", "));
}

void npie_report_add(apr_array_header_t *counts, const char *name,
                     apr_size_t len)
{
    npie_report_count_t *count;

    for (int i = 0; i < counts->nelts; i++) {
        count = &APR_ARRAY_IDX(counts, i, npie_report_count_t);
        if (strlen(count->name) == len
            && strncmp(count->name, name, len) == 0) {
            count->count++;
            return;
        }
    }
    count = apr_array_push(counts);
    count->name = apr_pstrmemdup(counts->pool, name, len);
    count->count = 1;
}

static apr_status_t count(apr_array_header_t **pcounts,
                          npie_registry_t *registry, npie_sql_t statement,
                          apr_time_t since, apr_time_t until,
                          npie_row_fn *take, npie_err_t *err)
{
    npie_args_t args;
    apr_int64_t before;
    apr_status_t rv = npie_report_before(&before, registry, since, err);

    *pcounts = apr_array_make(registry->p, 16, sizeof(npie_report_count_t));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, before);
    npie_args_number(&args, until == 0 ? APR_INT64_MAX : apr_time_sec(until));
    rv = npie_sql_select(registry, statement, &args, take, *pcounts, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_report_events(apr_array_header_t **pcounts,
                                npie_registry_t *registry, apr_time_t since,
                                apr_time_t until, npie_err_t *err)
{
    return count(pcounts, registry, NPIE_SQL_AUDIT_EVENTS, since, until,
                 take_count, err);
}

apr_status_t npie_report_refusals(apr_array_header_t **pcounts,
                                  npie_registry_t *registry, apr_time_t since,
                                  apr_time_t until, npie_err_t *err)
{
    return count(pcounts, registry, NPIE_SQL_AUDIT_REFUSED, since, until,
                 take_reason, err);
}

apr_status_t npie_report_oldest(apr_time_t *poldest,
                                npie_registry_t *registry, int seals,
                                npie_err_t *err)
{
    npie_args_t args;

    *poldest = 0;
    npie_args_init(&args, registry);
    npie_args_text(&args, seals ? "seals" : "");
    npie_args_text(&args, seals ? "seals" : "");
    return npie_sql_select(registry, NPIE_SQL_JOB_OLDEST, &args, take_time,
                           poldest, err);
}
