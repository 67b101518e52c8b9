/* SPDX-License-Identifier: Apache-2.0
 * The letters' three fonts, cut down to WinAnsi and deflated once for all
 * letters.
 */
#ifndef NPIE_LETTER_FONTS_H
#define NPIE_LETTER_FONTS_H

#include <apr_pools.h>
#include <hpdf.h>

#include "base/bytes.h"
#include "base/status.h"

typedef enum npie_font_id_t {
    NPIE_FONT_SERIF,
    NPIE_FONT_BOLD,
    NPIE_FONT_MONO,
    NPIE_FONTS /**< how many */
} npie_font_id_t;

/** Which letters a font file holds. Most letters need no more than Spanish
 * does, and are a third shorter for it. */
typedef enum npie_alphabet_t {
    NPIE_ALPHABET_SPANISH,
    NPIE_ALPHABET_FULL, /**< all of WinAnsi */
    NPIE_ALPHABETS
} npie_alphabet_t;

/** A font cut down to an alphabet. */
typedef struct npie_cut_t {
    const char *name;         /**< with the tag of a subset */
    const char *entries;      /**< of the font dictionary, as PDF */
    const char *descriptor;   /**< entries of the descriptor, as PDF */
    const char *file_entries; /**< of the font file's stream, as PDF */
    npie_bytes_t file;        /**< deflated */
} npie_cut_t;

/** A font ready to be put into documents. Read-only; threads share it. */
typedef struct npie_font_t {
    short widths[256]; /**< thousandths of the size, by WinAnsi code */
    npie_cut_t cuts[NPIE_ALPHABETS];
} npie_font_t;

/** The smallest alphabet that a NUL-ended WinAnsi text can be set in. */
npie_alphabet_t npie_fonts_alphabet(const char *text);

/**
 * Loads and prepares the three fonts.
 * @param fonts filled; its parts live in p
 * @param dir see npie_letter_art_load()
 * @return APR_SUCCESS; NPIE_ECONFIG with file and remedy in err->detail
 */
apr_status_t npie_fonts_load(npie_font_t fonts[NPIE_FONTS], const char *dir,
                             npie_err_t *err, apr_pool_t *p);

/** Puts a prepared font, cut to an alphabet, into a document, which owns the
 * result. The font must live until the document is saved. */
HPDF_Font npie_fonts_attach(HPDF_Doc doc, const npie_font_t *font,
                            npie_alphabet_t alphabet);

#endif
