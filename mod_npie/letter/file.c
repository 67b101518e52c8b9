/* SPDX-License-Identifier: Apache-2.0
 * Takes a letter's file apart and puts a signature into it.
 */
#include "letter/file.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/file_scan.h"
#include "model/zone.h"

#define TAIL "\n%%EOF\n"

/** Where the parts are, before anything is decoded. */
typedef struct layout_t {
    npie_scan_slot_t slot;
    npie_bytes_t cadena; /**< escaped */
    const char *zone;
    npie_bytes_t data;   /**< the same; NULL: none */
} layout_t;

static apr_status_t refuse(npie_err_t *err, const char *why)
{
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER, "letter file: %s",
                        why);
}

/** Does the file end with startxref, the way to its only table, and %%EOF? */
static const char *check_tail(npie_bytes_t file)
{
    apr_size_t at = npie_scan_only(file, "startxref\n");
    apr_size_t table;
    apr_size_t end;

    if (at == file.len) {
        return "not exactly one startxref";
    }
    at += strlen("startxref\n");
    end = npie_scan_number(&table, file, at);
    if (end == at || !npie_scan_holds(file, end, TAIL)
        || end + strlen(TAIL) != file.len) {
        return "bytes after its end, or no end";
    }
    if (!npie_scan_holds(file, table, "xref\n0 ")) {
        return "startxref leads nowhere";
    }
    return NULL;
}

/** Finds the signature dictionary; its ByteRange must be what its place in
 * this file makes it, so that nothing lies outside the signature. */
static const char *find_signature(layout_t *layout, npie_bytes_t file)
{
    apr_size_t end;

    if (npie_scan_find(file, 0, NPIE_FORM_SIG_HEAD) == file.len
        || npie_scan_only(file, "/ByteRange") == file.len) {
        return "not exactly one signature field of ours";
    }
    if (!npie_scan_slot(&layout->slot, file, 0)) {
        return "the signature is not of our form";
    }
    if (!npie_scan_range(&end, file, &layout->slot) || end != file.len) {
        return "the ByteRange is not the whole file but the signature";
    }
    return NULL;
}

/** Finds the content of an element that is in the file once. @return 1 */
static int find_element(npie_bytes_t *content, npie_bytes_t file,
                        const char *open, const char *close, apr_size_t max)
{
    apr_size_t from = npie_scan_only(file, open);
    apr_size_t to = npie_scan_only(file, close);

    if (from == file.len || to == file.len || to < from + strlen(open)) {
        return 0;
    }
    from += strlen(open);
    content->data = file.data + from;
    content->len = to - from;
    /* Each of the characters can at most be written as &amp; */
    return content->len <= 5 * max;
}

static const char *find_metadata(layout_t *layout, npie_bytes_t file)
{
    static const char open[] = "<" NPIE_FORM_DATA ">";

    if (!find_element(&layout->cadena, file, "<" NPIE_FORM_CADENA ">",
                      "</" NPIE_FORM_CADENA ">", NPIE_CADENA_MAX)) {
        return "not exactly one cadena, or too long";
    }
    layout->data.data = NULL;
    return npie_scan_find(file, 0, open) == file.len
        || find_element(&layout->data, file, open, "</" NPIE_FORM_DATA ">",
                        NPIE_LETTER_DATA_MAX) ? NULL
        : "not one element of data, or too long";
}

/** The name of the time zone. A letter may lack it. */
static const char *find_zone(const char **pzone, npie_bytes_t file)
{
    static const char open[] = "<" NPIE_FORM_ZONE ">";
    static const char close[] = "</" NPIE_FORM_ZONE ">";
    const apr_size_t from = npie_scan_only(file, open) + strlen(open);
    const apr_size_t to = npie_scan_only(file, close);
    char name[NPIE_ZONE_SIZE];

    *pzone = NULL;
    if (npie_scan_find(file, 0, open) == file.len) {
        return NULL;
    }
    if (from < file.len && to < file.len && to > from
        && to - from < sizeof(name)) {
        memcpy(name, file.data + from, to - from);
        name[to - from] = '\0';
        *pzone = npie_zone_find(name);
    }
    return *pzone != NULL ? NULL : "not exactly one time zone of Mexico";
}

/** Finds all parts. @return NULL, or why it is no letter */
static const char *find_parts(layout_t *layout, npie_bytes_t file)
{
    const char *why;

    if (file.len > NPIE_LETTER_MAX) {
        return "too long";
    }
    if (!npie_scan_holds(file, 0, NPIE_FORM_HEAD)) {
        return "does not begin as a letter";
    }
    why = check_tail(file);
    if (why == NULL) {
        why = find_signature(layout, file);
    }
    if (why == NULL) {
        why = find_metadata(layout, file);
    }
    if (why == NULL) {
        why = find_zone(&layout->zone, file);
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
            if (npie_scan_holds(text, at, names[i].name)) {
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

apr_status_t npie_letter_file_parse(npie_letter_file_t **pfile,
                                    npie_bytes_t file, npie_err_t *err,
                                    apr_pool_t *p)
{
    npie_letter_file_t *parts = apr_pcalloc(p, sizeof(*parts));
    npie_cadena_t *cadena = NULL;
    npie_letter_data_t *data = NULL;
    npie_bytes_t plain;
    layout_t layout;
    const char *why = find_parts(&layout, file);

    *pfile = NULL;
    if (why != NULL) {
        return refuse(err, why);
    }
    parts->hex.data = file.data + layout.slot.open + 1;
    parts->hex.len = NPIE_FORM_HEX_SIZE;
    parts->signed_part[0].data = file.data;
    parts->signed_part[0].len = layout.slot.open;
    parts->signed_part[1].data = file.data + layout.slot.after;
    parts->signed_part[1].len = file.len - layout.slot.after;
    why = npie_scan_cms(&parts->cms, parts->hex, p);
    if (why != NULL) {
        return refuse(err, why);
    }
    if (!unescape(&plain, layout.cadena, p)
        || npie_cadena_parse(&cadena, plain, p) != APR_SUCCESS) {
        return refuse(err, "its cadena cannot be read");
    }
    if (layout.data.data != NULL
        && (!unescape(&plain, layout.data, p)
            || npie_letter_data_parse(&data, plain, p) != APR_SUCCESS)) {
        return refuse(err, "its data cannot be read");
    }
    parts->cadena = cadena;
    parts->zone = layout.zone;
    parts->data = data;
    *pfile = parts;
    return APR_SUCCESS;
}

static int same(npie_bytes_t a, npie_bytes_t b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

int npie_letter_file_same(const npie_letter_file_t *a,
                          const npie_letter_file_t *b)
{
    return a->hex.len == b->hex.len
        && same(a->signed_part[0], b->signed_part[0])
        && same(a->signed_part[1], b->signed_part[1]);
}

apr_status_t npie_letter_file_sign(npie_bytes_t *out, npie_bytes_t file,
                                   npie_bytes_t cms, npie_err_t *err,
                                   apr_pool_t *p)
{
    npie_letter_file_t *parts;
    unsigned char *copy;
    apr_status_t rv = npie_letter_file_parse(&parts, file, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (cms.len == 0 || cms.len > NPIE_LETTER_CMS_MAX
        || npie_scan_der_size(cms) != cms.len) {
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
    npie_scan_hex_write(copy + (parts->hex.data - file.data), cms);
    out->data = copy;
    out->len = file.len;
    return APR_SUCCESS;
}
