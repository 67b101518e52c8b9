/* SPDX-License-Identifier: Apache-2.0
 * Builds a minimal grey ICC profile.
 */
#include "letter/icc.h"

#include <string.h>

#define HEADER_SIZE 128
#define TAGS 4
#define NAME "Gray gamma 2.2"
#define COPYRIGHT "Public domain"

/* A profile being written; big-endian throughout. */
typedef struct writer_t {
    unsigned char data[512];
    apr_size_t len;
    unsigned tag; /* how many tags are entered in the table */
} writer_t;

static void put32_at(writer_t *w, apr_size_t at, unsigned value)
{
    for (int i = 0; i < 4; ++i) {
        w->data[at + (apr_size_t)i] = (unsigned char)(value >> (24 - 8 * i));
    }
}

static void put32(writer_t *w, unsigned value)
{
    put32_at(w, w->len, value);
    w->len += 4;
}

static void put_text(writer_t *w, const char *text)
{
    memcpy(w->data + w->len, text, strlen(text));
    w->len += strlen(text);
}

/* Begins the data of a tag: its entry in the table, its type. */
static apr_size_t begin_tag(writer_t *w, const char *name, const char *type)
{
    apr_size_t entry = HEADER_SIZE + 4 + 12 * w->tag;

    w->len = (w->len + 3) / 4 * 4;
    memcpy(w->data + entry, name, 4);
    put32_at(w, entry + 4, (unsigned)w->len);
    put_text(w, type);
    put32(w, 0);
    return w->len - 8;
}

static void end_tag(writer_t *w, apr_size_t begin)
{
    put32_at(w, HEADER_SIZE + 4 + 12 * w->tag + 8, (unsigned)(w->len - begin));
    ++w->tag;
}

static void put_header(writer_t *w)
{
    put32_at(w, 8, 0x02100000);
    memcpy(w->data + 12, "mntrGRAYXYZ ", 12);
    /* A date must be there: 2000-01-01 00:00:00. */
    put32_at(w, 24, 2000u << 16 | 1);
    put32_at(w, 28, 1u << 16);
    memcpy(w->data + 36, "acsp", 4);
    /* The illuminant: D50 in s15Fixed16. */
    put32_at(w, 68, 0x0000f6d6);
    put32_at(w, 72, 0x00010000);
    put32_at(w, 76, 0x0000d32d);
    put32_at(w, HEADER_SIZE, TAGS);
    w->len = HEADER_SIZE + 4 + 12 * TAGS;
}

npie_bytes_t npie_icc_gray(apr_pool_t *p)
{
    writer_t *w = apr_pcalloc(p, sizeof(*w));
    npie_bytes_t profile = { w->data, 0 };
    apr_size_t begin;

    put_header(w);
    begin = begin_tag(w, "desc", "desc");
    put32(w, sizeof(NAME));
    put_text(w, NAME);
    /* The NUL, and Unicode and Macintosh names of no length. */
    w->len += 1 + 8 + 3 + 67;
    end_tag(w, begin);
    begin = begin_tag(w, "cprt", "text");
    put_text(w, COPYRIGHT);
    w->len += 1;
    end_tag(w, begin);
    begin = begin_tag(w, "wtpt", "XYZ ");
    put32(w, 0x0000f6d6);
    put32(w, 0x00010000);
    put32(w, 0x0000d32d);
    end_tag(w, begin);
    begin = begin_tag(w, "kTRC", "curv");
    put32(w, 1);
    /* One value of u8Fixed8: the gamma. */
    w->data[w->len++] = 2;
    w->data[w->len++] = 0x33;
    end_tag(w, begin);
    w->len = (w->len + 3) / 4 * 4;
    put32_at(w, 0, (unsigned)w->len);
    profile.len = w->len;
    return profile;
}
