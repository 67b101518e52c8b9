/* SPDX-License-Identifier: Apache-2.0
 * npiectl audit: its rows, and whether all of them are what was written.
 */
#include <stdlib.h>
#include <errno.h>
#include <string.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/audit.h"

const npie_ctl_option_t npie_ctl_audit_show_options[] = {
    { "after", "NUMBER", "begins with the row after this one" },
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_audit_verify_options[] = {
    { NULL, NULL, NULL }
};

static json_t *row_json(npie_ctl_t *ctl, const npie_audit_row_t *row)
{
    return json_pack("{s: I, s: o, s: s, s: s, s: s, s: s}", "sequence",
                     (json_int_t)row->sequence, "at",
                     npie_ctl_json_time(ctl, row->at), "actor", row->actor,
                     "event", row->event, "detail", row->detail, "hash",
                     row->hash);
}

apr_status_t npie_ctl_audit_show(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "sequence", "Row" }, { "at", "Time" }, { "actor", "Who" },
        { "event", "What" }, { "detail", "Detail" }, { "hash", "" },
        { NULL, NULL }
    };
    const char *text = npie_ctl_option(ctl, "after");
    apr_array_header_t *rows;
    npie_registry_t *registry;
    json_t *list;
    char *end = NULL;
    apr_int64_t after;
    apr_status_t rv;

    errno = 0;
    after = text != NULL ? apr_strtoi64(text, &end, 10) : 0;
    if (text != NULL && (*text == '\0' || *end != '\0' || after < 0 || errno != 0)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "--after=%s: give a row's number", text);
    }
    rv = npie_ctl_registry(&registry, ctl, err);
    if (rv == APR_SUCCESS) {
        rv = npie_audit_list(&rows, registry, after, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    list = json_array();
    for (int i = 0; i < rows->nelts; i++) {
        json_array_append_new(list, row_json(ctl, &APR_ARRAY_IDX(
            rows, i, npie_audit_row_t)));
    }
    npie_ctl_show_list(ctl, list, columns, "No rows.");
    return APR_SUCCESS;
}

/* The head that npie-signer keeps; sequence 0 when there is none to be had. */
static void ask_signer(npie_audit_head_t *kept, npie_ctl_t *ctl)
{
    npie_signer_head_t head = { 0, "" };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_t *signer;

    memset(kept, 0, sizeof(*kept));
    if (ctl->settings->signer == NULL) {
        npie_ctl_warn("no signer is named: rows cut off the end, or an audit "
                      "written anew, do not show");
        return;
    }
    if (npie_ctl_signer(&signer, ctl, &err) != APR_SUCCESS
        || npie_signer_audit(&head, signer, NULL, &err, ctl->p)
           != APR_SUCCESS) {
        npie_ctl_warn("%s: rows cut off the end, or an audit written anew, do "
                      "not show", err.detail);
        return;
    }
    kept->sequence = head.sequence;
    memcpy(kept->hash, head.hash, sizeof(kept->hash));
}

static const char *describe(npie_ctl_t *ctl, const npie_audit_finding_t *f)
{
    const char *rows = f->first == f->last
        ? apr_psprintf(ctl->p, "row %" APR_INT64_T_FMT, f->first)
        : apr_psprintf(ctl->p, "rows %" APR_INT64_T_FMT " to %"
                       APR_INT64_T_FMT, f->first, f->last);

    switch (f->fault) {
    case NPIE_AUDIT_MOVED:
        return apr_psprintf(ctl->p, "%s: what was written as row %"
                            APR_INT64_T_FMT, rows, f->was);
    case NPIE_AUDIT_CUT:
        return apr_pstrcat(ctl->p, rows, ": cut off the end", NULL);
    case NPIE_AUDIT_FOREIGN:
        return apr_pstrcat(ctl->p, rows, ": beyond the end", NULL);
    case NPIE_AUDIT_REWRITTEN:
        return apr_pstrcat(ctl->p, rows, ": another one than npie-signer was "
                           "given; it or rows before it were written anew",
                           NULL);
    default:
        return apr_pstrcat(ctl->p, rows, ": ", npie_audit_fault_name(f->fault),
                           NULL);
    }
}

static void show_report(npie_ctl_t *ctl, const npie_audit_report_t *report,
                        const npie_audit_head_t *kept)
{
    static const npie_ctl_column_t columns[] = {
        { "rows", "Rows" }, { "unchained", "Before the chain" },
        { "kept", "Kept by npie-signer" }, { "good", "Good" }, { NULL, NULL }
    };
    json_t *list = json_array();
    const int n = report->findings->nelts;

    for (int i = 0; i < n; i++) {
        const npie_audit_finding_t *f = &APR_ARRAY_IDX(report->findings, i,
                                                       npie_audit_finding_t);

        json_array_append_new(list, json_pack(
            "{s: s, s: I, s: I, s: s}", "fault",
            npie_audit_fault_name(f->fault), "first", (json_int_t)f->first,
            "last", (json_int_t)f->last, "text", describe(ctl, f)));
    }
    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: I, s: o, s: b, s: o}", "rows", (json_int_t)report->checked,
        "unchained", (json_int_t)report->head.since, "kept",
        kept->sequence > 0 ? json_integer(kept->sequence) : json_null(),
        "good", n == 0, "findings", list), columns);
    for (int i = 0; i < n; i++) {
        npie_ctl_say(ctl, "Found: %s", describe(ctl, &APR_ARRAY_IDX(
            report->findings, i, npie_audit_finding_t)));
    }
}

apr_status_t npie_ctl_audit_verify(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_audit_report_t report;
    npie_registry_t *registry;
    npie_audit_head_t kept;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask_signer(&kept, ctl);
    rv = npie_audit_verify(&report, registry, &kept, err, ctl->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show_report(ctl, &report, &kept);
    return report.findings->nelts == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                       "the audit is not what was written: keep a copy of the "
                       "registry and of npie-signer's logs, and compare with "
                       "the backups");
}
