/* SPDX-License-Identifier: Apache-2.0
 * npiectl ledger verify: whether every entry is what was written.
 */
#include <string.h>

#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/findings.h"
#include "ctl/ledger_book.h"
#include "ctl/show.h"
#include "ledger/walk.h"
#include "signer/anchor.h"

const npie_ctl_option_t npie_ctl_ledger_verify_options[] = {
    { "ca", "FILE", "CA certificates, PEM, default: those of npie-signer.conf" },
    { "anchor", "FILE", "ledger.anchor of a signer, default: this machine's" },
    { NULL, NULL, NULL }
};

/* What this machine's signer, or another, has seen. */
static apr_status_t read_seen(npie_ledger_seen_t *seen, npie_ctl_t *ctl,
                              const npie_ctl_book_t *book, npie_err_t *err)
{
    const char *path = npie_ctl_option(ctl, "anchor");
    const int given = path != NULL;
    npie_anchor_t anchor;
    apr_status_t rv;

    memset(seen, 0, sizeof(*seen));
    if (!given && book->config == NULL) {
        return APR_SUCCESS;
    }
    if (!given) {
        path = apr_pstrcat(ctl->p, book->config->state, "/ledger.anchor",
                           NULL);
    }
    rv = npie_anchor_open(&anchor, path, 1, err, ctl->p);
    if (rv == APR_SUCCESS && given && anchor.number == 0) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: there is no "
                          "note of an entry", path);
    }
    if (rv != APR_SUCCESS || anchor.number == 0) {
        if (!given) {
            npie_ctl_warn("%s: entries cut off the end do not show",
                          rv != APR_SUCCESS ? err->detail : path);
        }
        return given ? rv : APR_SUCCESS;
    }
    seen->number = anchor.number;
    memcpy(seen->digest, anchor.digest, sizeof(seen->digest));
    return APR_SUCCESS;
}

static const npie_ctl_chained_t entries = {
    "entry", "not the one that was seen, or it stands behind another one"
};

static void show_report(npie_ctl_t *ctl, const npie_ledger_report_t *report,
                        const npie_ledger_seen_t *seen)
{
    static const npie_ctl_column_t columns[] = {
        { "entries", "Entries" }, { "last", "Last" }, { "signers", "Signers" },
        { "seen", "Seen by npie-signer" }, { "good", "Good" }, { NULL, NULL }
    };

    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: I, s: i, s: o, s: b, s: o}", "entries",
        (json_int_t)report->entries, "last", (json_int_t)report->last,
        "signers", report->signers, "seen", seen->number == 0 ? json_null()
        : json_integer((json_int_t)seen->number), "good",
        report->findings.list->nelts == 0, "findings",
        npie_ctl_findings_json(ctl, &report->findings, &entries)), columns);
    npie_ctl_findings_say(ctl, &report->findings, &entries);
}

apr_status_t npie_ctl_ledger_verify(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *file = npie_ctl_operand(ctl, 0);
    npie_ctl_book_t book = { .ask = NULL };
    npie_ledger_walk_t walk = { .copy = NULL };
    npie_ledger_report_t report;
    npie_ledger_copy_t copy;
    apr_status_t rv = npie_ctl_book_read(&book, ctl, file == NULL, err);

    if (rv == APR_SUCCESS) {
        rv = read_seen(&walk.seen, ctl, &book, err);
    }
    if (rv == APR_SUCCESS && file != NULL) {
        rv = npie_ledger_copy_open(&copy, file, err, ctl->p);
        walk.copy = &copy;
    }
    if (rv == APR_SUCCESS) {
        rv = file == NULL ? npie_ctl_book_open(&book, ctl, 1, err)
                          : npie_ctl_become(ctl, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    walk.ask = book.ask;
    walk.chain = book.chain;
    rv = npie_ledger_walk(&report, &walk, err, ctl->p);
    if (rv == APR_SUCCESS) {
        show_report(ctl, &report, &walk.seen);
        rv = report.findings.list->nelts == 0 ? APR_SUCCESS
            : npie_ctl_book_damaged(err);
    }
    return rv;
}
