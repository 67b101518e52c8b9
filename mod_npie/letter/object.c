/* SPDX-License-Identifier: Apache-2.0
 * Finds objects of a letter's file, and puts sections together.
 */
#include "letter/object.h"

#include <string.h>

#include <apr_strings.h>

npie_bytes_t npie_object_between(npie_bytes_t file, apr_size_t from,
                                 apr_size_t to)
{
    return (npie_bytes_t){ file.data + from, to - from };
}

char *npie_object_text(npie_bytes_t bytes, apr_pool_t *p)
{
    return apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
}

int npie_object_enclosing(apr_size_t *number, npie_bytes_t *body,
                          npie_bytes_t file, apr_size_t at)
{
    const apr_size_t len = strlen(NPIE_OBJECT_BEGIN);
    apr_size_t begin = at;
    apr_size_t digit;
    apr_size_t end;

    while (begin > 0 && !npie_scan_holds(file, begin, NPIE_OBJECT_BEGIN)) {
        --begin;
    }
    for (digit = begin; digit > 0 && file.data[digit - 1] != '\n'; --digit) {
    }
    end = npie_scan_find(file, at, NPIE_OBJECT_END);
    if (begin == 0 || end == file.len
        || npie_scan_number(number, file, digit) != begin || digit == begin) {
        return 0;
    }
    *body = npie_object_between(file, begin + len, end);
    return 1;
}

int npie_object_entries(npie_bytes_t *body, npie_bytes_t file,
                        apr_size_t number, apr_pool_t *p)
{
    const char *form = apr_psprintf(p, "\n%" APR_SIZE_T_FMT NPIE_OBJECT_BEGIN,
                                    number);
    const apr_size_t at = npie_scan_only(file, form);
    const apr_size_t end = npie_scan_find(file, at, NPIE_OBJECT_END);

    if (number == 0 || at == file.len || end == file.len) {
        return 0;
    }
    *body = npie_object_between(file, at + strlen(form), end);
    return 1;
}

apr_size_t npie_object_number_after(npie_bytes_t piece, const char *text)
{
    apr_size_t at = npie_scan_only(piece, text);
    apr_size_t number = 0;

    if (at < piece.len) {
        npie_scan_number(&number, piece, at + strlen(text));
    }
    return number;
}

const char *npie_object_trailer(npie_object_trailer_t *parts,
                                npie_bytes_t letter)
{
    static const char open[] = "trailer\n<<\n";
    static const char size[] = "/Size ";
    const apr_size_t end = npie_scan_only(letter, ">>\nstartxref\n");
    npie_bytes_t trailer;
    apr_size_t at;

    parts->table = npie_object_number_after(letter, "startxref\n");
    at = npie_scan_find(letter, parts->table, open);
    if (end == letter.len || at > end) {
        return "no trailer of ours";
    }
    trailer = npie_object_between(letter, at + strlen(open), end);
    parts->size = npie_object_number_after(trailer, size);
    at = npie_scan_only(trailer, size);
    if (parts->size == 0 || parts->size > 999999) {
        return "the trailer does not say how many objects there are";
    }
    parts->before = npie_object_between(trailer, 0, at);
    at = npie_scan_find(trailer, at, "\n");
    parts->after = npie_object_between(
        trailer, at < trailer.len ? at + 1 : at, trailer.len);
    return NULL;
}

const char *npie_object_trailer_text(const npie_object_trailer_t *trailer,
                                     apr_size_t size, apr_size_t previous,
                                     apr_size_t table, apr_pool_t *p)
{
    return apr_psprintf(p, "trailer\n<<\n%s/Size %" APR_SIZE_T_FMT "\n%s"
                        "/Prev %" APR_SIZE_T_FMT "\n>>\nstartxref\n"
                        "%" APR_SIZE_T_FMT "\n%%%%EOF\n",
                        npie_object_text(trailer->before, p), size,
                        npie_object_text(trailer->after, p), previous, table);
}

npie_seal_t *npie_object_section(npie_bytes_t file, npie_bytes_t head,
                                 apr_size_t range, npie_bytes_t tail,
                                 apr_pool_t *p)
{
    npie_seal_t *seal = apr_palloc(p, sizeof(*seal));
    const apr_size_t after = head.len + NPIE_FORM_HEX_SIZE + 2;
    const apr_size_t len = after + tail.len;
    unsigned char *data = apr_palloc(p, len);
    char text[NPIE_FORM_RANGE_SIZE + 1];

    npie_letter_range_write(text, file.len + head.len, file.len + after,
                            file.len + len);
    memcpy(data, head.data, head.len);
    memcpy(data + range, text, NPIE_FORM_RANGE_SIZE);
    data[head.len] = '<';
    seal->hex = data + head.len + 1;
    memset(seal->hex, '0', NPIE_FORM_HEX_SIZE);
    data[after - 1] = '>';
    memcpy(data + after, tail.data, tail.len);
    seal->section = (npie_bytes_t){ data, len };
    seal->signed_part[0] = file;
    seal->signed_part[1] = npie_object_between(seal->section, 0, head.len);
    seal->signed_part[2] = npie_object_between(seal->section, after, len);
    return seal;
}
