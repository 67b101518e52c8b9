/* SPDX-License-Identifier: Apache-2.0
 * What a check found.
 */
#include "base/finding.h"

const char *npie_fault_name(npie_fault_t fault)
{
    static const char *const names[NPIE_FAULTS] = {
        [NPIE_FAULT_CHANGED] = "changed",
        [NPIE_FAULT_MOVED] = "moved",
        [NPIE_FAULT_MISSING] = "missing",
        [NPIE_FAULT_CUT] = "cut",
        [NPIE_FAULT_FOREIGN] = "foreign",
        [NPIE_FAULT_REWRITTEN] = "rewritten",
        [NPIE_FAULT_UNVOUCHED] = "unvouched",
        [NPIE_FAULT_TWICE] = "twice",
        [NPIE_FAULT_UNMARKED] = "unmarked",
    };

    return (int)fault >= 0 && fault < NPIE_FAULTS ? names[fault] : "?";
}

npie_findings_t npie_findings_make(apr_pool_t *p)
{
    const npie_findings_t none = {
        apr_array_make(p, 4, sizeof(npie_finding_t)), 0
    };

    return none;
}

void npie_findings_add(npie_findings_t *findings, npie_fault_t fault,
                       apr_int64_t first, apr_int64_t last, apr_int64_t was)
{
    apr_array_header_t *list = findings->list;
    const npie_finding_t *before = list->nelts == 0 ? NULL
        : &APR_ARRAY_IDX(list, list->nelts - 1, npie_finding_t);
    npie_finding_t *finding;

    if (before != NULL && before->fault == fault && before->first == first
        && before->last == last) {
        return;
    }
    if (list->nelts >= NPIE_FINDINGS_MAX) {
        findings->more = 1;
        return;
    }
    finding = apr_array_push(list);
    finding->fault = fault;
    finding->first = first;
    finding->last = last;
    finding->was = was;
}
