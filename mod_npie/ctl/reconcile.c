/* SPDX-License-Identifier: Apache-2.0
 * npiectl registry reconcile: a restored registry and the ledger of today.
 */
#include "ctl/reconcile.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/show.h"
#include "store/audit.h"

/* Letters are drawn that the ledger never sees: those that nobody signed. */
#define FOLIOS_PAST 1000

const npie_ctl_option_t npie_ctl_registry_reconcile_options[] = {
    { "dry-run", NULL, "report what would happen and change nothing" },
    { "unfinished", "ACTION", "certificates without a sealed letter 2: accept "
      "or revoke" },
    { NULL, NULL, NULL }
};

/* A run of the command. */
typedef struct work_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    npie_ctl_lacking_t lacking;
    npie_reconcile_t reconcile;
    json_t *list;
    apr_hash_t *told;       /* what stands in it, by serial and outcome */
    int counts[NPIE_REGAINED_COUNT];
    apr_int64_t folio_before;
    apr_int64_t folio;
    npie_err_t *err;
} work_t;

static apr_status_t read_options(work_t *work)
{
    const char *action = npie_ctl_option(work->ctl, "unfinished");

    work->reconcile.dry_run = npie_ctl_option(work->ctl, "dry-run") != NULL;
    if (action == NULL) {
        work->reconcile.unfinished = NPIE_UNFINISHED_ASK;
    }
    else if (strcmp(action, "accept") == 0) {
        work->reconcile.unfinished = NPIE_UNFINISHED_ACCEPT;
    }
    else if (strcmp(action, "revoke") == 0) {
        work->reconcile.unfinished = NPIE_UNFINISHED_REVOKE;
    }
    else {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE,
                            "--unfinished: it is accept or revoke");
    }
    return APR_SUCCESS;
}

static const char *words_of(npie_regained_t regained)
{
    static const char *const words[NPIE_REGAINED_COUNT] = {
        "", "its renewal waits for the employer's next step, which takes it in",
        "taken in, in use; its letters are lost",
        "taken in, ended; its letters are lost",
        "taken in, revoked: the employer renews again",
        ("left out: the ledger does not show that letter 2 was signed; ask "
         "the employer, then give --unfinished=accept or --unfinished=revoke"),
        "left out: no such employer; import him, then run this again",
        "its renewal is completed; the signature of letter 2 is lost",
        "ended, as the ledger says"
    };

    return words[regained];
}

static void tell(work_t *work, const npie_regaining_t *done)
{
    const npie_employer_t *e = done->employer;
    const char *serial = npie_cert_serial_text(done->serial, work->ctl->p);
    const char *key = apr_pstrcat(work->ctl->p, done->serial, " ",
                                  npie_regained_name(done->regained), NULL);

    /* In a dry run the ledger's seal of letter 2 and its revocation of the
     * certificate before both find the same renewal. */
    if (done->regained == NPIE_REGAINED_KNOWN
        || apr_hash_get(work->told, key, APR_HASH_KEY_STRING) != NULL) {
        return;
    }
    apr_hash_set(work->told, key, APR_HASH_KEY_STRING, key);
    work->counts[done->regained]++;
    json_array_append_new(work->list, json_pack(
        "{s: s, s: s, s: s, s: s}", "serial", serial, "rp",
        e == NULL ? "" : e->rp, "name", e == NULL ? "" : e->name, "outcome",
        npie_regained_name(done->regained)));
    npie_ctl_say(work->ctl, "%s  %s  %s: %s", serial, e == NULL ? "-" : e->rp,
                 e == NULL ? "-" : e->name, words_of(done->regained));
}

/* First what ended, so that what comes in stands behind it. */
static apr_status_t take_all(work_t *work)
{
    const npie_ctl_lacking_t *l = &work->lacking;
    npie_regaining_t done;
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < l->ended->nelts; i++) {
        rv = npie_reconcile_revoke(&done, &work->reconcile, &APR_ARRAY_IDX(
            l->ended, i, npie_forgotten_end_t), work->err);
        if (rv == APR_SUCCESS) {
            tell(work, &done);
        }
    }
    for (int i = 0; rv == APR_SUCCESS && i < l->finished->nelts; i++) {
        const npie_ctl_finished_t *f = &APR_ARRAY_IDX(l->finished, i,
                                                      npie_ctl_finished_t);

        rv = npie_reconcile_finish(&done, &work->reconcile, f->certificate,
                                   f->when, work->err);
        if (rv == APR_SUCCESS) {
            tell(work, &done);
        }
    }
    for (int i = 0; rv == APR_SUCCESS && i < l->issued->nelts; i++) {
        rv = npie_reconcile_issue(&done, &work->reconcile, APR_ARRAY_IDX(
            l->issued, i, npie_forgotten_t *), work->err);
        if (rv == APR_SUCCESS) {
            tell(work, &done);
        }
    }
    return rv;
}

/* In the transaction. */
static apr_status_t write_folio(void *baton, npie_err_t *err)
{
    const work_t *work = baton;
    apr_status_t rv = npie_folio_raise(work->registry, work->folio, err);

    return rv != APR_SUCCESS ? rv
        : npie_audit(work->registry, work->ctl->now, work->ctl->actor,
                     "reconcile-folio", apr_psprintf(
                         work->ctl->p, "from %" APR_INT64_T_FMT " to %"
                         APR_INT64_T_FMT, work->folio_before, work->folio),
                     err);
}

/* A folio of the ledger is one that was drawn here first: a lower counter is
 * an older one. So is a counter with an older audit. */
static apr_status_t raise_folio(work_t *work, const npie_audit_head_t *head)
{
    const npie_ctl_lacking_t *l = &work->lacking;
    apr_status_t rv = npie_folio_last(&work->folio_before, work->registry,
                                      work->err);

    work->folio = work->folio_before;
    if (rv != APR_SUCCESS
        || (l->folio <= work->folio_before && l->head <= head->sequence)
        || l->folio + FOLIOS_PAST <= work->folio_before) {
        return rv;
    }
    work->folio = l->folio + FOLIOS_PAST;
    if (work->reconcile.dry_run) {
        return APR_SUCCESS;
    }
    rv = npie_registry_write(work->registry, 0, write_folio, work, work->err);
    return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
}

static void show(work_t *work, const npie_audit_head_t *head)
{
    static const npie_ctl_column_t columns[] = {
        { "entries", "Entries of the ledger" }, { "active", "Taken in, in use" },
        { "ended", "Taken in, ended" }, { "unused", "Taken in, revoked" },
        { "completed", "Renewals completed" }, { "revoked", "Revoked" },
        { "waiting", "Waiting" }, { "undecided", "Undecided" },
        { "nobody", "Without employer" }, { "folio", "Next folio above" },
        { "changed", "Changed" }, { NULL, NULL }
    };
    json_t *record = json_pack(
        "{s: I, s: I, s: I, s: b, s: b, s: o}", "entries",
        (json_int_t)work->lacking.entries, "folio_before",
        (json_int_t)work->folio_before, "folio", (json_int_t)work->folio,
        "changed", !work->reconcile.dry_run, "restored",
        work->lacking.head > head->sequence, "certificates", work->list);

    for (int i = NPIE_REGAINED_WAITING; i < NPIE_REGAINED_COUNT; i++) {
        json_object_set_new(record, npie_regained_name((npie_regained_t)i),
                            json_integer(work->counts[i]));
    }
    npie_ctl_show_record(work->ctl, record, columns);
    if (work->lacking.head > head->sequence) {
        npie_ctl_say(work->ctl, "The audit ends at row %" APR_INT64_T_FMT
                     ", and npie-signer knows row %" APR_INT64_T_FMT ": see "
                     "npiectl audit reseal.", head->sequence,
                     work->lacking.head);
    }
}

/* Root's files first: see npie_ctl_book_open(). */
static apr_status_t open_all(work_t *work, npie_ctl_book_t *book,
                             npie_trust_t **ptrust)
{
    npie_ctl_t *ctl = work->ctl;
    apr_status_t rv = npie_ctl_book_read(book, ctl, 1, work->err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_trust(ptrust, ctl, work->err);
    }
    if (rv == APR_SUCCESS && *ptrust == NULL) {
        rv = npie_err_set(work->err, NPIE_ECONFIG, NPIE_P_NONE, "name the "
                          "authorities by Trust in npiectl.conf");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_book_open(book, ctl, 1, work->err);
    }
    return rv == APR_SUCCESS
        ? npie_ctl_registry(&work->registry, ctl, work->err) : rv;
}

apr_status_t npie_ctl_registry_reconcile(npie_ctl_t *ctl, npie_err_t *err)
{
    const npie_policy_t policy = {
        .renew_after = -1, .renewal_timeout = ctl->settings->renewal_timeout,
    };
    npie_flow_t flow = { .policy = &policy, .now = ctl->now, .p = ctl->p };
    work_t work = { .ctl = ctl, .err = err,
                    .reconcile = { .flow = &flow, .actor = ctl->actor } };
    npie_trust_t *trust = NULL;
    npie_ctl_book_t book = { .ask = NULL };
    npie_audit_head_t head;
    apr_status_t rv = read_options(&work);

    if (rv == APR_SUCCESS) {
        rv = open_all(&work, &book, &trust);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_lacking_read(&work.lacking, ctl, &book, trust,
                                   work.registry, err);
    }
    /* After the ledger: of a registry in use both grow. */
    if (rv == APR_SUCCESS) {
        rv = npie_audit_head(&head, work.registry, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    flow.registry = work.registry;
    work.list = json_array();
    work.told = apr_hash_make(ctl->p);
    rv = raise_folio(&work, &head);
    if (rv == APR_SUCCESS) {
        rv = take_all(&work);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show(&work, &head);
    return work.reconcile.dry_run || work.counts[NPIE_REGAINED_UNDECIDED]
            + work.counts[NPIE_REGAINED_NOBODY] == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EPOLICY, NPIE_P_NONE, "%d certificates of the "
                       "ledger were left out: see above",
                       work.counts[NPIE_REGAINED_UNDECIDED]
                       + work.counts[NPIE_REGAINED_NOBODY]);
}
