/* SPDX-License-Identifier: Apache-2.0
 * The three fonts of the letters, subset to WinAnsi and deflated once for all
 * letters.
 */
#ifndef NPIE_LETTER_FONTS_H
#define NPIE_LETTER_FONTS_H

#include <apr_pools.h>
#include <hpdf.h>

#include "base/bytes.h"
#include "base/status.h"
#include "letter/cut.h"
#include "letter/extras.h"

typedef enum npie_font_id_t {
    NPIE_FONT_SERIF,
    NPIE_FONT_BOLD,
    NPIE_FONT_MONO,
    NPIE_FONTS /**< how many */
} npie_font_id_t;

/** Characters of a subset font. Most letters need only Spanish, which makes
 * them a third smaller. */
typedef enum npie_alphabet_t {
    NPIE_ALPHABET_SPANISH,
    NPIE_ALPHABET_FULL, /**< all of WinAnsi */
    NPIE_ALPHABETS
} npie_alphabet_t;

/** A font prepared for documents. Read-only; threads share it. */
typedef struct npie_font_t {
    short widths[256]; /**< thousandths of the size, by WinAnsi code */
    npie_cut_t cuts[NPIE_ALPHABETS];
    npie_bytes_t extra;  /**< the font file for what WinAnsi lacks */
    short extra_widths[NPIE_EXTRAS_ALL]; /**< by npie_extras_place() */
} npie_font_t;

/** Returns the smallest alphabet that contains a NUL-ended WinAnsi text. */
npie_alphabet_t npie_fonts_alphabet(const char *text);

/**
 * Loads and prepares the three fonts.
 * @param fonts filled; its parts live in p
 * @param dirs see npie_letter_art_load()
 * @return APR_SUCCESS; NPIE_ECONFIG with file and remedy in err->detail
 */
apr_status_t npie_fonts_load(npie_font_t fonts[NPIE_FONTS], const char *dirs,
                             npie_err_t *err, apr_pool_t *p);

/** Returns the width of a code of a letter's extras, in thousandths of the
 * size. */
int npie_font_extra_width(const npie_font_t *font,
                          const npie_extras_t *extras, char code);

/** Adds a prepared font, subset to an alphabet, to a document, which owns the
 * result. The font must live until the document is saved. */
HPDF_Font npie_fonts_attach(HPDF_Doc doc, const npie_font_t *font,
                            npie_alphabet_t alphabet);

#endif
