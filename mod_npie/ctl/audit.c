/* SPDX-License-Identifier: Apache-2.0
 * npiectl audit verify and reseal: are all rows what was written?
 */
#include <string.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/findings.h"
#include "ctl/show.h"
#include "store/audit.h"

const npie_ctl_option_t npie_ctl_audit_verify_options[] = {
    { NULL, NULL, NULL }
};
const npie_ctl_option_t npie_ctl_audit_reseal_options[] = {
    { NULL, NULL, NULL }
};

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

static const npie_ctl_chained_t rows_of_audit = {
    "row", "not what npie-signer was given; it or rows before were written "
    "anew"
};

static void show_report(npie_ctl_t *ctl, const npie_audit_report_t *report,
                        const kept_t *kept)
{
    static const npie_ctl_column_t columns[] = {
        { "rows", "Rows" }, { "unchained", "Before the chain" },
        { "kept", "Kept by npie-signer" }, { "good", "Good" }, { NULL, NULL }
    };
    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: I, s: o, s: I, s: b, s: o}", "rows",
        (json_int_t)report->checked, "unchained",
        (json_int_t)report->head.since, "kept",
        kept->last.sequence > 0 ? json_integer(kept->last.sequence)
                                : json_null(),
        "resealed", (json_int_t)kept->heads.resealed,
        "good", report->findings.list->nelts == 0, "findings",
        npie_ctl_findings_json(ctl, &report->findings, &rows_of_audit)),
        columns);
    if (kept->heads.resealed > 0) {
        npie_ctl_say(ctl, "npie-signer's head was set by hand %"
                     APR_INT64_T_FMT " times, the last time at %s: what it "
                     "was given before counts no more.", kept->heads.resealed,
                     kept->heads.resealed_at);
    }
    npie_ctl_findings_say(ctl, &report->findings, &rows_of_audit);
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
    return report.findings.list->nelts == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EDAMAGED, NPIE_P_NONE,
                       "the audit is not what was written: copy the registry "
                       "and npie-signer's logs, and compare them with the "
                       "backups");
}

/* Only a head that the registry does not bear out is to be given up. */
static int is_borne_out(const npie_audit_report_t *report)
{
    for (int i = 0; i < report->findings.list->nelts; i++) {
        const npie_finding_t *f = &APR_ARRAY_IDX(report->findings.list, i,
                                                 npie_finding_t);

        if (f->fault == NPIE_FAULT_CUT || f->fault == NPIE_FAULT_REWRITTEN) {
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
                                 kept->last.hash, report->findings.list->nelts),
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
