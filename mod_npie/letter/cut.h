/* SPDX-License-Identifier: Apache-2.0
 * Subsets of TrueType fonts, cut and deflated by libharu.
 */
#ifndef NPIE_LETTER_CUT_H
#define NPIE_LETTER_CUT_H

#include "letter/haru.h"

/** A font cut down to some of its glyphs. */
typedef struct npie_cut_t {
    const char *name;         /**< with the tag of a subset */
    const char *entries;      /**< of the font dictionary, as PDF; set by
                                   whoever knows its encoding */
    const char *descriptor;   /**< entries of the descriptor, as PDF */
    const char *file_entries; /**< of the font file's stream, as PDF */
    npie_bytes_t file;        /**< deflated */
} npie_cut_t;

/** A font being cut, in the calling thread's open arena. Must not be moved. */
typedef struct npie_cutting_t {
    HPDF_Error_Rec error;
    HPDF_MMgr mmgr;
    HPDF_FontDef def; /**< HPDF_TTFontDef_GetCharWidth() marks a glyph as used */
} npie_cutting_t;

/** Opens a font for cutting. @return 1; 0: libharu cannot embed it */
int npie_cutting_open(npie_cutting_t *cutting, npie_bytes_t font);

/**
 * Writes the glyphs that were marked as used.
 * @param cut all but its entries is set, in p
 * @param tag of the subset, six capital letters (ISO 32000-1, 9.6.4)
 * @param flags of the descriptor (ISO 32000-1, table 123)
 * @return 1; 0: libharu failed
 */
int npie_cutting_save(npie_cut_t *cut, npie_cutting_t *cutting,
                      const char *tag, unsigned flags, apr_pool_t *p);

/** The font file and descriptor of a cut as objects of a document; the cut
 * must live until it is saved. Returns the descriptor. */
HPDF_Dict npie_cut_attach(HPDF_Doc doc, const npie_cut_t *cut);

/** For HPDF_Dict.write_fn: writes the text that the dictionary's attr is. */
HPDF_STATUS npie_cut_write_text(HPDF_Dict dict, HPDF_Stream stream);

#endif
