/* SPDX-License-Identifier: Apache-2.0
 * Following the ledger and appending to it.
 */
#include "signer/ledger.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "base/ticks.h"
#include "ledger/fetch.h"
#include "signer/anchor.h"
#include "signer/say.h"

#define READ_AT_ONCE NPIE_LEDGER_READ_MAX
/* How often others may be faster. */
#define TRIES 32
/* How long a ledger that is out of reach, or does not hold, is left alone. */
#define PAUSE apr_time_from_sec(1)

struct npie_ledger_t {
    apr_pool_t *p;
    npie_ledger_ask_t *ask;
    npie_ledger_begin_t begin;
    npie_chain_t *chain;
    npie_anchor_t anchor;
    npie_ledger_key_t *key; /* NULL: only read */
    npie_ledger_known_t *known;
    int opened;   /* the database was reached once */
    int begun;    /* read to its end once */
    apr_interval_time_t again; /* not before; 0: now */
    npie_err_t why;            /* what it was left alone for */
};

const npie_ledger_known_t *npie_ledger_known(const npie_ledger_t *ledger)
{
    return ledger->known;
}

apr_uint64_t npie_ledger_number(const npie_ledger_t *ledger)
{
    return npie_chain_number(ledger->chain);
}

int npie_ledger_gone(const npie_ledger_t *ledger)
{
    return ledger->ask->broken;
}

int npie_ledger_descriptor(const npie_ledger_t *ledger)
{
    return ledger->ask->fd;
}

/* Leaves it alone for a while, and says why, once. */
static apr_status_t leave(npie_ledger_t *ledger, const npie_err_t *why,
                          npie_err_t *err)
{
    if (strcmp(ledger->why.detail, why->detail) != 0) {
        npie_signer_say("error", "%s", why->detail);
    }
    ledger->why = *why;
    ledger->again = npie_ticks() + PAUSE;
    if (err != NULL) {
        *err = *why;
    }
    return why->status;
}

/* An entry that does not hold. */
static apr_status_t damaged(npie_ledger_t *ledger, apr_uint64_t number,
                            const char *fault, npie_err_t *err)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };

    npie_err_set(&why, NPIE_EDAMAGED, NPIE_P_SIGNER_DOWN, "the ledger's entry "
                 "%" APR_UINT64_T_FMT ": %s", number, fault);
    return leave(ledger, &why, err);
}

/* What a call to npie-ledger returned: who is away is left alone. */
static apr_status_t asked(npie_ledger_t *ledger, apr_status_t rv,
                          const npie_err_t *why, npie_err_t *err)
{
    return rv == APR_SUCCESS ? rv : leave(ledger, why, err);
}

/* Sees that the key of a line's signer is at hand, where there is one. */
static apr_status_t prepare(npie_ledger_t *ledger, const char *line,
                            npie_err_t *err, apr_pool_t *ptemp)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };

    return asked(ledger, npie_ledger_fetch_signer(
        ledger->chain, ledger->ask, line, &why, ptemp), &why, err);
}

static int has_mark(const npie_entry_t *entry, const char *name, apr_pool_t *p)
{
    const apr_array_header_t *marks = npie_entry_marks(entry, p);

    for (int i = 0; i < marks->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(marks, i, npie_ledger_mark_t).name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Believes a row by itself. */
static apr_status_t believe(const npie_entry_t **pentry, npie_ledger_t *ledger,
                            const npie_ledger_row_t *row, const char *mark,
                            npie_err_t *err, apr_pool_t *p)
{
    npie_entry_t *entry = NULL;
    const char *fault;
    apr_status_t rv = prepare(ledger, row->line, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    fault = npie_chain_believe(&entry, ledger->chain, row->line, p);
    if (fault == NULL && entry->number != row->number) {
        fault = "it says that it is another one";
    }
    if (fault == NULL && !has_mark(entry, mark, p)) {
        fault = apr_pstrcat(p, "it has not the mark ", mark, NULL);
    }
    *pentry = entry;
    return fault == NULL ? APR_SUCCESS
        : damaged(ledger, row->number, fault, err);
}

apr_status_t npie_ledger_look(const npie_entry_t **pentry,
                              npie_ledger_t *ledger, const char *mark,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_ledger_row_t row;
    apr_status_t rv = npie_ledger_find(&row, ledger->ask, mark, &why, p);

    *pentry = NULL;
    if (rv != APR_SUCCESS || row.number == 0) {
        return asked(ledger, rv, &why, err);
    }
    return believe(pentry, ledger, &row, mark, err, p);
}

apr_status_t npie_ledger_look_at(apr_array_header_t **plist,
                                 const char **plast, npie_ledger_t *ledger,
                                 const npie_ledger_range_t *range,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *rows;
    apr_status_t rv = npie_ledger_list(&rows, ledger->ask, range, &why, p);

    if (rv != APR_SUCCESS) {
        return asked(ledger, rv, &why, err);
    }
    *plist = apr_array_make(p, rows->nelts + 1, sizeof(npie_entry_t *));
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                      npie_ledger_row_t);
        const npie_entry_t *entry;

        rv = believe(&entry, ledger, row, row->mark, err, p);
        APR_ARRAY_PUSH(*plist, const npie_entry_t *) = entry;
        if (plast != NULL) {
            *plast = row->mark;
        }
    }
    return rv;
}

/* Takes what entries of a range say, page by page. */
static apr_status_t take_all(npie_ledger_t *ledger, npie_ledger_range_t range,
                             npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *list;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    do {
        const char *last = "";

        rv = npie_ledger_look_at(&list, &last, ledger, &range, err, ptemp);
        for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
            npie_known_take(ledger->known,
                            APR_ARRAY_IDX(list, i, const npie_entry_t *));
        }
        if (rv == APR_SUCCESS && list->nelts > 0) {
            range.after = apr_pstrdup(p, last);
        }
        apr_pool_clear(ptemp);
    } while (rv == APR_SUCCESS && range.most > 1 && *range.after != '\0'
             && list->nelts > 0);
    apr_pool_destroy(ptemp);
    return rv;
}

/* What was before the anchor, as far as it matters still. */
static apr_status_t recall(npie_ledger_t *ledger, npie_err_t *err,
                           apr_pool_t *p)
{
    npie_ledger_known_t *known = ledger->known;
    npie_ledger_range_t range = { .prefix = npie_known_crl_marks(known, p),
                                  .after = "", .last_first = 1, .most = 1 };
    apr_status_t rv = take_all(ledger, range, err, p);

    if (rv == APR_SUCCESS) {
        range.prefix = "reseal:";
        rv = take_all(ledger, range, err, p);
    }
    if (rv == APR_SUCCESS) {
        range.prefix = npie_known_head_marks(npie_known_kept(known)->epoch, p);
        rv = take_all(ledger, range, err, p);
    }
    range.last_first = 0;
    range.most = READ_AT_ONCE;
    if (rv == APR_SUCCESS) {
        range.prefix = "hold:";
        rv = take_all(ledger, range, err, p);
    }
    if (rv == APR_SUCCESS) {
        const npie_crl_made_t *crl = npie_known_crl(known);

        range.prefix = npie_known_revoked_marks(known, p);
        range.expires = crl->past_time;
        range.above = crl->past_number;
        rv = take_all(ledger, range, err, p);
    }
    return rv;
}

/* The first row is the last entry seen, if any: it must be there still. */
static apr_status_t take_rows(npie_ledger_t *ledger,
                              const apr_array_header_t *rows, npie_err_t *err,
                              apr_pool_t *p)
{
    const apr_uint64_t seen = npie_chain_number(ledger->chain);
    char digest[NPIE_SHA256_HEX_SIZE];
    int i = 0;

    if (seen > 0) {
        const npie_ledger_row_t *row = rows->nelts == 0 ? NULL
            : &APR_ARRAY_IDX(rows, 0, npie_ledger_row_t);

        if (row == NULL || row->number != seen) {
            return damaged(ledger, seen, "it was seen, and is not there any "
                           "more: this ledger is older, or another one", err);
        }
        if (npie_entry_digest(digest, row->line) != APR_SUCCESS
            || strcmp(digest, npie_chain_digest(ledger->chain)) != 0) {
            return damaged(ledger, seen, "it is not what was seen", err);
        }
        i = 1;
    }
    for (; i < rows->nelts; i++) {
        const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                      npie_ledger_row_t);
        npie_entry_t *entry;
        const char *fault;
        apr_status_t rv = prepare(ledger, row->line, err, p);

        if (rv != APR_SUCCESS) {
            return rv;
        }
        fault = npie_chain_follow(&entry, ledger->chain, row->line, p);
        if (fault != NULL) {
            return damaged(ledger, row->number, fault, err);
        }
        npie_known_take(ledger->known, entry);
    }
    return APR_SUCCESS;
}

/* Reads from the last entry seen to the end. */
static apr_status_t read_on(npie_ledger_t *ledger, npie_err_t *err,
                            apr_pool_t *p)
{
    const apr_uint64_t before = npie_chain_number(ledger->chain);
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *rows;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    do {
        const apr_uint64_t seen = npie_chain_number(ledger->chain);

        apr_pool_clear(ptemp);
        rv = npie_ledger_read(&rows, ledger->ask, seen > 0 ? seen : 1,
                              READ_AT_ONCE, &why, ptemp);
        if (rv == APR_SUCCESS) {
            rv = take_rows(ledger, rows, err, ptemp);
        }
        else {
            rv = asked(ledger, rv, &why, err);
        }
    } while (rv == APR_SUCCESS && rows->nelts > 1);
    apr_pool_destroy(ptemp);
    if (npie_chain_number(ledger->chain) != before) {
        npie_anchor_set(&ledger->anchor, npie_chain_number(ledger->chain),
                        npie_chain_digest(ledger->chain));
    }
    return rv;
}

/* This signer's first entry says who it is. */
static apr_status_t introduce(npie_ledger_t *ledger, npie_err_t *err,
                              apr_pool_t *p)
{
    const npie_entry_t *entry;
    apr_status_t rv = npie_ledger_look(&entry, ledger, npie_mark_of(
        "signer", npie_ledger_key_name(ledger->key), p), err, p);

    if (rv == APR_SUCCESS && entry == NULL) {
        rv = npie_ledger_add(ledger, NPIE_ENTRY_SIGNER, apr_time_now(),
                             npie_text_base64_encode(
                                 npie_ledger_key_certificate(ledger->key), p),
                             err, p);
    }
    return rv;
}

static apr_status_t reach(npie_ledger_t *ledger, npie_err_t *err,
                          apr_pool_t *p)
{
    const char *database = ledger->begin.config->ledger;
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (!ledger->opened) {
        rv = npie_ledger_open(ledger->ask, database, ledger->begin.read_only,
                              &why, p);
        /* One that is away is opened all the same, and reached later. */
        ledger->opened = rv == APR_SUCCESS || rv == NPIE_EBACKEND;
        if (rv != APR_SUCCESS) {
            return leave(ledger, &why, err);
        }
    }
    rv = recall(ledger, err, p);
    return rv == APR_SUCCESS ? read_on(ledger, err, p) : rv;
}

apr_status_t npie_ledger_sync(npie_ledger_t *ledger, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    apr_status_t rv;

    if (ledger->again != 0 && npie_ticks() < ledger->again) {
        if (err != NULL) {
            *err = ledger->why;
        }
        return ledger->why.status;
    }
    rv = ledger->begun ? read_on(ledger, err, ptemp)
                       : reach(ledger, err, ptemp);
    if (rv == APR_SUCCESS && ledger->again != 0) {
        npie_signer_say("notice", "the ledger is there again");
        ledger->again = 0;
        ledger->why.detail[0] = '\0';
    }
    while (rv == APR_SUCCESS && !ledger->begun) {
        rv = ledger->key == NULL ? APR_SUCCESS
            : introduce(ledger, err, ptemp);
        ledger->begun = rv == APR_SUCCESS;
        if (rv == NPIE_ECONFLICT) {
            rv = read_on(ledger, err, ptemp);
        }
    }
    return rv;
}

apr_status_t npie_ledger_begin(npie_ledger_t **pledger,
                               const npie_ledger_begin_t *begin,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_ledger_t *ledger = apr_pcalloc(p, sizeof(*ledger));
    const npie_signer_config_t *config = begin->config;
    apr_status_t rv;

    ledger->p = p;
    ledger->ask = begin->ask;
    ledger->chain = begin->chain;
    ledger->begin = *begin;
    ledger->known = npie_known_create(begin->issuer, p);
    rv = npie_anchor_open(&ledger->anchor, apr_pstrcat(
        p, config->state, "/ledger.anchor", NULL), begin->read_only, err, p);
    if (rv == APR_SUCCESS && !begin->read_only) {
        rv = npie_ledger_key_open(&ledger->key, apr_pstrcat(
            p, config->state, "/ledger.key", NULL), begin->vouch,
            begin->baton, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (ledger->anchor.number > 0) {
        npie_chain_set(ledger->chain, ledger->anchor.number,
                       ledger->anchor.digest);
    }
    *pledger = ledger;
    rv = npie_ledger_sync(ledger, err, p);
    return rv == NPIE_EBACKEND && !ledger->ask->broken ? APR_SUCCESS : rv;
}

apr_status_t npie_ledger_add(npie_ledger_t *ledger, npie_entry_kind_t kind,
                             apr_time_t now, const char *fields,
                             npie_err_t *err, apr_pool_t *ptemp)
{
    const apr_uint64_t number = npie_chain_number(ledger->chain) + 1;
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_entry_t *entry;
    const char *line, *fault;
    apr_status_t rv = npie_ledger_key_sign(&line, ledger->key, npie_entry_text(
        number, now, npie_ledger_key_name(ledger->key), kind,
        fields, npie_chain_digest(ledger->chain), ptemp), err, ptemp);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    fault = npie_entry_parse(&entry, line, ptemp);
    if (fault != NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "a new entry of the ledger: %s", fault);
    }
    rv = npie_ledger_append(ledger->ask, number, line,
                            npie_entry_marks(entry, ptemp), &why, ptemp);
    if (rv == NPIE_ECONFLICT) {
        if (err != NULL) {
            *err = why;
        }
        return rv;
    }
    if (rv != APR_SUCCESS) {
        return asked(ledger, rv, &why, err);
    }
    npie_chain_advance(ledger->chain, entry);
    if (kind == NPIE_ENTRY_SIGNER) {
        npie_chain_vouch(ledger->chain, entry, ptemp);
    }
    npie_known_take(ledger->known, entry);
    npie_anchor_set(&ledger->anchor, number, npie_chain_digest(ledger->chain));
    return APR_SUCCESS;
}

apr_status_t npie_ledger_decide(npie_ledger_t *ledger,
                                npie_ledger_decide_fn *decide, void *baton,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = NPIE_ECONFLICT;

    for (int i = 0; rv == NPIE_ECONFLICT && i < TRIES; i++) {
        rv = npie_ledger_sync(ledger, err, p);
        if (rv == APR_SUCCESS) {
            rv = decide(baton, ledger, err, p);
        }
    }
    /* Others are too fast, or a mark is taken that nobody looked for. */
    return rv == NPIE_ECONFLICT
        ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN, "%d times in "
                       "vain: %s", TRIES, err != NULL
                       ? apr_pstrdup(p, err->detail) : "")
        : rv;
}
