/* SPDX-License-Identifier: Apache-2.0
 * Writes the section that seals a letter. The letter's objects determine every
 * byte of it, so a reader can write the section again and compare: nothing else
 * can hide in it.
 */
#include "letter/seal.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/file_scan.h"

#define FIELD "/FT /Sig\n/T (Instituto)\n"
#define BEGIN " 0 obj\n<<\n"
#define END ">>\nendobj\n"
/* The letter's text font, as libharu writes it (fonts.c). */
#define FONT "+LiberationSerif\n/Encoding /WinAnsiEncoding\n"

/* The line on the page: its form, size, and width in thousandths of the size,
 * which all dates share because digits have one width. */
#define LINE "Sellado el %02d/%02d/%04d a las %02d:%02d:%02d \\(UTC\\)"
#define LINE_SIZE 8
#define LINE_WIDTH 17540
#define LINE_BOTTOM 14

/** What the section is made of; views into the letter. */
typedef struct parts_t {
    apr_size_t field;      /**< number of the field's object */
    npie_bytes_t body;     /**< the field's entries */
    npie_bytes_t trailer;  /**< entries of the trailer up to its Size */
    npie_bytes_t trailer2; /**< and after it */
    apr_size_t size;       /**< number of the first new object */
    apr_size_t table;      /**< place of the letter's cross-reference table */
    apr_size_t font;       /**< number of the text font's object; 0: none */
    apr_size_t width;      /**< of the field */
    npie_bytes_t box;      /**< the field's BBox, as it stands there */
} parts_t;

/** What the new objects are and where they lie. */
typedef struct section_t {
    const char *text[2]; /**< before '<' and after '>' */
    apr_size_t range;    /**< place of '[' in the section */
} section_t;

static npie_bytes_t between(npie_bytes_t file, apr_size_t from, apr_size_t to)
{
    return (npie_bytes_t){ file.data + from, to - from };
}

static char *copy(npie_bytes_t bytes, apr_pool_t *p)
{
    return apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
}

/** The object in which a place lies: its number and its entries; 1 found. */
static int enclosing(apr_size_t *number, npie_bytes_t *body, npie_bytes_t file,
                     apr_size_t at)
{
    const apr_size_t len = strlen(BEGIN);
    apr_size_t begin = at;
    apr_size_t digit;
    apr_size_t end;

    while (begin > 0 && !npie_scan_holds(file, begin, BEGIN)) {
        --begin;
    }
    for (digit = begin; digit > 0 && file.data[digit - 1] != '\n'; --digit) {
    }
    end = npie_scan_find(file, at, END);
    if (begin == 0 || end == file.len
        || npie_scan_number(number, file, digit) != begin || digit == begin) {
        return 0;
    }
    *body = between(file, begin + len, end);
    return 1;
}

/** The number that follows a text in a piece of the file; 0 when the text is
 * not there just once. */
static apr_size_t number_after(npie_bytes_t piece, const char *text)
{
    apr_size_t at = npie_scan_only(piece, text);
    apr_size_t number = 0;

    if (at < piece.len) {
        npie_scan_number(&number, piece, at + strlen(text));
    }
    return number;
}

static const char *find_trailer(parts_t *parts, npie_bytes_t file)
{
    static const char open[] = "trailer\n<<\n";
    static const char size[] = "/Size ";
    const apr_size_t end = npie_scan_only(file, ">>\nstartxref\n");
    npie_bytes_t trailer;
    apr_size_t at;

    parts->table = number_after(file, "startxref\n");
    at = npie_scan_find(file, parts->table, open);
    if (end == file.len || at > end) {
        return "no trailer of ours";
    }
    trailer = between(file, at + strlen(open), end);
    parts->size = number_after(trailer, size);
    at = npie_scan_only(trailer, size);
    if (parts->size == 0 || parts->size > 999999) {
        return "the trailer does not say how many objects there are";
    }
    parts->trailer = between(trailer, 0, at);
    at = npie_scan_find(trailer, at, "\n");
    parts->trailer2 = between(trailer, at < trailer.len ? at + 1 : at,
                              trailer.len);
    return NULL;
}

/** The font, and the room for the line on the page. A letter without them is
 * sealed without the line. */
static void find_line(parts_t *parts, npie_bytes_t file, apr_pool_t *p)
{
    static const char open[] = "/BBox [ 0 0 ";
    const apr_size_t font = npie_scan_only(file, FONT);
    const char *form = apr_psprintf(p, "\n%" APR_SIZE_T_FMT BEGIN,
                                    number_after(parts->body, "/N "));
    apr_size_t at = npie_scan_only(file, form);
    apr_size_t end;
    npie_bytes_t entries;

    at = npie_scan_find(file, at, open);
    end = npie_scan_number(&parts->width, file, at + strlen(open));
    if (font < file.len && end < file.len && parts->width < 10000
        && parts->width * 1000 > LINE_WIDTH * LINE_SIZE
        && !enclosing(&parts->font, &entries, file, font)) {
        parts->font = 0;
    }
    parts->box = between(file, at, at);
    if (parts->font != 0) {
        parts->box = between(file, at, npie_scan_find(file, end, "\n"));
    }
}

static const char *find_parts(parts_t *parts, npie_bytes_t file,
                              apr_pool_t *p)
{
    const apr_size_t at = npie_scan_only(file, FIELD);

    memset(parts, 0, sizeof(*parts));
    if (at == file.len
        || !enclosing(&parts->field, &parts->body, file, at)
        || npie_scan_only(parts->body, "/V ") != parts->body.len) {
        return "no empty field for the seal";
    }
    find_line(parts, file, p);
    return find_trailer(parts, file);
}

/** The field's appearance with the line: an object. */
static const char *appearance(const parts_t *parts, apr_size_t number,
                              const apr_time_exp_t *x, apr_pool_t *p)
{
    const apr_size_t left = (parts->width * 1000 - LINE_WIDTH * LINE_SIZE)
                            / 2000;
    const char *draw =
        apr_psprintf(p, "q BT /F %d Tf 0 g %" APR_SIZE_T_FMT " %d Td (" LINE
                     ") Tj ET Q\n", LINE_SIZE, left, LINE_BOTTOM, x->tm_mday,
                     x->tm_mon + 1, x->tm_year + 1900, x->tm_hour, x->tm_min,
                     x->tm_sec);

    return apr_psprintf(p, "%" APR_SIZE_T_FMT BEGIN
                        "/Length %" APR_SIZE_T_FMT "\n/Type /XObject\n"
                        "/Subtype /Form\n%s\n/Resources <<\n/Font <<\n"
                        "/F %" APR_SIZE_T_FMT " 0 R\n>>\n>>\n>>\n"
                        "stream\r\n%s\nendstream\nendobj\n", number,
                        strlen(draw), copy(parts->box, p), parts->font, draw);
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
        return copy(body, p);
    }
    return apr_psprintf(p, "%s%" APR_SIZE_T_FMT "%s",
                        copy(between(body, 0, at + strlen(open)), p), form,
                        copy(between(body, end, body.len), p));
}

/** The table of the new objects and the way to it. */
static const char *table(const parts_t *parts, const apr_size_t *places,
                         apr_size_t at, apr_pool_t *p)
{
    const int count = parts->font != 0 ? 2 : 1;
    char *text = apr_psprintf(p, "xref\n0 1\n0000000000 65535 f\r\n"
                              "%" APR_SIZE_T_FMT " 1\n%010" APR_SIZE_T_FMT
                              " 00000 n\r\n%" APR_SIZE_T_FMT " %d\n",
                              parts->field, places[0], parts->size, count);

    for (int i = 1; i <= count; ++i) {
        text = apr_psprintf(p, "%s%010" APR_SIZE_T_FMT " 00000 n\r\n", text,
                            places[i]);
    }
    return apr_psprintf(p, "%strailer\n<<\n%s/Size %" APR_SIZE_T_FMT "\n%s"
                        "/Prev %" APR_SIZE_T_FMT "\n>>\nstartxref\n"
                        "%" APR_SIZE_T_FMT "\n%%%%EOF\n", text,
                        copy(parts->trailer, p), parts->size + (apr_size_t)count,
                        copy(parts->trailer2, p), parts->table, at);
}

/** All of the section but the hex string. The ByteRange is filled in later.
 * @param size of the letter */
static void write_texts(section_t *section, const parts_t *parts,
                        apr_size_t size, apr_time_t time, apr_pool_t *p)
{
    apr_size_t places[3] = { size, 0, 0 };
    const char *field;
    const char *form = "";
    const char *rest;
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, time);
    if (parts->font != 0) {
        form = appearance(parts, parts->size + 1, &x, p);
    }
    field = apr_psprintf(p, "%" APR_SIZE_T_FMT BEGIN "%s/V %" APR_SIZE_T_FMT
                         " 0 R\n" END, parts->field,
                         field_entries(parts, parts->size + 1, p),
                         parts->size);
    places[2] = size + strlen(field);
    places[1] = places[2] + strlen(form);
    section->text[0] = apr_psprintf(p, "%s%s%" APR_SIZE_T_FMT BEGIN
                                    NPIE_FORM_SIG_HEAD, field, form,
                                    parts->size);
    section->range = strlen(section->text[0]);
    section->text[0] = apr_psprintf(p, "%s%*s" NPIE_FORM_SIG_MID,
                                    section->text[0], NPIE_FORM_RANGE_SIZE,
                                    "");
    rest = apr_psprintf(p, "\n/M (D:%04d%02d%02d%02d%02d%02dZ)\n" END,
                        x.tm_year + 1900, x.tm_mon + 1, x.tm_mday, x.tm_hour,
                        x.tm_min, x.tm_sec);
    section->text[1] =
        apr_pstrcat(p, rest,
                    table(parts, places, size + strlen(section->text[0])
                          + NPIE_FORM_HEX_SIZE + 2 + strlen(rest), p), NULL);
}

/** Puts the texts together around the empty hex string. */
static npie_seal_t *assemble(const section_t *section, npie_bytes_t letter,
                             apr_pool_t *p)
{
    npie_seal_t *seal = apr_palloc(p, sizeof(*seal));
    const apr_size_t open = strlen(section->text[0]);
    const apr_size_t after = open + NPIE_FORM_HEX_SIZE + 2;
    const apr_size_t len = after + strlen(section->text[1]);
    unsigned char *data = apr_palloc(p, len);
    char range[NPIE_FORM_RANGE_SIZE + 1];

    npie_letter_range_write(range, letter.len + open, letter.len + after,
                            letter.len + len);
    memcpy(data, section->text[0], open);
    memcpy(data + section->range, range, NPIE_FORM_RANGE_SIZE);
    data[open] = '<';
    seal->hex = data + open + 1;
    memset(seal->hex, '0', NPIE_FORM_HEX_SIZE);
    data[after - 1] = '>';
    memcpy(data + after, section->text[1], len - after);
    seal->section = (npie_bytes_t){ data, len };
    seal->signed_part[0] = letter;
    seal->signed_part[1] = between(seal->section, 0, open);
    seal->signed_part[2] = between(seal->section, after, len);
    return seal;
}

apr_status_t npie_seal_prepare(npie_seal_t **pseal, npie_bytes_t letter,
                               apr_time_t time, npie_err_t *err,
                               apr_pool_t *p)
{
    npie_letter_file_t *file;
    section_t section;
    const char *why;
    parts_t parts;
    apr_status_t rv = npie_letter_file_parse(&file, letter, err, p);

    *pseal = NULL;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    why = file->cms.len == 0 ? "it is not signed"
                             : find_parts(&parts, letter, p);
    if (why != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "the letter cannot be sealed: %s", why);
    }
    write_texts(&section, &parts, letter.len, time, p);
    *pseal = assemble(&section, letter, p);
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
