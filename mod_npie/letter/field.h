/* SPDX-License-Identifier: Apache-2.0
 * The two signature fields of a letter (ISO 32000-1, 12.7.4.5).
 */
#ifndef NPIE_LETTER_FIELD_H
#define NPIE_LETTER_FIELD_H

#include <apr_pools.h>

#include "letter/haru.h"

/** Where the signature dictionary was written; known after saving. */
typedef struct npie_field_slot_t {
    apr_size_t range; /**< place of the ByteRange's '[' in the file */
    apr_size_t open;  /**< place of the hex string's '<' */
    const char *time; /**< entry M of the dictionary, as PDF date */
} npie_field_slot_t;

/**
 * Adds the form with the fields "Patron", which gets a signature dictionary
 * with an empty signature, and "Instituto", which gets none.
 * @param slot lives as long as the document; its time is set
 * @param rects of the fields on the page, employer first
 */
void npie_field_add(HPDF_Doc doc, npie_field_slot_t *slot, HPDF_Page page,
                    const HPDF_Rect rects[2]);

/** Writes the ByteRange into the saved file. */
void npie_field_patch(unsigned char *file, apr_size_t len,
                      const npie_field_slot_t *slot);

#endif
