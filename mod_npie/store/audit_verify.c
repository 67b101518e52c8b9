/* SPDX-License-Identifier: Apache-2.0
 * Checking the audit's chain.
 */
#include "store/audit.h"

#include <string.h>

#include "store/registry_audit.h"
#include "store/registry_sql.h"

#define GENESIS \
    "0000000000000000000000000000000000000000000000000000000000000000"
/* For a row that is not what its hash says: each search is as long as the
 * whole chain. */
#define SEARCHES_MAX 10

/* A verification on its way. */
typedef struct walk_t {
    npie_audit_report_t *report;
    npie_audit_kept_fn *next; /* NULL: no more heads */
    void *baton;
    npie_audit_head_t kept; /* the one that is to be met next; 0: none */
    int rewritten;          /* 1: there is such a finding, at... */
    int rewritten_at;
    apr_int64_t at; /* the row looked at last */
    char hash[NPIE_SHA256_HEX_SIZE]; /* its own; "" = missing */
    int searches;
} walk_t;

static void find(walk_t *walk, npie_fault_t fault, apr_int64_t first,
                 apr_int64_t last, apr_int64_t was)
{
    npie_findings_add(&walk->report->findings, fault, first, last, was);
}

/* The number that a row was written under; 0 when it was changed. */
static apr_status_t find_number(apr_int64_t *pwas, walk_t *walk,
                                const npie_audit_row_t *row, apr_pool_t *p)
{
    const apr_int64_t end = walk->report->head.sequence;
    npie_audit_row_t as = *row;
    char hash[NPIE_SHA256_HEX_SIZE];
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *ptemp;

    *pwas = 0;
    if (++walk->searches > SEARCHES_MAX) {
        return APR_SUCCESS;
    }
    apr_pool_create(&ptemp, p);
    for (as.sequence = 1; as.sequence <= end && *pwas == 0
         && rv == APR_SUCCESS; ++as.sequence) {
        rv = npie_audit_hash(hash, &as, ptemp);
        if (strcmp(hash, row->hash) == 0) {
            *pwas = as.sequence;
        }
        apr_pool_clear(ptemp);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

/* Reads the next head that was kept. Those of rows that are in no chain any
 * more are met here. */
static apr_status_t next_kept(walk_t *walk, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    walk->kept.sequence = 0;
    if (walk->next != NULL) {
        rv = walk->next(&walk->kept, walk->baton, err);
    }
    if (rv == APR_SUCCESS && walk->kept.sequence == 0) {
        walk->next = NULL;
    }
    return rv;
}

/* One finding for all of them: where the chain is another than it was. */
static void find_rewritten(walk_t *walk, apr_int64_t row)
{
    const npie_findings_t *findings = &walk->report->findings;

    if (walk->rewritten) {
        APR_ARRAY_IDX(findings->list, walk->rewritten_at, npie_finding_t).last
            = row;
        return;
    }
    find(walk, NPIE_FAULT_REWRITTEN, row, row, 0);
    walk->rewritten = !findings->more;
    walk->rewritten_at = findings->list->nelts - 1;
}

/* Meets the heads that were kept up to a row; of rows missing or not in the
 * chain it is told elsewhere. hash: the row's; "": none is to be met */
static apr_status_t meet_kept(walk_t *walk, apr_int64_t row, const char *hash,
                              npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && walk->kept.sequence != 0
           && walk->kept.sequence <= row) {
        if (*hash == '\0' || (walk->kept.sequence == row
                              && strcmp(walk->kept.hash, hash) != 0)) {
            find_rewritten(walk, walk->kept.sequence);
        }
        rv = next_kept(walk, err);
    }
    return rv;
}

/* Does the row follow the one before it? A row whose own hash was made to fit
 * is told by the next one. */
static void check_link(walk_t *walk, const npie_audit_row_t *row)
{
    if (row->sequence == walk->report->head.since + 1) {
        if (strcmp(row->previous, GENESIS) != 0) {
            find(walk, NPIE_FAULT_CHANGED, row->sequence, row->sequence, 0);
        }
    }
    else if (*walk->hash != '\0' && strcmp(row->previous, walk->hash) != 0) {
        find(walk, NPIE_FAULT_CHANGED, walk->at, walk->at, 0);
    }
}

static apr_status_t check_row(walk_t *walk, const npie_audit_row_t *row,
                              npie_err_t *err, apr_pool_t *p)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    apr_int64_t was = 0;
    apr_status_t rv;

    if (row->sequence > walk->at + 1) {
        find(walk, NPIE_FAULT_MISSING, walk->at + 1, row->sequence - 1, 0);
        *walk->hash = '\0';
    }
    rv = npie_audit_hash(hash, row, p);
    if (rv == APR_SUCCESS && strcmp(hash, row->hash) != 0) {
        rv = find_number(&was, walk, row, p);
        find(walk, was != 0 ? NPIE_FAULT_MOVED : NPIE_FAULT_CHANGED,
             row->sequence, row->sequence, was);
        *walk->hash = '\0';
    }
    else if (rv == APR_SUCCESS) {
        check_link(walk, row);
        memcpy(walk->hash, hash, sizeof(hash));
    }
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, rv, NPIE_P_INTERNAL, "no digest");
    }
    walk->at = row->sequence;
    walk->report->checked++;
    return meet_kept(walk, row->sequence, row->hash, err);
}

/* The next rows, in memory of their own. */
static apr_status_t check_some(walk_t *walk, npie_registry_t *registry,
                               int *pcount, npie_err_t *err)
{
    apr_pool_t *whole = registry->p;
    apr_array_header_t *rows;
    apr_status_t rv;
    apr_pool_t *p;

    apr_pool_create(&p, whole);
    registry->p = p;
    rv = npie_audit_list(&rows, registry, walk->at, err);
    registry->p = whole;
    *pcount = 0;
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; ++i) {
        const npie_audit_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                     npie_audit_row_t);

        if (row->sequence > walk->report->head.sequence) {
            break;
        }
        rv = check_row(walk, row, err, p);
        ++*pcount;
    }
    apr_pool_destroy(p);
    return rv;
}

/* Rows beyond the end that are not of a writer who came since. */
static apr_status_t check_beyond(walk_t *walk, npie_registry_t *registry,
                                 npie_err_t *err)
{
    apr_int64_t last = 0;
    npie_audit_head_t now;
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    rv = npie_sql_number(&last, registry, NPIE_SQL_AUDIT_LAST, &args, err);
    if (rv == APR_SUCCESS) {
        rv = npie_audit_head(&now, registry, err);
    }
    if (rv == APR_SUCCESS && last > now.sequence) {
        find(walk, NPIE_FAULT_FOREIGN, now.sequence + 1, last, 0);
    }
    return rv;
}

/* Heads beyond the end: the last of them says where it was. */
static apr_status_t check_end(walk_t *walk, npie_err_t *err)
{
    const npie_audit_head_t *head = &walk->report->head;
    apr_int64_t end = head->sequence;
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS && walk->kept.sequence != 0) {
        end = walk->kept.sequence > end ? walk->kept.sequence : end;
        rv = next_kept(walk, err);
    }
    if (walk->at < end) {
        find(walk, NPIE_FAULT_CUT, walk->at + 1, end, 0);
    }
    else if (strcmp(*walk->hash != '\0' ? walk->hash : head->hash, head->hash)
             != 0) {
        find(walk, NPIE_FAULT_CHANGED, walk->at, walk->at, 0);
    }
    return rv;
}

apr_status_t npie_audit_verify(npie_audit_report_t *report,
                               npie_registry_t *registry,
                               npie_audit_kept_fn *kept, void *baton,
                               npie_err_t *err, apr_pool_t *p)
{
    walk_t walk = { .report = report, .next = kept, .baton = baton };
    apr_status_t rv;
    int count;

    memset(report, 0, sizeof(*report));
    report->findings = npie_findings_make(p);
    rv = npie_audit_head(&report->head, registry, err);
    if (rv == APR_SUCCESS) {
        rv = next_kept(&walk, err);
    }
    if (rv == APR_SUCCESS) {
        rv = meet_kept(&walk, report->head.since, "", err);
    }
    walk.at = report->head.since;
    if (walk.at == report->head.sequence) {
        memcpy(walk.hash, GENESIS, sizeof(walk.hash));
    }
    do {
        count = 0;
        if (rv == APR_SUCCESS) {
            rv = check_some(&walk, registry, &count, err);
        }
    } while (count > 0);
    if (rv == APR_SUCCESS) {
        rv = check_end(&walk, err);
    }
    if (rv == APR_SUCCESS) {
        rv = check_beyond(&walk, registry, err);
    }
    return rv;
}
