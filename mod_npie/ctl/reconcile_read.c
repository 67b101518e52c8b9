/* SPDX-License-Identifier: Apache-2.0
 * Comparing every entry of the ledger with the registry.
 */
#include "ctl/reconcile.h"

#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/text.h"
#include "ledger/entry.h"
#include "store/revocation.h"

/* A reading under way. */
typedef struct reading_t {
    npie_ctl_lacking_t *lacking;
    npie_registry_t *registry;
    const npie_trust_t *trust;
    apr_hash_t *by_key;    /* hex of a key -> npie_forgotten_t * */
    apr_hash_t *by_serial; /* npie_forgotten_t *, of the signer's authority */
    apr_hash_t *by_old;    /* the newest renewal of a key */
    npie_err_t *err;
    apr_pool_t *p;
} reading_t;

static npie_forgotten_t *find(apr_hash_t *hash, const char *key)
{
    return apr_hash_get(hash, key, APR_HASH_KEY_STRING);
}

/* The first moment counts. */
static void finish(npie_forgotten_t *f, apr_time_t when)
{
    if (f != NULL && !f->additional && f->finished == 0 && f->revoked == 0) {
        f->finished = when;
    }
}

static apr_status_t keep_issue(reading_t *reading, const npie_entry_t *entry)
{
    apr_pool_t *p = reading->p;
    npie_forgotten_t *f = apr_pcalloc(p, sizeof(*f));
    npie_bytes_t der = { NULL, 0 };
    npie_cert_t *cert = NULL;
    const char *text = entry->field[NPIE_ISSUE_CERTIFICATE];
    apr_status_t rv = npie_text_base64_decode(&der, text, strlen(text), p);

    if (rv == APR_SUCCESS) {
        rv = npie_cert_parse(&cert, der, reading->err, p);
    }
    if (rv != APR_SUCCESS) {
        return npie_err_set(reading->err, NPIE_EDAMAGED, NPIE_P_NONE,
                            "entry %" APR_UINT64_T_FMT " of the ledger has no "
                            "certificate that can be read", entry->number);
    }
    f->folio = (apr_int64_t)npie_entry_number(entry, NPIE_ISSUE_FOLIO);
    f->old_spki = apr_pstrdup(p, entry->field[NPIE_ISSUE_OLD]);
    f->additional = npie_entry_number(entry, NPIE_ISSUE_TURN) == 0;
    f->cert = cert;
    f->issued = entry->time;
    APR_ARRAY_PUSH(reading->lacking->issued, npie_forgotten_t *) = f;
    apr_hash_set(reading->by_key, cert->spki_sha256, APR_HASH_KEY_STRING, f);
    apr_hash_set(reading->by_serial, cert->serial, APR_HASH_KEY_STRING, f);
    if (!f->additional) {
        apr_hash_set(reading->by_old, f->old_spki, APR_HASH_KEY_STRING, f);
    }
    return APR_SUCCESS;
}

/* A key that was renewed, or asked for an additional certificate, was in
 * use. */
static apr_status_t take_issue(reading_t *reading, const npie_entry_t *entry)
{
    npie_certificate_t *known;
    apr_status_t rv;

    finish(find(reading->by_key, entry->field[NPIE_ISSUE_OLD]), entry->time);
    rv = npie_certificate_by_spki(&known, reading->registry,
                                  entry->field[NPIE_ISSUE_NEW], reading->err);
    return rv == APR_NOTFOUND ? keep_issue(reading, entry) : rv;
}

/* The seal of letter 2, which its own new key has signed. */
static apr_status_t take_seal(reading_t *reading, const npie_entry_t *entry)
{
    npie_forgotten_t *f = find(reading->by_key, entry->field[NPIE_SEAL_KEY]);
    npie_certificate_t *known;
    apr_status_t rv;

    if (npie_entry_number(entry, NPIE_SEAL_KIND) != NPIE_LETTER_TERMS) {
        return APR_SUCCESS;
    }
    if (f != NULL) {
        finish(f, entry->time);
        return APR_SUCCESS;
    }
    rv = npie_certificate_by_spki(&known, reading->registry,
                                  entry->field[NPIE_SEAL_KEY], reading->err);
    if (rv == APR_SUCCESS && known->terms_signed == 0 && !known->additional) {
        const npie_ctl_finished_t finished = { known->id, entry->time };

        APR_ARRAY_PUSH(reading->lacking->finished, npie_ctl_finished_t) =
            finished;
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* Serials are an authority's own. */
static int is_of(const reading_t *reading, const npie_cert_t *cert,
                 const char *issuer, apr_pool_t *ptemp)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_array_header_t *chain = NULL;
    npie_cert_t *ca = NULL;

    return npie_trust_chain(&chain, reading->trust, cert, &why, ptemp)
               == APR_SUCCESS
        && chain->nelts > 0
        && npie_cert_parse(&ca, APR_ARRAY_IDX(chain, 0, npie_bytes_t), &why,
                           ptemp) == APR_SUCCESS
        && strcmp(ca->spki_sha256, issuer) == 0;
}

/* The reason that the registry notes: also that of what is on hold. */
static const char *reason_of(const npie_entry_t *entry)
{
    return entry->field[entry->kind == NPIE_ENTRY_HOLD ? NPIE_HOLD_ASKED
                                                       : NPIE_REVOKE_REASON];
}

static int is_lifted(const npie_entry_t *entry)
{
    return strcmp(entry->field[NPIE_REVOKE_REASON],
                  npie_reason_any_name(NPIE_REASON_REMOVE)) == 0;
}

/* One entry for each that is ended in the end. */
static void keep_end(reading_t *reading, const npie_entry_t *entry,
                     const npie_certificate_t *row)
{
    apr_array_header_t *ended = reading->lacking->ended;
    npie_forgotten_end_t *end = NULL;

    for (int i = 0; entry->kind == NPIE_ENTRY_HOLD && i < ended->nelts; i++) {
        npie_forgotten_end_t *one = &APR_ARRAY_IDX(ended, i,
                                                   npie_forgotten_end_t);

        end = one->certificate == row->id ? one : end;
    }
    if (is_lifted(entry)) {
        if (end != NULL) {
            *end = *(npie_forgotten_end_t *)apr_array_pop(ended);
        }
        return;
    }
    if (end == NULL) {
        end = apr_array_push(ended);
    }
    end->certificate = row->id;
    end->reason = apr_pstrdup(reading->p, reason_of(entry));
    end->revoked = npie_entry_time(entry, NPIE_REVOKE_TIME);
    end->invalid_since = npie_entry_time(entry, NPIE_REVOKE_SINCE);
    if (strcmp(end->reason, "superseded") == 0) {
        finish(find(reading->by_old, row->spki), end->revoked);
    }
}

static apr_status_t end_known(reading_t *reading, const npie_entry_t *entry,
                              apr_pool_t *ptemp)
{
    apr_array_header_t *list = apr_array_make(ptemp, 4, sizeof(npie_bytes_t));
    apr_status_t rv = npie_certificate_by_serial(
        list, reading->registry, entry->field[NPIE_REVOKE_SERIAL],
        reading->err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        npie_certificate_t *row = NULL;
        npie_cert_t *cert;

        rv = npie_cert_parse(&cert, APR_ARRAY_IDX(list, i, npie_bytes_t),
                             reading->err, ptemp);
        if (rv == APR_SUCCESS) {
            rv = npie_certificate_by_spki(&row, reading->registry,
                                          cert->spki_sha256, reading->err);
        }
        if (rv == APR_SUCCESS && row->status == NPIE_CERTIFICATE_ACTIVE
            && is_of(reading, cert, entry->field[NPIE_REVOKE_ISSUER],
                     ptemp)) {
            keep_end(reading, entry, row);
        }
    }
    return rv;
}

static apr_status_t take_revoke(reading_t *reading, const npie_entry_t *entry,
                                apr_pool_t *ptemp)
{
    npie_forgotten_t *f = find(reading->by_serial,
                               entry->field[NPIE_REVOKE_SERIAL]);

    if (f == NULL) {
        return end_known(reading, entry, ptemp);
    }
    if (is_lifted(entry)) {
        f->revoked = f->invalid_since = 0;
        return APR_SUCCESS;
    }
    f->revoked = npie_entry_time(entry, NPIE_REVOKE_TIME);
    f->reason = apr_pstrdup(reading->p, reason_of(entry));
    f->invalid_since = npie_entry_time(entry, NPIE_REVOKE_SINCE);
    if (strcmp(f->reason, "superseded") == 0) {
        finish(find(reading->by_old, f->cert->spki_sha256), f->revoked);
        f->finished = f->finished != 0 ? f->finished : f->revoked;
    }
    return APR_SUCCESS;
}

static apr_status_t take(reading_t *reading, const npie_entry_t *entry,
                         apr_pool_t *ptemp)
{
    npie_ctl_lacking_t *lacking = reading->lacking;
    apr_int64_t folio = 0;

    switch (entry->kind) {
    case NPIE_ENTRY_ISSUE:
        folio = (apr_int64_t)npie_entry_number(entry, NPIE_ISSUE_FOLIO);
        lacking->folio = folio > lacking->folio ? folio : lacking->folio;
        return take_issue(reading, entry);
    case NPIE_ENTRY_SEAL:
        folio = (apr_int64_t)npie_entry_number(entry, NPIE_SEAL_FOLIO);
        lacking->folio = folio > lacking->folio ? folio : lacking->folio;
        return take_seal(reading, entry);
    case NPIE_ENTRY_REVOKE:
    case NPIE_ENTRY_HOLD:
        return take_revoke(reading, entry, ptemp);
    case NPIE_ENTRY_HEAD:
    case NPIE_ENTRY_RESEAL:
        lacking->head = (apr_int64_t)npie_entry_number(entry,
                                                       NPIE_HEAD_SEQUENCE);
        return APR_SUCCESS;
    case NPIE_ENTRY_SIGNER:
    case NPIE_ENTRY_CRL:
    case NPIE_ENTRY_KINDS:
        break;
    }
    return APR_SUCCESS;
}

/* Some hundred entries; rows that are looked up live in ptemp. */
static apr_status_t take_rows(reading_t *reading, npie_ctl_book_t *book,
                              const apr_array_header_t *rows,
                              apr_pool_t *ptemp)
{
    apr_pool_t *before = reading->registry->p;
    apr_status_t rv = APR_SUCCESS;

    reading->registry->p = ptemp;
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                      npie_ledger_row_t);
        npie_entry_t *entry;
        const char *fault = npie_chain_follow(&entry, book->chain, row->line,
                                              ptemp);

        if (fault != NULL || entry->number != row->number) {
            rv = npie_ctl_book_damaged(reading->err);
            break;
        }
        reading->lacking->entries++;
        rv = take(reading, entry, ptemp);
    }
    reading->registry->p = before;
    return rv;
}

apr_status_t npie_ctl_lacking_read(npie_ctl_lacking_t *lacking,
                                   npie_ctl_t *ctl, npie_ctl_book_t *book,
                                   const npie_trust_t *trust,
                                   npie_registry_t *registry, npie_err_t *err)
{
    apr_pool_t *p = ctl->p;
    reading_t reading = { lacking, registry, trust, apr_hash_make(p),
                          apr_hash_make(p), apr_hash_make(p), err, p };
    apr_array_header_t *rows = NULL;
    apr_pool_t *ptemp;
    apr_status_t rv;

    memset(lacking, 0, sizeof(*lacking));
    lacking->issued = apr_array_make(p, 16, sizeof(npie_forgotten_t *));
    lacking->finished = apr_array_make(p, 4, sizeof(npie_ctl_finished_t));
    lacking->ended = apr_array_make(p, 16, sizeof(npie_forgotten_end_t));
    apr_pool_create(&ptemp, p);
    do {
        apr_pool_clear(ptemp);
        rv = npie_ledger_read(&rows, book->ask, lacking->entries + 1,
                              NPIE_LEDGER_READ_MAX, err, ptemp);
        if (rv == APR_SUCCESS) {
            rv = take_rows(&reading, book, rows, ptemp);
        }
    } while (rv == APR_SUCCESS && rows->nelts > 0);
    apr_pool_destroy(ptemp);
    return rv;
}
