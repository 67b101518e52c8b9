/* SPDX-License-Identifier: Apache-2.0
 * Detects the kind of a file that was uploaded as a letter.
 */
#include "letter/file.h"

#include <string.h>
#include <strings.h>

#include "letter/form.h"
#include "letter/revision.h"

/* Readers look for %PDF- in the first KiB (ISO 32000-1, annex H.3). */
#define PDF_HEAD_WITHIN 1024
/* A PEM block may stand below the text that openssl writes above it. */
#define PEM_WITHIN 65536

/** A beginning that gives a file away. */
typedef struct magic_t {
    apr_size_t at;
    apr_size_t len;
    const char *bytes;
    npie_file_kind_t kind;
} magic_t;

static const magic_t magics[] = {
    { 0, 8, "\x89PNG\r\n\x1a\n", NPIE_FILE_PICTURE },
    { 0, 3, "\xff\xd8\xff", NPIE_FILE_PICTURE },
    { 0, 4, "GIF8", NPIE_FILE_PICTURE },
    { 0, 4, "II*\0", NPIE_FILE_PICTURE },
    { 0, 4, "MM\0*", NPIE_FILE_PICTURE },
    { 8, 4, "WEBP", NPIE_FILE_PICTURE },
    { 4, 8, "ftypheic", NPIE_FILE_PICTURE },
    { 4, 8, "ftypmif1", NPIE_FILE_PICTURE },
    { 4, 8, "ftypavif", NPIE_FILE_PICTURE },
    { 0, 2, "BM", NPIE_FILE_PICTURE },
    { 0, 4, "PK\3\4", NPIE_FILE_ZIP },
    { 0, 4, "PK\5\6", NPIE_FILE_ZIP },
    { 0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NPIE_FILE_ZIP }
};

static int has(npie_bytes_t file, apr_size_t within, const char *text)
{
    apr_size_t len = file.len < within ? file.len : within;

    return len > 0 && memmem(file.data, len, text, strlen(text)) != NULL;
}

static int at(npie_bytes_t file, apr_size_t from, const char *bytes,
              apr_size_t len)
{
    return from <= file.len && len <= file.len - from
        && memcmp(file.data + from, bytes, len) == 0;
}

/** A PDF: ours, one that was ours, or any other. */
static npie_file_kind_t pdf_kind(npie_bytes_t file)
{
    npie_file_kind_t kind = NPIE_FILE_PDF;
    npie_revision_t *revision;
    apr_pool_t *ptemp;

    if (has(file, file.len, NPIE_FORM_CADENA)
        || has(file, file.len, NPIE_FORM_NAMESPACE)
        || has(file, file.len, "(" NPIE_FORM_CREATOR ")")
        || has(file, file.len, ">" NPIE_FORM_CREATOR "<")) {
        kind = NPIE_FILE_LETTER_RESAVED;
    }
    if (file.len > NPIE_SEALED_MAX
        || apr_pool_create(&ptemp, NULL) != APR_SUCCESS) {
        return kind;
    }
    if (npie_revision_parse(&revision, file, NULL, ptemp) == APR_SUCCESS) {
        kind = NPIE_FILE_LETTER;
    }
    apr_pool_destroy(ptemp);
    return kind;
}

/** Where the content of the DER SEQUENCE at from begins; 0 = no SEQUENCE. */
static apr_size_t sequence(npie_bytes_t file, apr_size_t from)
{
    apr_size_t begin;

    if (from >= file.len || file.len - from < 2 || file.data[from] != 0x30) {
        return 0;
    }
    begin = from + 2;
    if (file.data[from + 1] > 0x80) {
        begin += file.data[from + 1] & 0x7fu;
    }
    return begin < file.len ? begin : 0;
}

/** DER, told by the first elements (RFC 7292, 5280, 5958, 8017, 5915). */
static npie_file_kind_t der_kind(npie_bytes_t file)
{
    apr_size_t outer = sequence(file, 0);
    apr_size_t inner;

    if (outer == 0) {
        return NPIE_FILE_OTHER;
    }
    if (at(file, outer, "\x02\x01\x03\x30", 4)) {
        return NPIE_FILE_PFX;
    }
    if (at(file, outer, "\x02\x01\x00\x30", 4)
        || at(file, outer, "\x02\x01\x00\x02", 4)
        || at(file, outer, "\x02\x01\x01\x04", 4)) {
        return NPIE_FILE_KEY;
    }
    inner = sequence(file, outer);
    if (inner == 0) {
        return NPIE_FILE_OTHER;
    }
    if (at(file, inner, "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05", 10)
        || at(file, inner, "\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c", 10)) {
        return NPIE_FILE_KEY;
    }
    if (at(file, inner, "\xa0\x03\x02\x01\x02", 5)) {
        return NPIE_FILE_CERTIFICATE;
    }
    return NPIE_FILE_OTHER;
}

static int is_html(npie_bytes_t file)
{
    static const char *const tags[] = { "<!doctype html", "<html", "<head",
                                        "<body", "<script" };
    apr_size_t i = at(file, 0, "\xef\xbb\xbf", 3) ? 3 : 0;

    while (i < file.len && strchr(" \t\r\n", file.data[i]) != NULL
           && file.data[i] != '\0') {
        ++i;
    }
    for (unsigned k = 0; k < sizeof(tags) / sizeof(tags[0]); ++k) {
        if (file.len - i >= strlen(tags[k])
            && strncasecmp((const char *)file.data + i, tags[k],
                           strlen(tags[k])) == 0) {
            return 1;
        }
    }
    return 0;
}

npie_file_kind_t npie_file_kind(npie_bytes_t file)
{
    if (file.len == 0) {
        return NPIE_FILE_EMPTY;
    }
    if (has(file, PDF_HEAD_WITHIN, "%PDF-")) {
        return pdf_kind(file);
    }
    for (unsigned i = 0; i < sizeof(magics) / sizeof(magics[0]); ++i) {
        if (at(file, magics[i].at, magics[i].bytes, magics[i].len)) {
            return magics[i].kind;
        }
    }
    if (has(file, PEM_WITHIN, "PRIVATE KEY-----")) {
        return NPIE_FILE_KEY;
    }
    if (has(file, PEM_WITHIN, "-----BEGIN CERTIFICATE-----")) {
        return NPIE_FILE_CERTIFICATE;
    }
    if (is_html(file)) {
        return NPIE_FILE_HTML;
    }
    return der_kind(file);
}
