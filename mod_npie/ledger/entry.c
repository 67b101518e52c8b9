/* SPDX-License-Identifier: Apache-2.0
 * A line and its fields.
 */
#include "ledger/entry.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "model/cadena.h"
#include "model/reason.h"
#include "pki/digest.h"

#define HEX_LEN (NPIE_SHA256_HEX_SIZE - 1)
#define SIGNATURE_LEN 88 /* 64 bytes in base64 */
#define SERIAL_MAX 64
#define NUMBER_MAX 18 /* digits: no number here is longer */

/* Number, time, signer, kind before a kind's own fields; before and signature
 * behind them. */
enum { AT_NUMBER, AT_TIME, AT_SIGNER, AT_KIND, AT_FIELDS };
#define AROUND (AT_FIELDS + 2)

/* The kinds: a letter says what each field is, see is_field(). */
static const struct {
    const char *name;
    const char *form;
    const char *fields; /* what they are called */
} kinds[NPIE_ENTRY_KINDS] = {
    [NPIE_ENTRY_SIGNER] = { "signer", "b", "certificate" },
    [NPIE_ENTRY_ISSUE] = { "issue", "nddsnmb", "folio old_key new_key serial "
                           "turn letter certificate" },
    [NPIE_ENTRY_SEAL] = { "seal", "nnddmg", "folio letter key digest "
                          "section signature" },
    [NPIE_ENTRY_REVOKE] = { "revoke", "dsrtot", "issuer serial reason revoked "
                            "invalid_since not_after" },
    [NPIE_ENTRY_CRL] = { "crl", "dnttnpdb", "issuer crl_number this_update "
                         "next_update through past digest signature" },
    [NPIE_ENTRY_HEAD] = { "head", "nnd", "epoch row hash" },
    [NPIE_ENTRY_RESEAL] = { "reseal", "nnd", "epoch row hash" },
    [NPIE_ENTRY_HOLD] = { "hold", "dsatotnr", "issuer serial reason revoked "
                          "invalid_since not_after turn asked" },
};

static int is_made_of(const char *text, const char *alphabet)
{
    return *text != '\0' && text[strspn(text, alphabet)] == '\0';
}

static int is_hex(const char *text, apr_size_t len)
{
    return strlen(text) == len && is_made_of(text, "0123456789abcdef");
}

/* One form each: two lines never say the same in other digits. */
static int is_number(const char *text)
{
    return is_made_of(text, "0123456789") && strlen(text) <= NUMBER_MAX
           && (text[0] != '0' || text[1] == '\0');
}

static int is_time(const char *text)
{
    apr_time_t t;

    return npie_text_time_parse(&t, text) == APR_SUCCESS;
}

static int is_past(const char *text)
{
    const char *at = strchr(text, '@');
    const apr_size_t digits = strspn(text, "0123456789");

    return at != NULL && at == text + digits && digits > 0
           && digits <= NUMBER_MAX && is_time(at + 1);
}

static int is_base64(const char *text)
{
    const apr_size_t len = strlen(text);
    const apr_size_t body = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "abcdefghijklmnopqrstuvwxyz0123456789+/");

    return len > 0 && len % 4 == 0 && len - body <= 2
           && strspn(text + body, "=") == len - body;
}

static int is_field(char form, const char *text)
{
    npie_reason_t reason;

    switch (form) {
    case 'n':
        return is_number(text);
    case 'd':
        return is_hex(text, HEX_LEN);
    case 's':
        return is_made_of(text, "0123456789ABCDEF")
               && strlen(text) <= SERIAL_MAX;
    case 'b':
        return is_base64(text);
    case 'r':
        return npie_reason_find(&reason, text);
    case 'a':
        return npie_reason_any_find(&reason, text);
    case 'o':
        return strcmp(text, "-") == 0 || is_time(text);
    case 'm':
        return strcmp(text, "-") == 0 || is_hex(text, HEX_LEN);
    case 'g':
        return strcmp(text, "-") == 0 || is_base64(text);
    case 'p':
        return is_past(text);
    default:
        return is_time(text);
    }
}

const char *npie_entry_kind_name(npie_entry_kind_t kind)
{
    return kinds[kind].name;
}

const char *npie_entry_field_name(npie_entry_kind_t kind, int field,
                                  int *is_number, apr_pool_t *p)
{
    char *rest, *word = apr_strtok(apr_pstrdup(p, kinds[kind].fields), " ",
                                   &rest);

    for (int i = 0; i < field && word != NULL; i++) {
        word = apr_strtok(NULL, " ", &rest);
    }
    if (word != NULL && is_number != NULL) {
        *is_number = kinds[kind].form[field] == 'n';
    }
    return word;
}

const char *npie_entry_text(apr_uint64_t number, apr_time_t time,
                            const char *signer, npie_entry_kind_t kind,
                            const char *fields, const char *before,
                            apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_UINT64_T_FMT " %s %s %s %s %s", number,
                        npie_text_time(time, p), signer, kinds[kind].name,
                        fields, before);
}

/* Cuts a copy of the line at its blanks. Returns how many pieces there are;
 * 0 for too many or an empty one. */
static int split(char **pieces, int max, char *text)
{
    int n = 0;

    while (n < max) {
        char *blank = strchr(text, ' ');

        if (*text == '\0' || *text == ' ') {
            return 0;
        }
        pieces[n++] = text;
        if (blank == NULL) {
            return n;
        }
        *blank = '\0';
        text = blank + 1;
    }
    return 0;
}

int npie_entry_kind_find(npie_entry_kind_t *kind, const char *name)
{
    for (int i = 0; i < NPIE_ENTRY_KINDS; i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            *kind = (npie_entry_kind_t)i;
            return 1;
        }
    }
    return 0;
}

static const char *take_fields(npie_entry_t *entry, char **pieces, int n)
{
    const char *form = kinds[entry->kind].form;
    const int count = (int)strlen(form);

    if (n != count + AROUND) {
        return "it has not the fields of its kind";
    }
    for (int i = 0; i < count; i++) {
        entry->field[i] = pieces[AT_FIELDS + i];
        if (!is_field(form[i], entry->field[i])) {
            return "one of its fields cannot be read";
        }
    }
    entry->before = pieces[AT_FIELDS + count];
    if (!is_hex(entry->before, HEX_LEN)) {
        return "the digest of the entry before is none";
    }
    return strlen(pieces[n - 1]) == SIGNATURE_LEN && is_base64(pieces[n - 1])
           ? NULL : "its signature is none";
}

const char *npie_entry_parse(npie_entry_t **pentry, const char *line,
                             apr_pool_t *p)
{
    npie_entry_t *entry = apr_pcalloc(p, sizeof(*entry));
    char *pieces[NPIE_ENTRY_FIELDS + AROUND];
    const apr_size_t len = strlen(line);
    char *copy = apr_pstrdup(p, line);
    int n;

    for (apr_size_t i = 0; i < len; i++) {
        if (line[i] != ' ' && !apr_isgraph(line[i])) {
            return "it is no line of plain text";
        }
    }
    n = len > NPIE_ENTRY_MAX ? 0
        : split(pieces, NPIE_ENTRY_FIELDS + AROUND, copy);
    if (n < AROUND || !is_number(pieces[AT_NUMBER])
        || npie_text_time_parse(&entry->time, pieces[AT_TIME]) != APR_SUCCESS
        || !is_hex(pieces[AT_SIGNER], NPIE_ENTRY_SIGNER_SIZE - 1)) {
        return "it is no entry of a ledger";
    }
    if (!npie_entry_kind_find(&entry->kind, pieces[AT_KIND])) {
        return "its kind is unknown";
    }
    entry->number = (apr_uint64_t)apr_atoi64(pieces[AT_NUMBER]);
    entry->signer = pieces[AT_SIGNER];
    entry->line = apr_pstrdup(p, line);
    *pentry = entry;
    return take_fields(entry, pieces, n);
}

apr_status_t npie_entry_digest(char digest[NPIE_SHA256_HEX_SIZE],
                               const char *line)
{
    const npie_bytes_t bytes = { (const unsigned char *)line, strlen(line) };

    return npie_sha256_hex(digest, bytes);
}

apr_uint64_t npie_entry_number(const npie_entry_t *entry, int field)
{
    return (apr_uint64_t)apr_atoi64(entry->field[field]);
}

apr_time_t npie_entry_time(const npie_entry_t *entry, int field)
{
    apr_time_t t = 0;

    return npie_text_time_parse(&t, entry->field[field]) == APR_SUCCESS ? t
                                                                        : 0;
}

const char *npie_mark_of(const char *word, const char *argument,
                         apr_pool_t *p)
{
    return apr_pstrcat(p, word, ":", argument, NULL);
}

const char *npie_mark_numbered(const char *word, const char *argument,
                               apr_uint64_t number, apr_pool_t *p)
{
    return apr_psprintf(p, "%s:%s%s%020" APR_UINT64_T_FMT, word, argument,
                        *argument != '\0' ? ":" : "", number);
}

const char *npie_mark_folio(apr_int64_t folio, apr_pool_t *p)
{
    return npie_mark_numbered("folio", "", (apr_uint64_t)folio, p);
}

const char *npie_mark_seal(apr_int64_t folio, apr_pool_t *p)
{
    return npie_mark_numbered("seal", "", (apr_uint64_t)folio, p);
}

const char *npie_mark_revoked(const char *issuer, const char *serial,
                              apr_pool_t *p)
{
    return apr_pstrcat(p, "revoked:", issuer, ":", serial, NULL);
}

const char *npie_mark_hold(const char *issuer, const char *serial,
                           apr_uint64_t turn, apr_pool_t *p)
{
    return npie_mark_numbered("hold", apr_pstrcat(p, issuer, ":", serial, NULL),
                              turn, p);
}

static void add(apr_array_header_t *marks, const char *name,
                apr_time_t expires)
{
    npie_ledger_mark_t *mark = apr_array_push(marks);

    mark->name = name;
    mark->expires = expires;
}

static void add_issue(apr_array_header_t *marks, const npie_entry_t *entry,
                      apr_pool_t *p)
{
    const apr_uint64_t folio = npie_entry_number(entry, NPIE_ISSUE_FOLIO);
    const apr_uint64_t turn = npie_entry_number(entry, NPIE_ISSUE_TURN);

    add(marks, npie_mark_folio((apr_int64_t)folio, p), 0);
    add(marks, npie_mark_of("key", entry->field[NPIE_ISSUE_NEW], p), 0);
    add(marks, npie_mark_of("certificate", entry->field[NPIE_ISSUE_SERIAL],
                            p), 0);
    add(marks, npie_mark_numbered("used", entry->field[NPIE_ISSUE_OLD], folio,
                                  p), 0);
    if (turn > 0) {
        add(marks, npie_mark_numbered("next", entry->field[NPIE_ISSUE_OLD],
                                      turn, p), 0);
    }
}

/* A key has one letter 2. */
static void add_seal(apr_array_header_t *marks, const npie_entry_t *entry,
                     apr_pool_t *p)
{
    add(marks, npie_mark_seal((apr_int64_t)npie_entry_number(
            entry, NPIE_SEAL_FOLIO), p), 0);
    if (npie_entry_number(entry, NPIE_SEAL_KIND) == NPIE_LETTER_TERMS) {
        add(marks, npie_mark_of("terms", entry->field[NPIE_SEAL_KEY], p), 0);
    }
}

/* A hold is a revocation that may have an end. */
static void add_hold(apr_array_header_t *marks, const npie_entry_t *entry,
                     apr_pool_t *p)
{
    const char *issuer = entry->field[NPIE_REVOKE_ISSUER];
    const char *serial = entry->field[NPIE_REVOKE_SERIAL];
    const apr_time_t end = npie_entry_time(entry, NPIE_REVOKE_NOT_AFTER);
    const apr_uint64_t turn = npie_entry_number(entry, NPIE_HOLD_TURN);

    if (turn == 0) {
        add(marks, npie_mark_revoked(issuer, serial, p), end);
    }
    add(marks, npie_mark_hold(issuer, serial, turn, p), end);
}

/* Heads count up to the next reseal: its epoch. */
static void add_head(apr_array_header_t *marks, const npie_entry_t *entry,
                     apr_pool_t *p)
{
    const apr_uint64_t epoch = npie_entry_number(entry, NPIE_HEAD_EPOCH);
    char argument[NUMBER_MAX + 1];

    apr_snprintf(argument, sizeof(argument), "%06" APR_UINT64_T_FMT, epoch);
    if (entry->kind == NPIE_ENTRY_RESEAL) {
        add(marks, npie_mark_numbered("reseal", "", epoch, p), 0);
    }
    add(marks, npie_mark_numbered("head", argument, npie_entry_number(
            entry, NPIE_HEAD_SEQUENCE), p), 0);
}

apr_array_header_t *npie_entry_marks(const npie_entry_t *entry, apr_pool_t *p)
{
    apr_array_header_t *marks = apr_array_make(p, 6, sizeof(npie_ledger_mark_t));

    switch (entry->kind) {
    case NPIE_ENTRY_SIGNER:
        add(marks, npie_mark_of("signer", entry->signer, p), 0);
        break;
    case NPIE_ENTRY_ISSUE:
        add_issue(marks, entry, p);
        break;
    case NPIE_ENTRY_SEAL:
        add_seal(marks, entry, p);
        break;
    case NPIE_ENTRY_REVOKE:
        add(marks, npie_mark_revoked(entry->field[NPIE_REVOKE_ISSUER],
                                     entry->field[NPIE_REVOKE_SERIAL], p),
            npie_entry_time(entry, NPIE_REVOKE_NOT_AFTER));
        break;
    case NPIE_ENTRY_HOLD:
        add_hold(marks, entry, p);
        break;
    case NPIE_ENTRY_CRL:
        add(marks, npie_mark_numbered("crl", entry->field[NPIE_CRL_ISSUER],
                                      npie_entry_number(entry,
                                                        NPIE_CRL_NUMBER), p),
            0);
        break;
    default:
        add_head(marks, entry, p);
    }
    return marks;
}
