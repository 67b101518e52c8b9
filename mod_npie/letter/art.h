/* SPDX-License-Identifier: Apache-2.0
 * Fonts and texts that all letters share. For letter/ only.
 */
#ifndef NPIE_LETTER_ART_H
#define NPIE_LETTER_ART_H

#include "letter/fonts.h"
#include "letter/letter.h"
#include "letter/terms.h"

struct npie_letter_art_t {
    npie_font_t fonts[NPIE_FONTS];
    const npie_terms_t *terms;
    const char *institution;
};

#endif
