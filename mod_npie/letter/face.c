/* SPDX-License-Identifier: Apache-2.0
 * Draws what a seal shows, and reads it back.
 */
#include "letter/face.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "letter/file_scan.h"

/* The line: its form, size, and its width in thousandths of the size, which
 * all times share because digits have one width and Mexico lies west of
 * Greenwich. */
#define LINE "Sellado el %02d/%02d/%04d a las %02d:%02d:%02d \\(UTC%s\\)"
#define LINE_SIZE 8
#define LINE_BOTTOM 14
#define OFFSET_OPEN " \\(UTC"

static const apr_size_t widths[] = { [NPIE_FACE_UTC] = 17540,
                                     [NPIE_FACE_LOCAL] = 20151 };

/* "-06:00"; "" for UTC. */
static const char *offset_text(const npie_face_t *face, apr_pool_t *p)
{
    const int minutes = abs(face->offset) / 60;

    return face->form == NPIE_FACE_UTC ? ""
        : apr_psprintf(p, "%c%02d:%02d", face->offset < 0 ? '-' : '+',
                       minutes / 60, minutes % 60);
}

const char *npie_face_draw(const npie_face_t *face, apr_size_t width,
                           apr_time_t time, apr_pool_t *p)
{
    const apr_size_t line = widths[face->form] * LINE_SIZE;
    apr_time_exp_t x;

    if (width * 1000 <= line) {
        return NULL;
    }
    apr_time_exp_tz(&x, time,
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

void npie_face_read(npie_face_t *face, npie_bytes_t section)
{
    const apr_size_t at = npie_scan_find(section, 0, OFFSET_OPEN)
        + sizeof(OFFSET_OPEN) - 1;
    int hours, minutes;

    face->form = NPIE_FACE_UTC;
    face->offset = 0;
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
    }
}
