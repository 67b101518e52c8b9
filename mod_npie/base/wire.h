/* SPDX-License-Identifier: Apache-2.0
 * Typed fields on a byte stream: big-endian numbers and length-prefixed
 * strings, written and read with every bound checked.
 */
#ifndef NPIE_BASE_WIRE_H
#define NPIE_BASE_WIRE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** Reads fields from bytes; a first failure sticks, and later reads give 0
 * or empty. Not thread-safe. */
typedef struct npie_wire_reader_t {
    const unsigned char *at;
    const unsigned char *end;
    int failed; /**< 1 after a short or oversized field */
} npie_wire_reader_t;

/** Collects fields into a buffer that grows in a pool. Not thread-safe. */
typedef struct npie_wire_writer_t {
    apr_pool_t *p;
    unsigned char *data;
    apr_size_t len;
    apr_size_t size;
} npie_wire_writer_t;

/** Begins at the first of the bytes, which must outlive the reader. */
void npie_wire_reader_init(npie_wire_reader_t *r, npie_bytes_t bytes);
/** The next 2, 4 or 8 bytes as a big-endian number; 0 when they are not
 * there. */
apr_uint16_t npie_wire_get_u16(npie_wire_reader_t *r);
apr_uint32_t npie_wire_get_u32(npie_wire_reader_t *r);
apr_uint64_t npie_wire_get_u64(npie_wire_reader_t *r);
/** The next 8 bytes as a UTC time: microseconds, or seconds, since 1970. A time
 * that is farther from then than the year 9999 fails, so that what is reckoned
 * with it does not overflow; 0 on failure. */
apr_time_t npie_wire_get_time(npie_wire_reader_t *r);
apr_time_t npie_wire_get_seconds(npie_wire_reader_t *r);
/** A field of 4 bytes length and that many bytes, at most max; a view into
 * the reader's bytes, empty on failure. */
npie_bytes_t npie_wire_get_bytes(npie_wire_reader_t *r, apr_size_t max);
/** As npie_wire_get_bytes(), as a NUL-ended copy in p; a NUL inside fails.
 * "" on failure, never NULL. Any other bytes pass: the caller judges text. */
const char *npie_wire_get_string(npie_wire_reader_t *r, apr_size_t max,
                                 apr_pool_t *p);
/** APR_SUCCESS when every field was there and nothing is left over, else
 * NPIE_EPROTO. */
apr_status_t npie_wire_get_end(const npie_wire_reader_t *r);

/** Begins an empty buffer in p, which grows by taking new room from p. */
void npie_wire_writer_init(npie_wire_writer_t *w, apr_pool_t *p);
void npie_wire_put_u16(npie_wire_writer_t *w, apr_uint16_t value);
void npie_wire_put_u32(npie_wire_writer_t *w, apr_uint32_t value);
void npie_wire_put_u64(npie_wire_writer_t *w, apr_uint64_t value);
/** A field as npie_wire_get_bytes() reads it; copied. */
void npie_wire_put_bytes(npie_wire_writer_t *w, npie_bytes_t bytes);
void npie_wire_put_string(npie_wire_writer_t *w, const char *text);
/** What was written so far; valid until the next put. */
npie_bytes_t npie_wire_written(const npie_wire_writer_t *w);

#endif
