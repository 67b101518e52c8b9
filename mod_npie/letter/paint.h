/* SPDX-License-Identifier: Apache-2.0
 * Paints composed pages into a libharu document.
 */
#ifndef NPIE_LETTER_PAINT_H
#define NPIE_LETTER_PAINT_H

#include "letter/haru.h"
#include "letter/layout.h"

/**
 * Adds all pages of a sheet.
 * @param pages set to the libharu page of each, in p
 */
void npie_paint_sheet(HPDF_Doc doc, HPDF_Page **pages, npie_sheet_t *sheet);

/** Converts a length or a position of the layout to points. y counts from the
 * top in the layout, from the bottom in PDF. */
float npie_paint_length(int length);
float npie_paint_y(int y);

#endif
