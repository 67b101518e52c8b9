/* SPDX-License-Identifier: Apache-2.0
 * The composite font (ISO 32000-1, 9.7) of a letter's characters beyond
 * WinAnsi.
 */
#ifndef NPIE_LETTER_COMPOSITE_H
#define NPIE_LETTER_COMPOSITE_H

#include "letter/extras.h"
#include "letter/fonts.h"
#include "letter/haru.h"

/**
 * Puts the glyphs of a letter's extras into a document as a font whose codes
 * are those of the extras. Inside the thread's open arena.
 * @param id whose companion it is
 * @param font and extras must live until the document is saved
 * @param p must live until then too
 * @return NULL when libharu failed
 */
HPDF_Font npie_composite_attach(HPDF_Doc doc, const npie_font_t *font,
                                npie_font_id_t id,
                                const npie_extras_t *extras, apr_pool_t *p);

#endif
