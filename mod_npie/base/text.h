/* SPDX-License-Identifier: Apache-2.0
 * Text from outside: is it clean, and how is it written in another alphabet.
 */
#ifndef NPIE_BASE_TEXT_H
#define NPIE_BASE_TEXT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * One UTF-8 sequence (RFC 3629: no overlong forms, no surrogates, nothing past
 * U+10FFFF).
 * @param code set to its code point
 * @param text any bytes, not NUL ended; len in bytes
 * @return its length, 1 to 4; 0 when it is malformed or cut, or len is 0
 */
apr_size_t npie_text_sequence(apr_uint32_t *code, const char *text,
                              apr_size_t len);

/**
 * Is this strict UTF-8 (RFC 3629: no overlong forms, no surrogates) without
 * control characters (C0, DEL, C1)?
 * @param text any bytes, not NUL ended; len in bytes
 * @return 1 yes, 0 no
 */
int npie_text_is_clean(const char *text, apr_size_t len);

/** As npie_text_is_clean(), but TAB, CR and LF may occur. */
int npie_text_is_clean_multiline(const char *text, apr_size_t len);

/**
 * Number of Unicode code points of a clean, NUL-ended UTF-8 string.
 */
apr_size_t npie_text_length(const char *text);

/**
 * Bytes as a NUL-ended string in p, which the caller may write into. No bytes
 * are "", though their data be NULL, as libraries give it for what is empty.
 * @return NUL-ended, in p; never NULL
 */
char *npie_text_of(npie_bytes_t bytes, apr_pool_t *p);

/**
 * Copies a NUL-ended clean UTF-8 string without leading and trailing blanks
 * (ASCII space, U+00A0), and runs of blanks inside made one space.
 * @return NUL-ended, in p; never NULL
 */
char *npie_text_trim(const char *text, apr_pool_t *p);

/** Lower-case hex of bytes, NUL ended, in p. */
char *npie_text_hex(npie_bytes_t bytes, apr_pool_t *p);

/** Is this a SHA-256 as npie_text_hex() writes it: 64 lower-case hex digits?
 * @param len bytes of text */
int npie_text_is_hex64(const char *text, apr_size_t len);

/**
 * Standard base64 (RFC 4648 section 4, padded) to bytes; blanks and line
 * ends between characters are passed over.
 * @param out set to bytes in p
 * @return APR_SUCCESS, or NPIE_EINPUT when it is no base64
 */
apr_status_t npie_text_base64_decode(npie_bytes_t *out, const char *text,
                                     apr_size_t len, apr_pool_t *p);

/** Standard base64 without line ends, NUL ended, in p. */
char *npie_text_base64_encode(npie_bytes_t bytes, apr_pool_t *p);

/** Base64url without padding (RFC 4648 section 5), NUL ended, in p. */
char *npie_text_base64url_encode(npie_bytes_t bytes, apr_pool_t *p);

/**
 * UTC time as RFC 3339 to the second, "2026-11-21T19:02:55Z".
 * @param t microseconds since 1970, UTC
 * @return NUL ended, in p
 */
char *npie_text_time(apr_time_t t, apr_pool_t *p);

/**
 * The inverse of npie_text_time(); only exactly that form is taken.
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_text_time_parse(apr_time_t *t, const char *text);

/** A time in the zone of central Mexico: UTC-6, which has had no daylight saving
 * time since 2022. */
apr_time_exp_t npie_text_local(apr_time_t t);

/** Its day as "2026-11-21", in p. */
char *npie_text_day(apr_time_t t, apr_pool_t *p);

/** Compares two byte strings of len bytes in constant time; 1 = equal. */
int npie_text_equal_secret(const void *a, const void *b, apr_size_t len);

#endif
