/* SPDX-License-Identifier: Apache-2.0
 * The structure tree of a letter (ISO 32000-1, 14.7 and 14.8): what is a
 * heading, a paragraph, a list, and in which order it is read aloud.
 */
#ifndef NPIE_LETTER_STRUCTURE_H
#define NPIE_LETTER_STRUCTURE_H

#include "letter/layout.h"
#include "letter/paint.h"

/**
 * Adds the tree of a painted sheet, and says in the catalog that the document
 * is tagged. Elements without content are left out. Errors of libharu are in
 * the document.
 * @param pages of npie_paint_sheet()
 * @param fields the widgets that elements stand for, on page field_page
 */
void npie_structure_add(HPDF_Doc doc, const npie_sheet_t *sheet,
                        const npie_painted_t *pages,
                        const HPDF_Dict fields[2], int field_page);

#endif
