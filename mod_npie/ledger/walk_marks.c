/* SPDX-License-Identifier: Apache-2.0
 * The marks of all entries, against each other and those of the database.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "ledger/walk.h"

/* A mark: its name's digest will do. */
typedef struct mark_t {
    char name[NPIE_SHA256_HEX_SIZE];
    apr_uint64_t number;
    apr_time_t expires;
    int met; /* the database has it */
} mark_t;

struct npie_ledger_marks_t {
    apr_array_header_t *list; /* of mark_t */
};

npie_ledger_marks_t *npie_ledger_marks_make(apr_pool_t *p)
{
    npie_ledger_marks_t *marks = apr_palloc(p, sizeof(*marks));

    marks->list = apr_array_make(p, 64, sizeof(mark_t));
    return marks;
}


apr_status_t npie_ledger_marks_take(npie_ledger_marks_t *marks,
                                    const npie_entry_t *entry,
                                    apr_pool_t *ptemp)
{
    const apr_array_header_t *list = npie_entry_marks(entry, ptemp);
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_ledger_mark_t *from = &APR_ARRAY_IDX(list, i,
                                                        npie_ledger_mark_t);
        mark_t *mark = apr_array_push(marks->list);

        mark->number = entry->number;
        mark->expires = from->expires;
        mark->met = 0;
        rv = npie_entry_digest(mark->name, from->name);
    }
    return rv;
}

static int by_name(const void *a, const void *b)
{
    const mark_t *one = a, *other = b;
    const int order = strcmp(one->name, other->name);

    return order != 0 ? order : one->number < other->number ? -1
        : one->number > other->number;
}

static int by_name_alone(const void *name, const void *mark)
{
    return strcmp(name, ((const mark_t *)mark)->name);
}

/* Was something else found about this entry? Its marks are of no use then. */
static int is_found(const npie_ledger_report_t *report, apr_uint64_t number)
{
    const apr_array_header_t *list = report->findings.list;

    for (int i = 0; i < list->nelts; i++) {
        const npie_finding_t *f = &APR_ARRAY_IDX(list, i, npie_finding_t);

        if ((apr_uint64_t)f->first <= number
            && number <= (apr_uint64_t)f->last) {
            return 1;
        }
    }
    return report->findings.more;
}

static void find(npie_ledger_report_t *report, npie_fault_t fault,
                 apr_uint64_t number, apr_uint64_t was)
{
    if (!is_found(report, number)) {
        npie_findings_add(&report->findings, fault, (apr_int64_t)number,
                          (apr_int64_t)number, (apr_int64_t)was);
    }
}

/* A mark as the database has it. */
static apr_status_t meet(npie_ledger_report_t *report,
                         npie_ledger_marks_t *marks,
                         const npie_ledger_row_t *row)
{
    char name[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = npie_entry_digest(name, row->mark);
    mark_t *mark = rv != APR_SUCCESS ? NULL
        : bsearch(name, marks->list->elts, (size_t)marks->list->nelts,
                  sizeof(mark_t), by_name_alone);

    if (rv != APR_SUCCESS || row->number > report->last) {
        return rv; /* appended since */
    }
    if (mark == NULL || mark->number != row->number
        || mark->expires != row->expires) {
        find(report, NPIE_FAULT_UNMARKED, row->number, 0);
    }
    else {
        mark->met = 1;
    }
    return APR_SUCCESS;
}

static apr_status_t meet_all(npie_ledger_report_t *report,
                             npie_ledger_marks_t *marks,
                             npie_ledger_ask_t *ask, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_ledger_range_t range = { .prefix = "", .after = "", .bare = 1,
                                  .most = NPIE_LEDGER_READ_MAX };
    char after[NPIE_LEDGER_MARK_MAX + 1] = "";
    apr_array_header_t *rows;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    range.after = after;
    do {
        apr_pool_clear(ptemp);
        rv = npie_ledger_list(&rows, ask, &range, err, ptemp);
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                          npie_ledger_row_t);

            rv = meet(report, marks, row);
            apr_cpystrn(after, row->mark, sizeof(after));
        }
    } while (rv == APR_SUCCESS && rows->nelts > 0);
    apr_pool_destroy(ptemp);
    return rv;
}

apr_status_t npie_ledger_marks_check(npie_ledger_report_t *report,
                                     npie_ledger_marks_t *marks,
                                     npie_ledger_ask_t *ask, npie_err_t *err,
                                     apr_pool_t *p)
{
    mark_t *list = (mark_t *)marks->list->elts;
    const int n = marks->list->nelts;
    apr_status_t rv = APR_SUCCESS;

    qsort(list, (size_t)n, sizeof(mark_t), by_name);
    for (int i = 1; i < n; i++) {
        if (strcmp(list[i].name, list[i - 1].name) == 0) {
            find(report, NPIE_FAULT_TWICE, list[i].number,
                 list[i - 1].number);
            list[i].met = 1;
        }
    }
    if (ask != NULL) {
        rv = meet_all(report, marks, ask, err, p);
        for (int i = 0; rv == APR_SUCCESS && i < n; i++) {
            if (!list[i].met) {
                find(report, NPIE_FAULT_UNMARKED, list[i].number, 0);
            }
        }
    }
    return rv;
}
