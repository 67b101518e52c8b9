/* SPDX-License-Identifier: Apache-2.0
 * Findings in words.
 */
#include "ctl/findings.h"

#include <apr_strings.h>

#include "ctl/show.h"

/* "row 3", "rows 3 to 5", "entries 3 to 5". */
static const char *which(const npie_finding_t *f, const char *one,
                         apr_pool_t *p)
{
    const apr_size_t len = strlen(one);
    const int is_y = len > 0 && one[len - 1] == 'y';

    if (f->first == f->last) {
        return apr_psprintf(p, "%s %" APR_INT64_T_FMT, one, f->first);
    }
    return apr_psprintf(p, "%s%s %" APR_INT64_T_FMT " to %" APR_INT64_T_FMT,
                        is_y ? apr_pstrmemdup(p, one, len - 1) : one,
                        is_y ? "ies" : "s", f->first, f->last);
}

static const char *describe(const npie_finding_t *f,
                            const npie_ctl_chained_t *of, apr_pool_t *p)
{
    const char *those = which(f, of->one, p);

    switch (f->fault) {
    case NPIE_FAULT_MOVED:
        return f->was == f->first
            ? apr_pstrcat(p, those, ": not in its place", NULL)
            : apr_psprintf(p, "%s: what was written as %s %" APR_INT64_T_FMT,
                           those, of->one, f->was);
    case NPIE_FAULT_CUT:
        return apr_pstrcat(p, those, ": cut off the end", NULL);
    case NPIE_FAULT_FOREIGN:
        return apr_pstrcat(p, those, ": beyond the end", NULL);
    case NPIE_FAULT_UNVOUCHED:
        return apr_pstrcat(p, those, ": signed by a key that the authority "
                           "does not vouch for", NULL);
    case NPIE_FAULT_REWRITTEN:
        return apr_pstrcat(p, those, ": ", of->rewritten, NULL);
    case NPIE_FAULT_TWICE:
        return apr_psprintf(p, "%s: it has what %s %" APR_INT64_T_FMT " has, "
                            "and there may be one alone", those, of->one,
                            f->was);
    case NPIE_FAULT_UNMARKED:
        return apr_pstrcat(p, those, ": the database lacks or changed the "
                           "marks that keep a second one like it out", NULL);
    default:
        return apr_pstrcat(p, those, ": ", npie_fault_name(f->fault), NULL);
    }
}

json_t *npie_ctl_findings_json(npie_ctl_t *ctl,
                               const npie_findings_t *findings,
                               const npie_ctl_chained_t *of)
{
    json_t *list = json_array();

    for (int i = 0; i < findings->list->nelts; i++) {
        const npie_finding_t *f = &APR_ARRAY_IDX(findings->list, i,
                                                 npie_finding_t);

        json_array_append_new(list, json_pack(
            "{s: s, s: I, s: I, s: s}", "fault", npie_fault_name(f->fault),
            "first", (json_int_t)f->first, "last", (json_int_t)f->last,
            "text", describe(f, of, ctl->p)));
    }
    return list;
}

void npie_ctl_findings_say(npie_ctl_t *ctl, const npie_findings_t *findings,
                           const npie_ctl_chained_t *of)
{
    for (int i = 0; i < findings->list->nelts; i++) {
        npie_ctl_say(ctl, "Found: %s", describe(&APR_ARRAY_IDX(
            findings->list, i, npie_finding_t), of, ctl->p));
    }
    if (findings->more) {
        npie_ctl_say(ctl, "Found: more than these");
    }
}
