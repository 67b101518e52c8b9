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
    { "after", "NUMBER", "start with the row after this one" },
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_audit_verify_options[] = {
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_audit_reseal_options[] = {
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

/* The heads that npie-signer keeps, read some at a time. */
typedef struct kept_t {
    npie_ctl_t *ctl;
    npie_signer_t *signer; /* NULL: there are none to be had */
    npie_signer_head_t last; /* when this began; sequence 0: none */
    npie_signer_heads_t heads;
    int at; /* in heads.list */
} kept_t;

/* The last one first: what is handed over later belongs to rows that are not
 * looked at. */
static void ask_signer(kept_t *kept)
{
    npie_ctl_t *ctl = kept->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (ctl->settings->signer == NULL) {
        npie_ctl_warn("no signer is named: rows cut off the end, or an audit "
                      "written anew, do not show");
        return;
    }
    if (npie_ctl_signer(&kept->signer, ctl, &err) != APR_SUCCESS
        || npie_signer_audit(&kept->last, kept->signer, NULL, &err, ctl->p)
           != APR_SUCCESS
        || npie_signer_heads(&kept->heads, kept->signer, 0, &err, ctl->p)
           != APR_SUCCESS) {
        npie_ctl_warn("%s: rows cut off the end, or an audit written anew, do "
                      "not show", err.detail);
        memset(&kept->heads, 0, sizeof(kept->heads));
        kept->last.sequence = 0;
        kept->signer = NULL;
    }
}

static apr_status_t next_head(npie_audit_head_t *head, void *baton,
                              npie_err_t *err)
{
    kept_t *kept = baton;
    const npie_signer_head_t *next;
    apr_status_t rv = APR_SUCCESS;

    head->sequence = 0;
    if (kept->at == kept->heads.list->nelts && kept->heads.next != 0) {
        kept->at = 0;
        rv = npie_signer_heads(&kept->heads, kept->signer, kept->heads.next,
                               err, kept->ctl->p);
    }
    if (rv != APR_SUCCESS || kept->at == kept->heads.list->nelts) {
        return rv;
    }
    next = &APR_ARRAY_IDX(kept->heads.list, kept->at++, npie_signer_head_t);
    if (next->sequence <= kept->last.sequence) {
        head->sequence = next->sequence;
        memcpy(head->hash, next->hash, sizeof(head->hash));
    }
    return APR_SUCCESS;
}

static apr_status_t verify(npie_audit_report_t *report, kept_t *kept,
                           npie_registry_t *registry, npie_err_t *err)
{
    ask_signer(kept);
    return npie_audit_verify(report, registry,
                             kept->signer != NULL ? next_head : NULL, kept,
                             err, kept->ctl->p);
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
        return apr_pstrcat(ctl->p, rows, ": not what npie-signer was given; "
                           "it or rows before were written anew", NULL);
    default:
        return apr_pstrcat(ctl->p, rows, ": ", npie_audit_fault_name(f->fault),
                           NULL);
    }
}

static void show_report(npie_ctl_t *ctl, const npie_audit_report_t *report,
                        const kept_t *kept)
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
        "{s: I, s: I, s: o, s: I, s: b, s: o}", "rows",
        (json_int_t)report->checked, "unchained",
        (json_int_t)report->head.since, "kept",
        kept->last.sequence > 0 ? json_integer(kept->last.sequence)
                                : json_null(),
        "resealed", (json_int_t)kept->heads.resealed,
        "good", n == 0, "findings", list), columns);
    if (kept->heads.resealed > 0) {
        npie_ctl_say(ctl, "npie-signer's head was set by hand %"
                     APR_INT64_T_FMT " times, the last time at %s: what it "
                     "was given before counts no more.", kept->heads.resealed,
                     kept->heads.resealed_at);
    }
    for (int i = 0; i < n; i++) {
        npie_ctl_say(ctl, "Found: %s", describe(ctl, &APR_ARRAY_IDX(
            report->findings, i, npie_audit_finding_t)));
    }
}

apr_status_t npie_ctl_audit_verify(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_audit_report_t report;
    npie_registry_t *registry;
    kept_t kept = { .ctl = ctl };
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = verify(&report, &kept, registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show_report(ctl, &report, &kept);
    return report.findings->nelts == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE,
                       "the audit is not what was written: copy the registry "
                       "and npie-signer's logs, and compare them with the "
                       "backups");
}

/* Only a head that the registry does not bear out is to be given up. */
static int is_borne_out(const npie_audit_report_t *report)
{
    for (int i = 0; i < report->findings->nelts; i++) {
        const npie_audit_finding_t *f = &APR_ARRAY_IDX(report->findings, i,
                                                       npie_audit_finding_t);

        if (f->fault == NPIE_AUDIT_CUT || f->fault == NPIE_AUDIT_REWRITTEN) {
            return 0;
        }
    }
    return 1;
}

/* The row that tells of it, and a head that covers it: rows are chained when
 * their transaction ends. */
static apr_status_t write_reseal(npie_audit_head_t *head, npie_ctl_t *ctl,
                                 const kept_t *kept,
                                 const npie_audit_report_t *report,
                                 npie_err_t *err)
{
    npie_registry_t *registry;
    apr_status_t rv = npie_ctl_begin(&registry, ctl, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_audit(registry, ctl->now, ctl->actor, "audit-reseal",
                    apr_psprintf(ctl->p, "npie-signer's head, row %"
                                 APR_INT64_T_FMT ", %s, is given up; %d "
                                 "findings", kept->last.sequence,
                                 kept->last.hash, report->findings->nelts),
                    err);
    rv = npie_ctl_end(registry, rv == APR_SUCCESS, rv, err);
    return rv == APR_SUCCESS ? npie_audit_head(head, registry, err) : rv;
}

static void show_reseal(npie_ctl_t *ctl, const npie_audit_head_t *head)
{
    static const npie_ctl_column_t columns[] = {
        { "row", "Row" }, { "hash", "Hash" }, { NULL, NULL }
    };
    const char *config = ctl->settings->signer_config;
    const char *command = apr_psprintf(
        ctl->p, "npie-signer -f %s -r %" APR_INT64_T_FMT ":%s",
        config != NULL ? config : "/etc/npie/npie-signer.conf",
        head->sequence, head->hash);

    npie_ctl_show_record(ctl, json_pack("{s: I, s: s, s: s}", "row",
                                        (json_int_t)head->sequence, "hash",
                                        head->hash, "command", command),
                         columns);
    npie_ctl_say(ctl, "Now stop httpd or whatever else keeps npie-signer "
                 "running, run this as root, and start it again:\n%s",
                 command);
}

apr_status_t npie_ctl_audit_reseal(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_audit_report_t report;
    npie_audit_head_t head;
    npie_registry_t *registry;
    kept_t kept = { .ctl = ctl };
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = verify(&report, &kept, registry, err);
    }
    if (rv == APR_SUCCESS && kept.signer == NULL) {
        rv = npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN,
                          "npie-signer must be running: it keeps the head");
    }
    if (rv == APR_SUCCESS && is_borne_out(&report)) {
        rv = npie_err_set(err, NPIE_EPOLICY, NPIE_P_NOT_NOW,
                          "npie-signer's head is one of this registry's: "
                          "there is nothing to give up");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_confirm(ctl, err, "Give up what npie-signer keeps of the "
                              "audit, up to row %" APR_INT64_T_FMT "?",
                              kept.last.sequence);
    }
    if (rv == APR_SUCCESS) {
        rv = write_reseal(&head, ctl, &kept, &report, err);
    }
    if (rv == APR_SUCCESS) {
        show_reseal(ctl, &head);
    }
    return rv;
}
