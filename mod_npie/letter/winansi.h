/* SPDX-License-Identifier: Apache-2.0
 * The alphabet of the letters' fonts: WinAnsiEncoding (ISO 32000-1, annex D).
 */
#ifndef NPIE_LETTER_WINANSI_H
#define NPIE_LETTER_WINANSI_H

#include <apr_pools.h>

#include "letter/extras.h"

/**
 * Converts UTF-8 to WinAnsi. A base letter followed by a combining accent
 * becomes one letter. A character that WinAnsi lacks gets a code of the
 * letter's extras, or becomes the nearest letter, or '?'. Zero-width characters
 * are removed; control characters stay.
 * @param extras of the letter, added to; NULL: the nearest letters only
 * @param text NUL-ended, valid UTF-8
 * @return NUL ended, in p
 */
char *npie_winansi_encode(npie_extras_t *extras, const char *text,
                          apr_pool_t *p);

/** Finds the first character of a valid UTF-8 text that letters cannot show:
 * neither in WinAnsi nor among the extras. @return its code point; 0: none */
unsigned npie_winansi_missing(const char *text);

/** Converts NUL-ended WinAnsi to upper case, in place. */
void npie_winansi_upper(char *text);

/** Returns the Unicode character of a code; 0: none. */
unsigned npie_winansi_unicode(unsigned char code);

#endif
