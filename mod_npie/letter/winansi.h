/* SPDX-License-Identifier: Apache-2.0
 * The alphabet of the letters' fonts: WinAnsiEncoding (ISO 32000-1, annex D).
 */
#ifndef NPIE_LETTER_WINANSI_H
#define NPIE_LETTER_WINANSI_H

#include <apr_pools.h>

/**
 * Writes UTF-8 in WinAnsi. A base letter followed by a combining accent
 * becomes one letter; what WinAnsi lacks becomes the nearest letter, or '?';
 * characters without width vanish. Control characters stay.
 * @param text NUL-ended, valid UTF-8
 * @return NUL ended, in p
 */
char *npie_winansi_encode(const char *text, apr_pool_t *p);

/** The first character of a valid UTF-8 text that WinAnsi lacks, so that a
 * letter would show another one. @return its code point; 0: there is none */
unsigned npie_winansi_missing(const char *text);

/** Small letters made capital, in place; NUL-ended WinAnsi. */
void npie_winansi_upper(char *text);

/** The Unicode character of a code; 0 when the code has none. */
unsigned npie_winansi_unicode(unsigned char code);

#endif
