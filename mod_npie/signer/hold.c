/* SPDX-License-Identifier: Apache-2.0
 * Entries of kind hold.
 */
#include "signer/hold.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "signer/say.h"

#define ALL "all"

static npie_reason_t reason_of(const npie_entry_t *entry)
{
    npie_reason_t reason = NPIE_REASON_UNSPECIFIED;

    npie_reason_any_find(&reason, entry->field[NPIE_REVOKE_REASON]);
    return reason;
}

static void take(npie_hold_t *hold, const npie_entry_t *entry)
{
    hold->entry = entry;
    hold->reason = reason_of(entry);
    hold->revoked = hold->reason != NPIE_REASON_REMOVE;
    hold->turn = entry->kind == NPIE_ENTRY_HOLD
        ? npie_entry_number(entry, NPIE_HOLD_TURN) + 1 : 0;
}

apr_status_t npie_hold_find(npie_hold_t *hold, npie_ledger_t *ledger,
                            const char *issuer, const char *serial,
                            npie_err_t *err, apr_pool_t *p)
{
    const npie_ledger_range_t range = {
        .prefix = apr_pstrcat(p, "hold:", issuer, ":", serial, ":", NULL),
        .after = "", .last_first = 1, .most = 1
    };
    const npie_entry_t *entry;
    apr_array_header_t *list;
    apr_status_t rv = npie_ledger_look(&entry, ledger, npie_mark_revoked(
        issuer, serial, p), err, p);

    memset(hold, 0, sizeof(*hold));
    if (rv != APR_SUCCESS || entry == NULL) {
        return rv;
    }
    take(hold, entry);
    if (entry->kind != NPIE_ENTRY_HOLD) {
        return APR_SUCCESS;
    }
    rv = npie_ledger_look_at(&list, NULL, ledger, &range, err, p);
    if (rv == APR_SUCCESS && list->nelts > 0) {
        take(hold, APR_ARRAY_IDX(list, 0, const npie_entry_t *));
    }
    return rv;
}

apr_status_t npie_hold_add(npie_ledger_t *ledger,
                           const npie_hold_change_t *change, npie_err_t *err,
                           apr_pool_t *p)
{
    return npie_ledger_add(
        ledger, NPIE_ENTRY_HOLD, apr_time_now(),
        apr_psprintf(p, "%s %s %s %s %s %s %" APR_UINT64_T_FMT " %s",
                     change->issuer, change->serial,
                     npie_reason_any_name((int)change->reason),
                     npie_text_time(change->revoked, p),
                     change->invalid_since == 0 ? "-"
                     : npie_text_time(change->invalid_since, p),
                     npie_text_time(change->not_after, p), change->turn,
                     npie_reason_any_name((int)change->asked)), err, p);
}

/* A hold being ended. */
typedef struct ending_t {
    const npie_entry_t *of; /* its last entry when it was looked for */
    int confirm;
    const npie_entry_t *is; /* what the ledger says of it now */
} ending_t;

/* The reason for which it ends. */
static npie_reason_t end_reason(const npie_entry_t *entry, int confirm)
{
    npie_reason_t asked = NPIE_REASON_UNSPECIFIED;

    npie_reason_any_find(&asked, entry->field[NPIE_HOLD_ASKED]);
    return confirm ? asked : NPIE_REASON_REMOVE;
}

static apr_status_t end(void *baton, npie_ledger_t *ledger, npie_err_t *err,
                        apr_pool_t *p)
{
    ending_t *ending = baton;
    const char *const *field = ending->of->field;
    npie_hold_change_t change = {
        .issuer = field[NPIE_REVOKE_ISSUER],
        .serial = field[NPIE_REVOKE_SERIAL]
    };
    npie_hold_t hold;
    apr_status_t rv = npie_hold_find(&hold, ledger, change.issuer,
                                     change.serial, err, p);

    ending->is = hold.entry;
    if (rv != APR_SUCCESS || hold.reason != NPIE_REASON_HOLD) {
        return rv;
    }
    change.reason = end_reason(hold.entry, ending->confirm);
    change.asked = end_reason(hold.entry, 1);
    /* A date once told stays, also when the hold becomes final. */
    change.revoked = npie_entry_time(hold.entry, NPIE_REVOKE_TIME);
    change.invalid_since = npie_entry_time(hold.entry, NPIE_REVOKE_SINCE);
    change.not_after = npie_entry_time(hold.entry, NPIE_REVOKE_NOT_AFTER);
    change.turn = hold.turn;
    rv = npie_hold_add(ledger, &change, err, p);
    if (rv == APR_SUCCESS) {
        npie_signer_say("warn", "the hold of %s is %s by hand", change.serial,
                        ending->confirm ? "confirmed" : "lifted");
    }
    return rv;
}

static int is_meant(const npie_entry_t *entry, const char *which,
                    apr_pool_t *p)
{
    const char *const *field = entry->field;

    return strcmp(which, ALL) == 0
        || strcmp(which, field[NPIE_REVOKE_SERIAL]) == 0
        || strcmp(which, apr_pstrcat(p, field[NPIE_REVOKE_ISSUER], ":",
                                     field[NPIE_REVOKE_SERIAL], NULL)) == 0;
}

static int is_same(const npie_entry_t *a, const npie_entry_t *b)
{
    return strcmp(a->field[NPIE_REVOKE_ISSUER],
                  b->field[NPIE_REVOKE_ISSUER]) == 0
        && strcmp(a->field[NPIE_REVOKE_SERIAL],
                  b->field[NPIE_REVOKE_SERIAL]) == 0;
}

/* The last entry of each certificate meant: marks of one stand together, the
 * last turn last. */
static apr_status_t list_meant(apr_array_header_t *meant,
                               npie_ledger_t *ledger, const char *which,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_ledger_range_t range = { .prefix = "hold:", .after = "",
                                  .most = NPIE_LEDGER_READ_MAX };
    apr_array_header_t *list;
    apr_status_t rv;

    do {
        rv = npie_ledger_look_at(&list, &range.after, ledger, &range, err, p);
        for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
            const npie_entry_t *entry = APR_ARRAY_IDX(list, i,
                                                      const npie_entry_t *);
            const npie_entry_t **last = meant->nelts == 0 ? NULL
                : &APR_ARRAY_IDX(meant, meant->nelts - 1,
                                 const npie_entry_t *);

            if (last != NULL && is_same(*last, entry)) {
                *last = entry;
            }
            else if (is_meant(entry, which, p)) {
                APR_ARRAY_PUSH(meant, const npie_entry_t *) = entry;
            }
        }
    } while (rv == APR_SUCCESS && list->nelts > 0);
    return rv;
}

static apr_status_t find_meant(apr_array_header_t **pmeant,
                               npie_ledger_t *ledger, const char *which,
                               npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *meant = apr_array_make(p, 8, sizeof(npie_entry_t *));
    apr_status_t rv = npie_ledger_sync(ledger, err, p);

    *pmeant = meant;
    if (rv == APR_SUCCESS) {
        rv = list_meant(meant, ledger, which, err, p);
    }
    if (rv != APR_SUCCESS || strcmp(which, ALL) == 0 || meant->nelts == 1) {
        return rv;
    }
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, meant->nelts == 0
                        ? "%s is not on hold" : "%s is on hold of several "
                        "authorities: give AUTHORITY:SERIAL, as npiectl "
                        "ledger show --kind hold -j tells them", which);
}

apr_status_t npie_hold_end(npie_ledger_t *ledger, const char *which,
                           int confirm, npie_hold_ended_fn *ended, void *baton,
                           npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *meant;
    apr_pool_t *ptemp;
    apr_status_t rv = find_meant(&meant, ledger, which, err, p);

    apr_pool_create(&ptemp, p);
    for (int i = 0; rv == APR_SUCCESS && i < meant->nelts; i++) {
        ending_t ending = { APR_ARRAY_IDX(meant, i, const npie_entry_t *),
                            confirm, NULL };
        const npie_reason_t reason = reason_of(ending.of);

        apr_pool_clear(ptemp);
        if (strcmp(which, ALL) == 0 && reason != NPIE_REASON_HOLD) {
            continue;
        }
        rv = npie_ledger_decide(ledger, end, &ending, err, ptemp);
        if (rv == APR_SUCCESS && reason != NPIE_REASON_HOLD
            && (reason == NPIE_REASON_REMOVE) == confirm) {
            rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "the hold of %s "
                              "is %s already", which,
                              confirm ? "lifted" : "confirmed");
        }
        if (rv == APR_SUCCESS) {
            ended(baton, ending.of);
        }
    }
    apr_pool_destroy(ptemp);
    return rv;
}
