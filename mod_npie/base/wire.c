/* SPDX-License-Identifier: Apache-2.0
 * Writing and reading of typed fields, every bound checked.
 */
#include "base/wire.h"

#include <string.h>

#include <apr_strings.h>

/* 9999-12-31T23:59:59Z. */
#define SECONDS_MAX APR_INT64_C(253402300799)

void npie_wire_reader_init(npie_wire_reader_t *r, npie_bytes_t bytes)
{
    r->at = bytes.data;
    r->end = bytes.len > 0 ? bytes.data + bytes.len : bytes.data;
    r->failed = 0;
}

/* The next len bytes, or NULL and the reader failed for good. */
static const unsigned char *take(npie_wire_reader_t *r, apr_size_t len)
{
    const unsigned char *at = r->at;

    if (r->failed || (apr_size_t)(r->end - r->at) < len) {
        r->failed = 1;
        return NULL;
    }
    if (len > 0) {
        r->at += len;
    }
    return at;
}

static apr_uint64_t get_number(npie_wire_reader_t *r, apr_size_t width)
{
    const unsigned char *at = take(r, width);
    apr_uint64_t value = 0;

    if (at == NULL) {
        return 0;
    }
    for (apr_size_t i = 0; i < width; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

apr_uint16_t npie_wire_get_u16(npie_wire_reader_t *r)
{
    return (apr_uint16_t)get_number(r, 2);
}

apr_uint32_t npie_wire_get_u32(npie_wire_reader_t *r)
{
    return (apr_uint32_t)get_number(r, 4);
}

apr_uint64_t npie_wire_get_u64(npie_wire_reader_t *r)
{
    return get_number(r, 8);
}

/* A signed number of that size at most. */
static apr_int64_t get_within(npie_wire_reader_t *r, apr_int64_t most)
{
    const apr_int64_t value = (apr_int64_t)npie_wire_get_u64(r);

    if (value < -most || value > most) {
        r->failed = 1;
        return 0;
    }
    return value;
}

apr_time_t npie_wire_get_time(npie_wire_reader_t *r)
{
    return get_within(r, apr_time_from_sec(SECONDS_MAX));
}

apr_time_t npie_wire_get_seconds(npie_wire_reader_t *r)
{
    return apr_time_from_sec(get_within(r, SECONDS_MAX));
}

npie_bytes_t npie_wire_get_bytes(npie_wire_reader_t *r, apr_size_t max)
{
    npie_bytes_t bytes = { NULL, 0 };
    apr_size_t len = npie_wire_get_u32(r);

    if (len > max) {
        r->failed = 1;
    }
    if (!r->failed) {
        bytes.data = take(r, len);
    }
    if (!r->failed) {
        bytes.len = len;
    }
    return bytes;
}

const char *npie_wire_get_string(npie_wire_reader_t *r, apr_size_t max,
                                 apr_pool_t *p)
{
    npie_bytes_t bytes = npie_wire_get_bytes(r, max);

    if (bytes.len == 0) {
        return "";
    }
    if (memchr(bytes.data, '\0', bytes.len) != NULL) {
        r->failed = 1;
        return "";
    }
    return apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
}

apr_status_t npie_wire_get_end(const npie_wire_reader_t *r)
{
    return !r->failed && r->at == r->end ? APR_SUCCESS : NPIE_EPROTO;
}

void npie_wire_writer_init(npie_wire_writer_t *w, apr_pool_t *p)
{
    w->p = p;
    w->len = 0;
    w->size = 256;
    w->data = apr_palloc(p, w->size);
}

/* Room for len more bytes; returns where they go. */
static unsigned char *grow(npie_wire_writer_t *w, apr_size_t len)
{
    unsigned char *at;

    if (w->size - w->len < len) {
        unsigned char *bigger;
        apr_size_t size = w->size * 2;

        if (size - w->len < len) {
            size = w->len + len;
        }
        bigger = apr_palloc(w->p, size);
        memcpy(bigger, w->data, w->len);
        w->data = bigger;
        w->size = size;
    }
    at = w->data + w->len;
    w->len += len;
    return at;
}

static void put_number(npie_wire_writer_t *w, apr_uint64_t value,
                       apr_size_t width)
{
    unsigned char *at = grow(w, width);

    for (apr_size_t i = width; i > 0; --i) {
        at[i - 1] = (unsigned char)(value & 0xff);
        value >>= 8;
    }
}

void npie_wire_put_u16(npie_wire_writer_t *w, apr_uint16_t value)
{
    put_number(w, value, 2);
}

void npie_wire_put_u32(npie_wire_writer_t *w, apr_uint32_t value)
{
    put_number(w, value, 4);
}

void npie_wire_put_u64(npie_wire_writer_t *w, apr_uint64_t value)
{
    put_number(w, value, 8);
}

void npie_wire_put_bytes(npie_wire_writer_t *w, npie_bytes_t bytes)
{
    put_number(w, bytes.len, 4);
    if (bytes.len > 0) {
        memcpy(grow(w, bytes.len), bytes.data, bytes.len);
    }
}

void npie_wire_put_string(npie_wire_writer_t *w, const char *text)
{
    npie_bytes_t bytes;

    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    npie_wire_put_bytes(w, bytes);
}

npie_bytes_t npie_wire_written(const npie_wire_writer_t *w)
{
    npie_bytes_t bytes;

    bytes.data = w->data;
    bytes.len = w->len;
    return bytes;
}
