/* SPDX-License-Identifier: Apache-2.0
 * Draws what a seal shows, and reads it back.
 */
#include "letter/face.h"

#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "letter/file_scan.h"

/* The line: its form, size, and its width in thousandths of the size, which
 * all times share because digits have one width and Mexico lies west of
 * Greenwich. */
#define TIME "%02d/%02d/%04d a las %02d:%02d:%02d"
#define LINE "Sellado el " TIME " \\(UTC%s\\)"
#define LINE_SIZE 8
#define LINE_BOTTOM 14
#define OFFSET_OPEN " \\(UTC"

/* The sello: six lines below that one, which stand above each other. */
#define SEAL_OPEN " Td (Sello: "
#define SIGNER_OPEN " Td (Patr\\363n: "
#define SELLO "q BT /F 6 Tf 0 g " \
    "1 0 0 1 %d 53 Tm 0 0 Td (" LINE ") Tj 0 -7.6 Td (Sello: %s) Tj " \
    "0 -7.6 Td (Patr\\363n: %s) Tj 0 -7.6 Td (Carta del " TIME ") Tj " \
    "0 -7.6 Td (SHA-256: %.32s) Tj 0 -7.6 Td (%s) Tj " \
    "0 -7.6 Td (C\\363digo: %s) Tj ET Q\n"
#define SERIAL_MAX 48

/* The QR code, a stencil, so that no colour and no smoothing comes into it
 * (ISO 32000-1, 8.9.6.2 and 8.9.7). */
#define SQUARE "q 92 0 0 92 10 10 cm BI /W %d /H %d /IM true /BPC 1 /D [1 0] " \
    "/F /AHx ID %s> EI Q\n"
#define SQUARE_OPEN " cm BI /W "
#define SQUARE_DATA " ID "

static const apr_size_t widths[] = { [NPIE_FACE_UTC] = 17540,
                                     [NPIE_FACE_LOCAL] = 20151,
                                     [NPIE_FACE_PAPER] = 20151 };

/* "-06:00"; "" for UTC. */
static const char *offset_text(const npie_face_t *face, apr_pool_t *p)
{
    const int minutes = abs(face->offset) / 60;

    return face->form == NPIE_FACE_UTC ? ""
        : apr_psprintf(p, "%c%02d:%02d", face->offset < 0 ? '-' : '+',
                       minutes / 60, minutes % 60);
}

/* Hex digits of a row of modules. */
static int row_digits(int modules)
{
    return (modules + 7) / 8 * 2;
}

/* Sello and code, one beside the other. */
static const char *draw_paper(const npie_face_t *face,
                              const npie_face_place_t *place, apr_pool_t *p)
{
    const char *square = face->modules == 0 ? ""
        : apr_psprintf(p, SQUARE, face->modules, face->modules, face->square);
    apr_time_exp_t x, letter;

    apr_time_exp_tz(&x, place->time, face->offset);
    apr_time_exp_tz(&letter, place->letter, face->offset);
    return apr_pstrcat(p, square, apr_psprintf(
        p, SELLO, NPIE_FACE_LEFT, x.tm_mday, x.tm_mon + 1, x.tm_year + 1900,
        x.tm_hour, x.tm_min, x.tm_sec, offset_text(face, p), face->seal,
        face->signer, letter.tm_mday, letter.tm_mon + 1, letter.tm_year + 1900,
        letter.tm_hour, letter.tm_min, letter.tm_sec, place->digest,
        place->digest + 32, place->code), NULL);
}

const char *npie_face_draw(const npie_face_t *face,
                           const npie_face_place_t *place, apr_pool_t *p)
{
    const apr_size_t line = widths[face->form] * LINE_SIZE;
    const apr_size_t width = place->width;
    apr_time_exp_t x;

    if (face->form == NPIE_FACE_PAPER && width >= NPIE_FACE_WIDTH) {
        return draw_paper(face, place, p);
    }
    if (width * 1000 <= line) {
        return NULL;
    }
    apr_time_exp_tz(&x, place->time,
                    face->form == NPIE_FACE_UTC ? 0 : face->offset);
    return apr_psprintf(p, "q BT /F %d Tf 0 g %" APR_SIZE_T_FMT " %d Td (" LINE
                        ") Tj ET Q\n", LINE_SIZE, (width * 1000 - line) / 2000,
                        LINE_BOTTOM, x.tm_mday, x.tm_mon + 1, x.tm_year + 1900,
                        x.tm_hour, x.tm_min, x.tm_sec, offset_text(face, p));
}

/* Two digits below a bound; -1: none. */
static int pair(npie_bytes_t section, apr_size_t at, int bound)
{
    const unsigned char *d = section.data + at;
    int value;

    if (at + 2 > section.len || d[0] < '0' || d[0] > '9' || d[1] < '0'
        || d[1] > '9') {
        return -1;
    }
    value = (d[0] - '0') * 10 + d[1] - '0';
    return value < bound ? value : -1;
}

/* Letters and digits after a text; NULL: none, or too many. */
static const char *read_word(npie_bytes_t section, const char *open,
                             apr_size_t max, apr_pool_t *p)
{
    const apr_size_t at = npie_scan_find(section, 0, open) + strlen(open);
    apr_size_t end = at;

    while (end < section.len && end - at <= max
           && apr_isalnum(section.data[end])) {
        ++end;
    }
    return end <= at || end - at > max ? NULL
        : apr_pstrmemdup(p, (const char *)section.data + at, end - at);
}

/* A QR code that is of its form; else none, and the section drawn again is
 * another. */
static void read_square(npie_face_t *face, npie_bytes_t section,
                        apr_pool_t *p)
{
    const apr_size_t at = npie_scan_find(section, 0, SQUARE_OPEN);
    const char *digits;
    apr_size_t modules;

    face->modules = 0;
    face->square = "";
    if (at == section.len) {
        return;
    }
    npie_scan_number(&modules, section, at + strlen(SQUARE_OPEN));
    if (modules == 0 || modules > NPIE_FACE_MODULES) {
        return;
    }
    section.data += at;
    section.len -= at;
    digits = read_word(section, SQUARE_DATA,
                       (apr_size_t)row_digits((int)modules) * modules, p);
    if (digits != NULL && strspn(digits, "0123456789ABCDEF")
                          == (apr_size_t)row_digits((int)modules) * modules) {
        face->modules = (int)modules;
        face->square = digits;
    }
}

static void read_paper(npie_face_t *face, npie_bytes_t section, apr_pool_t *p)
{
    face->seal = read_word(section, SEAL_OPEN, SERIAL_MAX, p);
    face->signer = read_word(section, SIGNER_OPEN, SERIAL_MAX, p);
    if (face->seal != NULL && face->signer != NULL) {
        face->form = NPIE_FACE_PAPER;
        read_square(face, section, p);
    }
}

void npie_face_read(npie_face_t *face, npie_bytes_t section, apr_pool_t *p)
{
    const apr_size_t at = npie_scan_find(section, 0, OFFSET_OPEN)
        + sizeof(OFFSET_OPEN) - 1;
    int hours, minutes;

    memset(face, 0, sizeof(*face));
    face->form = NPIE_FACE_UTC;
    if (at >= section.len
        || (section.data[at] != '-' && section.data[at] != '+')) {
        return;
    }
    hours = pair(section, at + 1, 15);
    minutes = pair(section, at + 4, 60);
    if (hours >= 0 && minutes >= 0) {
        face->form = NPIE_FACE_LOCAL;
        face->offset = (hours * 3600 + minutes * 60)
            * (section.data[at] == '-' ? -1 : 1);
        read_paper(face, section, p);
    }
}
