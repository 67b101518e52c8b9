/* SPDX-License-Identifier: Apache-2.0
 * Draws letters as PDF. letter/ is the only folder that uses libharu.
 */
#ifndef NPIE_LETTER_LETTER_H
#define NPIE_LETTER_LETTER_H

#include "base/status.h"
#include "letter/content.h"

/**
 * Draws a letter: PDF/A-1a with two empty signature fields, "Patron" (to be
 * signed first) and "Instituto". The Patron field's ByteRange covers the whole
 * file except the content of its /Contents string. The same letter and art give
 * the same bytes. The cadena original is printed, and is once in the XMP
 * metadata as <npie:cadena>...</npie:cadena>, XML-escaped and uncompressed.
 * Characters that WinAnsi lacks become the nearest letters. Thread-safe;
 * libharu runs in an arena of the calling thread.
 * @param pdf set to the file's bytes, in p
 * @return APR_SUCCESS; NPIE_EINPUT: a field is not clean or too long;
 *         NPIE_EINTERNAL (LETTER_DRAW)
 */
apr_status_t npie_letter_draw(npie_bytes_t *pdf, const npie_letter_art_t *art,
                              const npie_letter_t *letter, npie_err_t *err,
                              apr_pool_t *p);

#endif
