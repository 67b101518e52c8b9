/* SPDX-License-Identifier: Apache-2.0
 * Composed pages put into a libharu document.
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

/** A length or place of the layout in points; y counts from the top there,
 * from the bottom in PDF. */
float npie_paint_length(int length);
float npie_paint_y(int y);

#endif
