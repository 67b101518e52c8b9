/* SPDX-License-Identifier: Apache-2.0
 * The two signature fields of a letter (ISO 32000-1, 12.7.4.5).
 */
#ifndef NPIE_LETTER_FIELD_H
#define NPIE_LETTER_FIELD_H

#include <apr_pools.h>

#include "letter/haru.h"

/** Offsets of the signature dictionary, set while the document is saved. */
typedef struct npie_field_slot_t {
    apr_size_t range; /**< offset of the ByteRange's '[' in the file */
    apr_size_t open;  /**< offset of the hex string's '<' */
} npie_field_slot_t;

/**
 * Adds the form with two fields: "Patron", with a signature dictionary whose
 * signature is empty, and "Instituto", without one. The dictionary has no time
 * (M): the letter is signed later than it is drawn.
 * @param slot must live as long as the document
 * @param fields set to the fields, which are their widgets too, employer first
 * @param rects of them on the page
 */
void npie_field_add(HPDF_Dict fields[2], HPDF_Doc doc, npie_field_slot_t *slot,
                    HPDF_Page page, const HPDF_Rect rects[2]);

/** Writes the ByteRange into the saved file. */
void npie_field_patch(unsigned char *file, apr_size_t len,
                      const npie_field_slot_t *slot);

#endif
