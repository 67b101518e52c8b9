/* SPDX-License-Identifier: Apache-2.0
 * npiectl ledger show: entries, the last first read.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "base/text.h"
#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/ledger_book.h"
#include "ctl/show.h"
#include "ledger/fetch.h"
#include "pki/pem.h"

#define LAST 100
#define LAST_MAX 100000
#define FOLIO_MAX 2147483647
/* Longer fields are for programs. */
#define SHOWN_MAX 64
/* So far may clocks of signers be apart. */
#define CLOCKS apr_time_from_sec(86400)

const npie_ctl_option_t npie_ctl_ledger_show_options[] = {
    { "folio", "N", "entries of the letter with this folio" },
    { "serial", "SERIAL", "entries of the certificate with this serial number" },
    { "kind", "KIND", "signer, issue, seal, revoke, hold, crl, head or reseal" },
    { "since", "TIME", "a day, or as 2026-11-20T09:30:00Z" },
    { "last", "N", "at most so many, the newest, default 100" },
    { NULL, NULL, NULL }
};

/* Which entries are meant, and those found. */
typedef struct looking_t {
    npie_ctl_t *ctl;
    npie_ctl_book_t book;
    int folio;          /* 0: any */
    const char *serial; /* NULL: any */
    apr_array_header_t *revoked; /* of const char *: its marks */
    npie_entry_kind_t kind; /* NPIE_ENTRY_KINDS: any */
    apr_time_t since;
    int most;
    json_t *list;
    int damaged; /* 1: one of them does not hold */
} looking_t;

static apr_status_t read_options(looking_t *look, npie_err_t *err)
{
    npie_ctl_t *ctl = look->ctl;
    const char *folio = npie_ctl_option(ctl, "folio");
    const char *serial = npie_ctl_option(ctl, "serial");
    const char *kind = npie_ctl_option(ctl, "kind");
    const char *last = npie_ctl_option(ctl, "last");
    const char *wrong = NULL;

    look->kind = NPIE_ENTRY_KINDS;
    look->most = LAST;
    if (folio != NULL && serial != NULL) {
        wrong = "--folio and --serial: give one of them";
    }
    else if (folio != NULL
        && npie_parse_int(&look->folio, folio, 1, FOLIO_MAX, ctl->p) != NULL) {
        wrong = "--folio: it is a number";
    }
    else if (serial != NULL
             && (look->serial = npie_ctl_serial_hex(serial, ctl->p)) == NULL) {
        wrong = "--serial: it is hex, or 20 digits";
    }
    else if (kind != NULL && !npie_entry_kind_find(&look->kind, kind)) {
        wrong = "--kind: it is signer, issue, seal, revoke, hold, crl, "
                "head or reseal";
    }
    else if (!npie_ctl_option_time(&look->since, ctl, "since")) {
        wrong = "--since: it is a day, or as 2026-11-20T09:30:00Z";
    }
    else if (last != NULL
             && npie_parse_int(&look->most, last, 1, LAST_MAX, ctl->p)
                != NULL) {
        wrong = "--last: it is a number from 1 to 100000";
    }
    return wrong == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s", wrong);
}

/* The fields as an object. */
static json_t *fields_json(const npie_entry_t *entry, apr_pool_t *p)
{
    json_t *fields = json_object();
    const char *name;
    int number;

    for (int i = 0; (name = npie_entry_field_name(entry->kind, i, &number, p))
         != NULL; i++) {
        json_object_set_new(fields, name, number
            ? json_integer((json_int_t)npie_entry_number(entry, i))
            : json_string(entry->field[i]));
    }
    return fields;
}

/* The short ones as text. */
static json_t *fields_text(const npie_entry_t *entry, apr_pool_t *p)
{
    const char *text = "", *name;

    for (int i = 0; (name = npie_entry_field_name(entry->kind, i, NULL, p))
         != NULL; i++) {
        if (strlen(entry->field[i]) <= SHOWN_MAX) {
            text = apr_pstrcat(p, text, *text == '\0' ? "" : ", ", name, " ",
                               entry->field[i], NULL);
        }
    }
    return json_string(text);
}

static json_t *entry_json(looking_t *look, const npie_ledger_row_t *row,
                          const npie_entry_t *entry, const char *fault,
                          apr_pool_t *p)
{
    const int known = entry != NULL;

    return json_pack("{s: I, s: o, s: s?, s: s?, s: b, s: s?, s: o, s: s}",
        "number", (json_int_t)row->number, "time",
        npie_ctl_json_time(look->ctl, known ? entry->time : 0), "kind",
        known ? npie_entry_kind_name(entry->kind) : NULL, "signer",
        known ? entry->signer : NULL, "good", fault == NULL, "fault", fault,
        "fields", !known ? json_null() : look->ctl->json
            ? fields_json(entry, p) : fields_text(entry, p), "line",
        row->line);
}

static int is_meant(const looking_t *look, const npie_entry_t *entry)
{
    return (look->kind == NPIE_ENTRY_KINDS || entry->kind == look->kind)
           && entry->time >= look->since;
}

/* Shows a row if it is meant; one that cannot be read always is. */
static apr_status_t take(looking_t *look, const npie_ledger_row_t *row,
                         npie_err_t *err, apr_pool_t *p)
{
    npie_entry_t *entry = NULL;
    const char *fault = npie_entry_parse(&entry, row->line, p);
    apr_status_t rv;

    if (fault == NULL && !is_meant(look, entry)) {
        return APR_SUCCESS;
    }
    rv = npie_ledger_fetch_signer(look->book.chain, look->book.ask, row->line,
                                  err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (fault == NULL) {
        fault = npie_chain_believe(&entry, look->book.chain, row->line, p);
        if (fault == NULL && entry->number != row->number) {
            fault = "it says that it is another one";
        }
    }
    else {
        entry = NULL;
    }
    look->damaged |= fault != NULL;
    json_array_insert_new(look->list, 0, entry_json(look, row, entry, fault,
                                                    p));
    return APR_SUCCESS;
}

/* Back from the last one. */
static apr_status_t look_through(looking_t *look, npie_err_t *err,
                                 apr_pool_t *p)
{
    npie_ledger_row_t head = { NULL, 0, 0, "" };
    apr_pool_t *ptemp;
    apr_status_t rv = npie_ledger_head(&head, look->book.ask, err, p);
    apr_uint64_t end = head.number;
    int too_old = 0;

    apr_pool_create(&ptemp, p);
    while (rv == APR_SUCCESS && end > 0 && !too_old
           && (int)json_array_size(look->list) < look->most) {
        const apr_uint64_t from = end > NPIE_LEDGER_READ_MAX
            ? end - NPIE_LEDGER_READ_MAX + 1 : 1;
        apr_array_header_t *rows;

        apr_pool_clear(ptemp);
        rv = npie_ledger_read(&rows, look->book.ask, from,
                              (apr_uint32_t)(end - from + 1), err, ptemp);
        for (int i = rv == APR_SUCCESS ? rows->nelts - 1 : -1;
             i >= 0 && rv == APR_SUCCESS
             && (int)json_array_size(look->list) < look->most; i--) {
            const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                          npie_ledger_row_t);
            npie_entry_t *entry;

            too_old = npie_entry_parse(&entry, row->line, ptemp) == NULL
                      && entry->time < look->since - CLOCKS;
            rv = row->number <= end ? take(look, row, err, ptemp) : rv;
        }
        end = from - 1;
    }
    apr_pool_destroy(ptemp);
    return rv;
}

/* The entry of a mark. */
static apr_status_t take_mark(looking_t *look, const char *mark,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_ledger_row_t row;
    apr_status_t rv = npie_ledger_find(&row, look->book.ask, mark, err, p);

    return rv == APR_SUCCESS && row.number != 0 ? take(look, &row, err, p)
                                                : rv;
}

/* What became of a revocation that was on hold, and the revocation. */
static apr_status_t take_revoked(looking_t *look, const char *mark,
                                 npie_err_t *err, apr_pool_t *p)
{
    const npie_ledger_range_t range = {
        .prefix = apr_pstrcat(p, "hold", strchr(mark, ':'), ":", NULL),
        .after = "", .last_first = 1, .most = NPIE_LEDGER_READ_MAX
    };
    apr_array_header_t *rows;
    npie_ledger_row_t first;
    apr_status_t rv = npie_ledger_find(&first, look->book.ask, mark, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_ledger_list(&rows, look->book.ask, &range, err, p);
    }
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const npie_ledger_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                      npie_ledger_row_t);

        rv = row->number == first.number ? APR_SUCCESS
                                         : take(look, row, err, p);
    }
    return rv == APR_SUCCESS && first.number != 0
        ? take(look, &first, err, p) : rv;
}

/* The mark that a revocation by one of the authorities has. */
static apr_status_t name_revoked(void *baton, npie_cert_t *cert,
                                 const char *file, npie_err_t *err)
{
    looking_t *look = baton;

    (void)file;
    (void)err;
    APR_ARRAY_PUSH(look->revoked, const char *) = npie_mark_revoked(
        cert->spki_sha256, look->serial, look->ctl->p);
    return APR_SUCCESS;
}

/* Reads the authorities' files, as who may. */
static apr_status_t name_marks(looking_t *look, npie_err_t *err, apr_pool_t *p)
{
    const apr_array_header_t *files = look->book.authorities;
    apr_status_t rv = APR_SUCCESS;

    look->revoked = apr_array_make(p, 4, sizeof(const char *));
    for (int i = 0; rv == APR_SUCCESS && look->serial != NULL
         && i < files->nelts; i++) {
        rv = npie_pem_read(APR_ARRAY_IDX(files, i, const char *),
                           name_revoked, look, err, p);
    }
    return rv;
}

/* Folio and serial have marks. The newest first. */
static apr_status_t look_up(looking_t *look, npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;

    if (look->folio > 0) {
        rv = take_mark(look, npie_mark_seal(look->folio, p), err, p);
        return rv == APR_SUCCESS
            ? take_mark(look, npie_mark_folio(look->folio, p), err, p) : rv;
    }
    for (int i = 0; rv == APR_SUCCESS && i < look->revoked->nelts; i++) {
        rv = take_revoked(look, APR_ARRAY_IDX(look->revoked, i, const char *),
                          err, p);
    }
    return rv == APR_SUCCESS
        ? take_mark(look, npie_mark_of("certificate", look->serial, p), err, p)
        : rv;
}

apr_status_t npie_ctl_ledger_show(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "number", "Entry" }, { "time", "Time" }, { "kind", "Kind" },
        { "signer", "Signer" }, { "good", "Good" }, { "fields", "What" },
        { NULL, NULL }
    };
    looking_t look = { .ctl = ctl };
    apr_status_t rv = read_options(&look, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_book_read(&look.book, ctl, 1, err);
    }
    if (rv == APR_SUCCESS) {
        rv = name_marks(&look, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_book_open(&look.book, ctl, 1, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    look.list = json_array();
    rv = look.folio > 0 || look.serial != NULL
        ? look_up(&look, err, ctl->p) : look_through(&look, err, ctl->p);
    if (rv != APR_SUCCESS) {
        json_decref(look.list);
        return rv;
    }
    npie_ctl_show_list(ctl, look.list, columns, "No entries.");
    return look.damaged ? npie_ctl_book_damaged(err) : APR_SUCCESS;
}
