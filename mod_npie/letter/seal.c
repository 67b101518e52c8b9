/* SPDX-License-Identifier: Apache-2.0
 * Writes the section that seals a letter. The letter's objects, the time and
 * the face determine every byte of it, so a reader can write the section again
 * and compare: nothing else can hide in it.
 */
#include "letter/seal.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/file_scan.h"
#include "letter/object.h"
#include "letter/printed.h"
#include "pki/digest.h"

#define FIELD "/FT /Sig\n/T (Instituto)\n"
/* The letter's text font, as libharu writes it (fonts.c). */
#define FONT "+LiberationSerif\n/Encoding /WinAnsiEncoding\n"

/** What the section is made of; views into the letter. */
typedef struct parts_t {
    apr_size_t field;      /**< number of the field's object */
    npie_bytes_t body;     /**< the field's entries */
    npie_object_trailer_t trailer;
    apr_size_t font;       /**< number of the text font's object; 0: none */
    npie_face_place_t place; /**< what is drawn on the field, and how wide it
                                  is */
    npie_bytes_t box;      /**< the field's BBox, as it stands there */
} parts_t;

/** What the new objects are and where they lie. */
typedef struct section_t {
    const char *text[2]; /**< before '<' and after '>' */
    apr_size_t range;    /**< place of '[' in the section */
} section_t;

/** The font, and the room for the line on the page. A letter without them is
 * sealed without the line. */
static void find_line(parts_t *parts, npie_bytes_t file,
                      const npie_face_t *face, apr_pool_t *p)
{
    static const char open[] = "/BBox [ 0 0 ";
    apr_size_t *width = &parts->place.width;
    const apr_size_t font = npie_scan_only(file, FONT);
    const char *form =
        apr_psprintf(p, "\n%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN,
                     npie_object_number_after(parts->body, "/N "));
    apr_size_t at = npie_scan_only(file, form);
    apr_size_t end;
    npie_bytes_t entries;

    at = npie_scan_find(file, at, open);
    end = npie_scan_number(width, file, at + strlen(open));
    if (font < file.len && end < file.len && *width < 10000
        && npie_face_draw(face, &parts->place, p) != NULL
        && !npie_object_enclosing(&parts->font, &entries, file, font)) {
        parts->font = 0;
    }
    parts->box = npie_object_between(file, at, at);
    if (parts->font != 0) {
        parts->box = npie_object_between(file, at,
                                         npie_scan_find(file, end, "\n"));
    }
}

static const char *find_parts(parts_t *parts, npie_bytes_t file,
                              const npie_face_t *face, apr_pool_t *p)
{
    const apr_size_t at = npie_scan_only(file, FIELD);

    if (at == file.len
        || !npie_object_enclosing(&parts->field, &parts->body, file, at)
        || npie_scan_only(parts->body, "/V ") != parts->body.len) {
        return "no empty field for the seal";
    }
    find_line(parts, file, face, p);
    return npie_object_trailer(&parts->trailer, file);
}

/** The field's appearance: an object.
 * @param draw its operators */
static const char *appearance(const parts_t *parts, apr_size_t number,
                              const char *draw, apr_pool_t *p)
{
    return apr_psprintf(p, "%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN
                        "/Length %" APR_SIZE_T_FMT "\n/Type /XObject\n"
                        "/Subtype /Form\n%s\n/Resources <<\n/Font <<\n"
                        "/F %" APR_SIZE_T_FMT " 0 R\n>>\n>>\n>>\n"
                        "stream\r\n%s\nendstream\nendobj\n", number,
                        strlen(draw), npie_object_text(parts->box, p),
                        parts->font, draw);
}

/** The field's entries, with the appearance's number where it has one. */
static const char *field_entries(const parts_t *parts, apr_size_t form,
                                 apr_pool_t *p)
{
    static const char open[] = "/AP <<\n/N ";
    const npie_bytes_t body = parts->body;
    const apr_size_t at = npie_scan_only(body, open);
    const apr_size_t end = npie_scan_find(body, at, " 0 R\n");

    if (parts->font == 0 || end == body.len) {
        return npie_object_text(body, p);
    }
    return apr_psprintf(p, "%s%" APR_SIZE_T_FMT "%s",
                        npie_object_text(npie_object_between(
                            body, 0, at + strlen(open)), p), form,
                        npie_object_text(npie_object_between(
                            body, end, body.len), p));
}

/** The table of the new objects and the way to it. */
static const char *table(const parts_t *parts, const apr_size_t *places,
                         apr_size_t at, apr_pool_t *p)
{
    const int count = parts->font != 0 ? 2 : 1;
    char *text = apr_psprintf(p, "xref\n0 1\n0000000000 65535 f\r\n"
                              "%" APR_SIZE_T_FMT " 1\n%010" APR_SIZE_T_FMT
                              " 00000 n\r\n%" APR_SIZE_T_FMT " %d\n",
                              parts->field, places[0], parts->trailer.size,
                              count);

    for (int i = 1; i <= count; ++i) {
        text = apr_psprintf(p, "%s%010" APR_SIZE_T_FMT " 00000 n\r\n", text,
                            places[i]);
    }
    return apr_pstrcat(p, text, npie_object_trailer_text(
        &parts->trailer, parts->trailer.size + (apr_size_t)count,
        parts->trailer.table, at, p), NULL);
}

/** All of the section but the hex string. The ByteRange is filled in later.
 * @param size of the letter */
static void write_texts(section_t *section, const parts_t *parts,
                        apr_size_t size, const npie_face_t *face,
                        apr_pool_t *p)
{
    apr_size_t places[3] = { size, 0, 0 };
    const char *field;
    const char *form = "";
    const char *rest;
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, parts->place.time);
    if (parts->font != 0) {
        form = appearance(parts, parts->trailer.size + 1,
                          npie_face_draw(face, &parts->place, p), p);
    }
    field = apr_psprintf(p, "%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN "%s/V %"
                         APR_SIZE_T_FMT " 0 R\n" NPIE_OBJECT_END,
                         parts->field,
                         field_entries(parts, parts->trailer.size + 1, p),
                         parts->trailer.size);
    places[2] = size + strlen(field);
    places[1] = places[2] + strlen(form);
    section->text[0] = apr_psprintf(p, "%s%s%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN
                                    NPIE_FORM_SIG_HEAD, field, form,
                                    parts->trailer.size);
    section->range = strlen(section->text[0]);
    section->text[0] = apr_psprintf(p, "%s%*s" NPIE_FORM_SIG_MID,
                                    section->text[0], NPIE_FORM_RANGE_SIZE,
                                    "");
    rest = apr_psprintf(p, "\n/M (D:%04d%02d%02d%02d%02d%02dZ)\n"
                        NPIE_OBJECT_END,
                        x.tm_year + 1900, x.tm_mon + 1, x.tm_mday, x.tm_hour,
                        x.tm_min, x.tm_sec);
    section->text[1] =
        apr_pstrcat(p, rest,
                    table(parts, places, size + strlen(section->text[0])
                          + NPIE_FORM_HEX_SIZE + 2 + strlen(rest), p), NULL);
}

/* What the letter itself gives a face to show. */
static apr_status_t find_place(npie_face_place_t *place,
                               const npie_letter_file_t *file,
                               npie_bytes_t letter, npie_err_t *err,
                               apr_pool_t *p)
{
    char *digest = apr_palloc(p, NPIE_SHA256_HEX_SIZE);
    char *code = apr_palloc(p, NPIE_PRINTED_CODE_SIZE);
    apr_status_t rv = npie_printed_code(code, file->cms, err, p);

    place->letter = file->cadena->time;
    place->digest = digest;
    place->code = code;
    return rv != APR_SUCCESS ? rv : npie_sha256_hex(digest, letter);
}

apr_status_t npie_seal_prepare(npie_seal_t **pseal, npie_bytes_t letter,
                               apr_time_t time, const npie_face_t *face,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_letter_file_t *file;
    section_t section;
    const char *why;
    parts_t parts;
    apr_status_t rv = npie_letter_file_parse(&file, letter, err, p);

    *pseal = NULL;
    memset(&parts, 0, sizeof(parts));
    parts.place.time = time;
    if (rv == APR_SUCCESS && file->cms.len > 0) {
        rv = find_place(&parts.place, file, letter, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    why = file->cms.len == 0 ? "it is not signed"
                             : find_parts(&parts, letter, face, p);
    if (why != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "the letter cannot be sealed: %s", why);
    }
    write_texts(&section, &parts, letter.len, face, p);
    *pseal = npie_object_section(
        letter, (npie_bytes_t){ (const unsigned char *)section.text[0],
                                strlen(section.text[0]) }, section.range,
        (npie_bytes_t){ (const unsigned char *)section.text[1],
                        strlen(section.text[1]) }, p);
    return APR_SUCCESS;
}

apr_status_t npie_seal_fill(npie_seal_t *seal, npie_bytes_t cms,
                            npie_err_t *err)
{
    if (cms.len == 0 || cms.len > NPIE_LETTER_CMS_MAX
        || npie_scan_der_size(cms) != cms.len) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the seal is no DER SEQUENCE of at most %d bytes",
                            NPIE_LETTER_CMS_MAX);
    }
    memset(seal->hex, '0', NPIE_FORM_HEX_SIZE);
    npie_scan_hex_write(seal->hex, cms);
    return APR_SUCCESS;
}
