/* SPDX-License-Identifier: Apache-2.0
 * Slimming of fonts.
 */
#include "letter/slim.h"

#include <string.h>

/* Sizes and places of the OpenType specification. */
#define DIRECTORY 12
#define RECORD 16
#define GLYPH_HEAD 10
#define LONG_LOCA 50  /* in head: indexToLocFormat */
#define GLYPHS 4      /* in maxp: numGlyphs */
#define PART_WORDS 0x0001
#define PART_SCALE 0x0008
#define PART_MORE 0x0020
#define PART_SCALES 0x0040
#define PART_MATRIX 0x0080
#define PART_PROGRAM 0x0100

/* The tables that stay, in the order of a directory. */
static const char *const kept[] = {
    "cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp"
};
enum { CMAP, GLYF, HEAD, HHEA, HMTX, LOCA, MAXP, TABLES };

static unsigned get16(const unsigned char *at)
{
    return ((unsigned)at[0] << 8) | at[1];
}

static unsigned get32(const unsigned char *at)
{
    return (get16(at) << 16) | get16(at + 2);
}

static void put16(unsigned char *at, unsigned value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, apr_size_t value)
{
    put16(at, (unsigned)(value >> 16) & 0xffff);
    put16(at + 2, (unsigned)value & 0xffff);
}

/* A table of the font. @return 1 found, within it */
static int find(npie_bytes_t *table, npie_bytes_t font, const char *tag)
{
    const unsigned count = font.len < DIRECTORY ? 0 : get16(font.data + 4);

    for (unsigned i = 0; i < count
         && DIRECTORY + (apr_size_t)(i + 1) * RECORD <= font.len; ++i) {
        const unsigned char *record = font.data + DIRECTORY + i * RECORD;
        const apr_size_t at = get32(record + 8);

        table->len = get32(record + 12);
        if (memcmp(record, tag, 4) == 0) {
            table->data = font.data + (at < font.len ? at : 0);
            return at <= font.len && table->len <= font.len - at;
        }
    }
    return 0;
}

/* Where the parts of a composite glyph end; their flags lose the program.
 * @return 0: not of the form */
static apr_size_t end_of_parts(unsigned char *glyph, apr_size_t len)
{
    apr_size_t at = GLYPH_HEAD;
    unsigned flags = PART_MORE;

    while ((flags & PART_MORE) != 0) {
        if (at + 4 > len) {
            return 0;
        }
        flags = get16(glyph + at);
        put16(glyph + at, flags & ~(unsigned)PART_PROGRAM);
        at += 4 + ((flags & PART_WORDS) != 0 ? 4 : 2)
            + ((flags & PART_SCALE) != 0 ? 2 : (flags & PART_SCALES) != 0 ? 4
               : (flags & PART_MATRIX) != 0 ? 8 : 0);
    }
    return at <= len ? at : 0;
}

/* Copies a glyph without its program, up to an even length.
 * @return how many bytes; 0: not of the form */
static apr_size_t copy_glyph(unsigned char *out, const unsigned char *glyph,
                             apr_size_t len)
{
    apr_size_t contours, head, program;

    if (len < GLYPH_HEAD) {
        return 0;
    }
    contours = get16(glyph);
    if (contours >= 0x8000) {
        memcpy(out, glyph, len);
        len = end_of_parts(out, len);
    }
    else {
        head = GLYPH_HEAD + 2 * contours;
        program = head + 2 <= len ? get16(glyph + head) : len;
        if (head + 2 + program > len) {
            return 0;
        }
        memcpy(out, glyph, head);
        put16(out + head, 0);
        memcpy(out + head + 2, glyph + head + 2 + program,
               len - head - 2 - program);
        len -= program;
    }
    if (len % 2 != 0) {
        out[len++] = 0;
    }
    return len;
}

/* The glyphs, and where each begins. @return 1; 0: not of the form */
static int slim_glyphs(npie_bytes_t tables[TABLES], apr_pool_t *p)
{
    const unsigned count = get16(tables[MAXP].data + GLYPHS);
    const int wide = get16(tables[HEAD].data + LONG_LOCA) != 0;
    const apr_size_t size = wide ? 4 : 2;
    const unsigned char *loca = tables[LOCA].data;
    unsigned char *places, *glyphs;
    apr_size_t used = 0;

    if (tables[LOCA].len < (count + 1) * size) {
        return 0;
    }
    places = apr_palloc(p, (count + 1) * size);
    glyphs = apr_palloc(p, tables[GLYF].len + count + 1);
    for (unsigned i = 0; i <= count; ++i) {
        const unsigned char *here = loca + i * size;
        const apr_size_t from = wide ? get32(here) : 2 * get16(here);
        const apr_size_t to = i == count ? from
            : wide ? get32(here + size) : 2 * get16(here + size);
        apr_size_t len = 0;

        if (wide) {
            put32(places + i * size, used);
        }
        else {
            put16(places + i * size, (unsigned)(used / 2));
        }
        if (to < from || to > tables[GLYF].len) {
            return 0;
        }
        if (to > from) {
            len = copy_glyph(glyphs + used, tables[GLYF].data + from,
                             to - from);
            if (len == 0) {
                return 0;
            }
        }
        used += len;
    }
    tables[LOCA] = (npie_bytes_t){ places, (count + 1) * size };
    tables[GLYF] = (npie_bytes_t){ glyphs, used };
    return 1;
}

static unsigned checksum(const unsigned char *at, apr_size_t len)
{
    unsigned sum = 0;

    for (apr_size_t i = 0; i < len; i += 4) {
        sum += get32(at + i);
    }
    return sum;
}

/* One file of the tables, each from a place divisible by four. */
static npie_bytes_t join(const npie_bytes_t tables[TABLES],
                         const unsigned char *version, apr_pool_t *p)
{
    apr_size_t at = DIRECTORY + TABLES * RECORD, size = at;
    unsigned char *out;

    for (int i = 0; i < TABLES; ++i) {
        size += (tables[i].len + 3) / 4 * 4;
    }
    out = apr_pcalloc(p, size);
    memcpy(out, version, 4);
    put16(out + 4, TABLES);
    put16(out + 6, 64); /* searchRange, entrySelector, rangeShift of seven */
    put16(out + 8, 2);
    put16(out + 10, TABLES * RECORD - 64);
    for (int i = 0; i < TABLES; ++i) {
        unsigned char *record = out + DIRECTORY + i * RECORD;

        memcpy(out + at, tables[i].data, tables[i].len);
        memcpy(record, kept[i], 4);
        put32(record + 4, checksum(out + at, (tables[i].len + 3) / 4 * 4));
        put32(record + 8, at);
        put32(record + 12, tables[i].len);
        at += (tables[i].len + 3) / 4 * 4;
    }
    return (npie_bytes_t){ out, size };
}

npie_bytes_t npie_slim(npie_bytes_t font, apr_pool_t *p)
{
    npie_bytes_t tables[TABLES];

    for (int i = 0; i < TABLES; ++i) {
        if (!find(&tables[i], font, kept[i])) {
            return font;
        }
    }
    return tables[HEAD].len < LONG_LOCA + 2 || tables[MAXP].len < GLYPHS + 2
           || !slim_glyphs(tables, p) ? font : join(tables, font.data, p);
}
