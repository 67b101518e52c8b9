/* SPDX-License-Identifier: Apache-2.0
 * Takes a letter's file apart and puts a signature into it.
 */
#include "letter/file.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "letter/form.h"

#define TAIL "\n%%EOF\n"
/* Digits of the startxref number: NPIE_LETTER_MAX has six. */
#define START_DIGITS_MAX 10

/** Where the parts are, before anything is decoded. */
typedef struct layout_t {
    apr_size_t range; /**< of '[' */
    apr_size_t hex;   /**< of the first digit */
    npie_bytes_t cadena; /**< escaped */
} layout_t;

static apr_status_t refuse(npie_err_t *err, const char *why)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER, "letter file: %s",
                        why);
}

/** First place of a string at or after from; file.len when there is none. */
static apr_size_t find(npie_bytes_t file, apr_size_t from, const char *text)
{
    const unsigned char *at;

    if (from >= file.len) {
        return file.len;
    }
    at = memmem(file.data + from, file.len - from, text, strlen(text));
    return at != NULL ? (apr_size_t)(at - file.data) : file.len;
}

/** The place of a string that must occur exactly once; else file.len. */
static apr_size_t find_only(npie_bytes_t file, const char *text)
{
    apr_size_t at = find(file, 0, text);

    if (find(file, at + 1, text) != file.len) {
        return file.len;
    }
    return at;
}

static int holds(npie_bytes_t file, apr_size_t at, const char *text)
{
    apr_size_t len = strlen(text);

    return at <= file.len && len <= file.len - at
        && memcmp(file.data + at, text, len) == 0;
}

/** Does the file end with startxref, the way to its only table, and %%EOF? */
static const char *check_tail(npie_bytes_t file)
{
    apr_size_t at = find_only(file, "startxref\n");
    apr_size_t table = 0;
    int digits = 0;

    if (at == file.len) {
        return "not exactly one startxref";
    }
    at += strlen("startxref\n");
    while (at < file.len && file.data[at] >= '0' && file.data[at] <= '9'
           && digits < START_DIGITS_MAX) {
        table = table * 10 + (apr_size_t)(file.data[at] - '0');
        ++at;
        ++digits;
    }
    if (digits == 0 || !holds(file, at, TAIL)
        || at + strlen(TAIL) != file.len) {
        return "bytes after its end, or no end";
    }
    if (!holds(file, table, "xref\n0 ")) {
        return "startxref leads nowhere";
    }
    return NULL;
}

static int is_hex(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
        || (c >= 'A' && c <= 'F');
}

static unsigned hex_value(unsigned char c)
{
    if (c <= '9') {
        return c - '0';
    }
    return (c & 0x0fu) + 9;
}

/** Finds the signature dictionary; its ByteRange must be what its place in
 * this file makes it, so that nothing lies outside the signature. */
static const char *find_signature(layout_t *layout, npie_bytes_t file)
{
    static const char key[] = "/ByteRange ";
    char range[NPIE_FORM_RANGE_SIZE + 1];
    apr_size_t head = find(file, 0, NPIE_FORM_SIG_HEAD);
    apr_size_t open;
    apr_size_t after;

    layout->range = head + strlen(NPIE_FORM_SIG_HEAD);
    if (head == file.len
        || find_only(file, "/ByteRange") != layout->range - strlen(key)) {
        return "not exactly one signature field of ours";
    }
    open = layout->range + NPIE_FORM_RANGE_SIZE + strlen(NPIE_FORM_SIG_MID);
    after = open + 1 + NPIE_FORM_HEX_SIZE + 1;
    if (after > file.len || file.data[open] != '<'
        || file.data[after - 1] != '>'
        || !holds(file, layout->range + NPIE_FORM_RANGE_SIZE,
                  NPIE_FORM_SIG_MID)) {
        return "the signature is not of our form";
    }
    npie_letter_range_write(range, open, after, file.len);
    if (!holds(file, layout->range, range)) {
        return "the ByteRange is not the whole file but the signature";
    }
    layout->hex = open + 1;
    for (apr_size_t i = layout->hex; i < after - 1; ++i) {
        if (!is_hex(file.data[i])) {
            return "the signature is not hexadecimal";
        }
    }
    return NULL;
}

static const char *find_cadena(layout_t *layout, npie_bytes_t file)
{
    static const char open[] = "<" NPIE_FORM_CADENA ">";
    static const char close[] = "</" NPIE_FORM_CADENA ">";
    apr_size_t from = find_only(file, open);
    apr_size_t to = find_only(file, close);

    if (from == file.len || to == file.len
        || to < from + strlen(open)) {
        return "not exactly one cadena";
    }
    from += strlen(open);
    /* Each of the characters can at most be written as &amp; */
    if (to - from > 5 * NPIE_CADENA_MAX) {
        return "the cadena is too long";
    }
    layout->cadena.data = file.data + from;
    layout->cadena.len = to - from;
    return NULL;
}

/** Finds all parts. @return NULL, or why it is no letter */
static const char *find_parts(layout_t *layout, npie_bytes_t file)
{
    const char *why;

    if (file.len > NPIE_LETTER_MAX) {
        return "too long";
    }
    if (!holds(file, 0, NPIE_FORM_HEAD)) {
        return "does not begin as a letter";
    }
    why = check_tail(file);
    if (why == NULL) {
        why = find_signature(layout, file);
    }
    if (why == NULL) {
        why = find_cadena(layout, file);
    }
    return why;
}

/** Undoes the XML escapes that drawing writes. A bare & < > is refused: two
 * files that differ must not be read as one. @return 1 done, 0 refused */
static int unescape(npie_bytes_t *plain, npie_bytes_t text, apr_pool_t *p)
{
    static const struct { const char *name; unsigned char c; } names[] = {
        { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }
    };
    unsigned char *out = apr_palloc(p, text.len + 1);
    apr_size_t at = 0;

    plain->data = out;
    plain->len = 0;
    while (at < text.len) {
        unsigned char c = text.data[at];
        apr_size_t used = c == '&' || c == '<' || c == '>' ? 0 : 1;

        for (unsigned i = 0; used == 0 && i < 3; ++i) {
            if (holds(text, at, names[i].name)) {
                c = names[i].c;
                used = strlen(names[i].name);
            }
        }
        if (used == 0) {
            return 0;
        }
        out[plain->len++] = c;
        at += used;
    }
    return 1;
}

/** Bytes of the DER SEQUENCE (X.690, 8.1) at the start; 0 when there is none
 * of definite length inside the bytes. */
static apr_size_t der_size(npie_bytes_t der)
{
    apr_size_t len;
    unsigned octets;

    if (der.len < 2 || der.data[0] != 0x30) {
        return 0;
    }
    len = der.data[1];
    octets = len & 0x7fu;
    if (len < 0x80) {
        octets = 0;
    } else if (octets == 0 || octets > 3 || der.len < 2 + octets) {
        return 0;
    } else {
        len = 0;
        for (unsigned i = 0; i < octets; ++i) {
            len = (len << 8) | der.data[2 + i];
        }
    }
    return len <= der.len - 2 - octets ? 2 + octets + len : 0;
}

static int only_zeros(npie_bytes_t bytes, apr_size_t from)
{
    for (apr_size_t i = from; i < bytes.len; ++i) {
        if (bytes.data[i] != 0) {
            return 0;
        }
    }
    return 1;
}

/** Decodes the hex string. @return NULL, or what is wrong with it */
static const char *decode_cms(npie_bytes_t *cms, npie_bytes_t hex,
                              apr_pool_t *p)
{
    unsigned char *out = apr_palloc(p, NPIE_LETTER_CMS_MAX);

    for (apr_size_t i = 0; i < NPIE_LETTER_CMS_MAX; ++i) {
        out[i] = (unsigned char)(hex_value(hex.data[2 * i]) << 4
                                 | hex_value(hex.data[2 * i + 1]));
    }
    cms->data = out;
    cms->len = NPIE_LETTER_CMS_MAX;
    if (out[0] != 0) {
        cms->len = der_size(*cms);
        if (cms->len == 0) {
            return "the signature is no DER";
        }
    } else {
        cms->len = 0;
    }
    if (!only_zeros((npie_bytes_t){ out, NPIE_LETTER_CMS_MAX }, cms->len)) {
        return "bytes after the signature's end";
    }
    return NULL;
}

void npie_letter_range_write(char range[NPIE_FORM_RANGE_SIZE + 1],
                             apr_size_t open, apr_size_t after,
                             apr_size_t size)
{
    int used = snprintf(range, NPIE_FORM_RANGE_SIZE, "[0 %u %u %u",
                        (unsigned)open, (unsigned)after,
                        (unsigned)(size - after));

    memset(range + used, ' ', (size_t)(NPIE_FORM_RANGE_SIZE - 1 - used));
    range[NPIE_FORM_RANGE_SIZE - 1] = ']';
    range[NPIE_FORM_RANGE_SIZE] = '\0';
}

apr_status_t npie_letter_file_parse(npie_letter_file_t **pfile,
                                    npie_bytes_t file, npie_err_t *err,
                                    apr_pool_t *p)
{
    npie_letter_file_t *parts = apr_pcalloc(p, sizeof(*parts));
    npie_cadena_t *cadena = NULL;
    npie_bytes_t plain;
    layout_t layout;
    const char *why = find_parts(&layout, file);

    *pfile = NULL;
    if (why != NULL) {
        return refuse(err, why);
    }
    parts->hex.data = file.data + layout.hex;
    parts->hex.len = NPIE_FORM_HEX_SIZE;
    parts->signed_part[0].data = file.data;
    parts->signed_part[0].len = layout.hex - 1;
    parts->signed_part[1].data = parts->hex.data + parts->hex.len + 1;
    parts->signed_part[1].len = file.len - layout.hex - parts->hex.len - 1;
    why = decode_cms(&parts->cms, parts->hex, p);
    if (why != NULL) {
        return refuse(err, why);
    }
    if (!unescape(&plain, layout.cadena, p)
        || npie_cadena_parse(&cadena, plain, p) != APR_SUCCESS) {
        return refuse(err, "its cadena cannot be read");
    }
    parts->cadena = cadena;
    *pfile = parts;
    return APR_SUCCESS;
}

apr_status_t npie_letter_file_sign(npie_bytes_t *out, npie_bytes_t file,
                                   npie_bytes_t cms, npie_err_t *err,
                                   apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    npie_letter_file_t *parts;
    unsigned char *copy;
    unsigned char *hex;
    apr_status_t rv = npie_letter_file_parse(&parts, file, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (cms.len == 0 || cms.len > NPIE_LETTER_CMS_MAX
        || der_size(cms) != cms.len) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the signature is no DER SEQUENCE of at most %d "
                            "bytes", NPIE_LETTER_CMS_MAX);
    }
    if (parts->cms.len != 0
        && (parts->cms.len != cms.len
            || memcmp(parts->cms.data, cms.data, cms.len) != 0)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the letter has another signature already");
    }
    copy = apr_pmemdup(p, file.data, file.len);
    hex = copy + (parts->hex.data - file.data);
    for (apr_size_t i = 0; i < cms.len; ++i) {
        hex[2 * i] = (unsigned char)digits[cms.data[i] >> 4];
        hex[2 * i + 1] = (unsigned char)digits[cms.data[i] & 0x0f];
    }
    out->data = copy;
    out->len = file.len;
    return APR_SUCCESS;
}
