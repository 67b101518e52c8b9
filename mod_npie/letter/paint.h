/* SPDX-License-Identifier: Apache-2.0
 * Paints composed pages into a libharu document.
 */
#ifndef NPIE_LETTER_PAINT_H
#define NPIE_LETTER_PAINT_H

#include "letter/haru.h"
#include "letter/layout.h"

/** A painted page. */
typedef struct npie_painted_t {
    HPDF_Page page;
    apr_array_header_t *marked; /**< int: the element of each sequence of marked
                                     content, in the order of their numbers
                                     (MCID) from 0 */
} npie_painted_t;

/**
 * Adds all pages of a sheet. Text of an element is marked content; the rest,
 * strokes included, is an artifact (ISO 32000-1, 14.8.2.2).
 * @param ppages set to an array in the sheet's pool
 */
void npie_paint_sheet(HPDF_Doc doc, npie_painted_t **ppages,
                      npie_sheet_t *sheet);

/** Converts a length or a position of the layout to points. y counts from the
 * top in the layout, from the bottom in PDF. */
float npie_paint_length(int length);
float npie_paint_y(int y);

#endif
