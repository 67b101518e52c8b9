/* SPDX-License-Identifier: Apache-2.0
 * From the first entry to the last.
 */
#include "ledger/walk.h"

#include <string.h>

typedef struct walking_t {
    const npie_ledger_walk_t *walk;
    npie_ledger_report_t *report;
    npie_ledger_marks_t *marks;
    apr_uint64_t at; /* the entry looked at last */
    int certain;     /* digest is what the next one stands behind */
    char digest[NPIE_SHA256_HEX_SIZE];
} walking_t;

static void find(walking_t *w, npie_fault_t fault, apr_uint64_t first,
                 apr_uint64_t last, apr_uint64_t was)
{
    npie_findings_add(&w->report->findings, fault, (apr_int64_t)first,
                      (apr_int64_t)last, (apr_int64_t)was);
    w->certain = 0;
}

/* One finding for all that follow each other: a signer's first entry is gone,
 * or somebody wrote many. */
static void find_unvouched(walking_t *w, apr_uint64_t number)
{
    const apr_array_header_t *list = w->report->findings.list;
    npie_finding_t *last = list->nelts == 0 ? NULL
        : &APR_ARRAY_IDX(list, list->nelts - 1, npie_finding_t);

    if (last != NULL && last->fault == NPIE_FAULT_UNVOUCHED
        && (apr_uint64_t)last->last + 1 == number) {
        last->last++;
        w->certain = 0;
        return;
    }
    find(w, NPIE_FAULT_UNVOUCHED, number, number, 0);
}

/* Is it the one that was seen? */
static void meet_seen(walking_t *w, const npie_entry_t *entry)
{
    const npie_ledger_seen_t *seen = &w->walk->seen;

    if (entry->number == seen->number
        && strcmp(w->digest, seen->digest) != 0) {
        npie_findings_add(&w->report->findings, NPIE_FAULT_REWRITTEN,
                          (apr_int64_t)entry->number,
                          (apr_int64_t)entry->number, 0);
    }
}

/* An entry whose signature holds. */
static apr_status_t link_entry(walking_t *w, const npie_entry_t *entry,
                               apr_uint64_t number, apr_pool_t *p)
{
    apr_status_t rv;

    w->report->signers += entry->kind == NPIE_ENTRY_SIGNER;
    if (entry->number != number) {
        find(w, NPIE_FAULT_MOVED, number, number, entry->number);
        return npie_ledger_marks_take(w->marks, entry, p);
    }
    if (w->certain && strcmp(entry->before, w->digest) != 0) {
        find(w, NPIE_FAULT_REWRITTEN, number, number, 0);
    }
    rv = npie_entry_digest(w->digest, entry->line);
    w->certain = rv == APR_SUCCESS;
    meet_seen(w, entry);
    return rv == APR_SUCCESS ? npie_ledger_marks_take(w->marks, entry, p)
                             : rv;
}

/* The number that a row is to have. In a copy it says so itself, unless that
 * cannot be. */
static apr_uint64_t number_of(walking_t *w, const npie_ledger_row_t *row,
                              const npie_entry_t *entry)
{
    return row->number != 0 ? row->number
        : entry == NULL ? w->at + 1 : entry->number;
}

static apr_status_t take(walking_t *w, const npie_ledger_row_t *row,
                         apr_pool_t *p)
{
    npie_entry_t *entry = NULL;
    const char *fault = npie_entry_parse(&entry, row->line, p);
    const apr_uint64_t number = number_of(w, row, fault == NULL ? entry
                                                                : NULL);

    w->report->entries++;
    if (number <= w->at) {
        find(w, NPIE_FAULT_MOVED, number, number, number);
        return APR_SUCCESS;
    }
    if (number > w->at + 1) {
        find(w, NPIE_FAULT_MISSING, w->at + 1, number - 1, 0);
    }
    w->at = number;
    if (fault != NULL) {
        find(w, NPIE_FAULT_CHANGED, number, number, 0);
        return APR_SUCCESS;
    }
    fault = npie_chain_believe(&entry, w->walk->chain, row->line, p);
    if (fault == NULL) {
        return link_entry(w, entry, number, p);
    }
    if (npie_chain_knows(w->walk->chain, entry->signer)) {
        find(w, NPIE_FAULT_CHANGED, number, number, 0);
    }
    else {
        find_unvouched(w, number);
    }
    return APR_SUCCESS;
}

static apr_status_t next(apr_array_header_t **prows, walking_t *w,
                         npie_err_t *err, apr_pool_t *p)
{
    return w->walk->copy != NULL
        ? npie_ledger_copy_read(prows, w->walk->copy, err, p)
        : npie_ledger_read(prows, w->walk->ask, w->at + 1,
                           NPIE_LEDGER_READ_MAX, err, p);
}

apr_status_t npie_ledger_walk(npie_ledger_report_t *report,
                              const npie_ledger_walk_t *walk, npie_err_t *err,
                              apr_pool_t *p)
{
    walking_t w = { walk, report, npie_ledger_marks_make(p), 0, 1, "" };
    apr_array_header_t *rows;
    apr_pool_t *ptemp;
    apr_status_t rv = npie_entry_digest(w.digest, NPIE_LEDGER_GENESIS);

    memset(report, 0, sizeof(*report));
    report->findings = npie_findings_make(p);
    apr_pool_create(&ptemp, p);
    do {
        apr_pool_clear(ptemp);
        rows = NULL;
        if (rv == APR_SUCCESS) {
            rv = next(&rows, &w, err, ptemp);
        }
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            rv = take(&w, &APR_ARRAY_IDX(rows, i, npie_ledger_row_t), ptemp);
        }
    } while (rv == APR_SUCCESS && rows->nelts > 0);
    apr_pool_destroy(ptemp);
    report->last = w.at;
    if (rv == APR_SUCCESS && w.at < walk->seen.number) {
        find(&w, NPIE_FAULT_CUT, w.at + 1, walk->seen.number, 0);
    }
    return rv != APR_SUCCESS ? rv
        : npie_ledger_marks_check(report, w.marks, walk->ask, err, p);
}
