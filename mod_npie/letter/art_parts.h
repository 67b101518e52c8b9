/* SPDX-License-Identifier: Apache-2.0
 * The fonts and texts that all letters share. For letter/ only.
 */
#ifndef NPIE_LETTER_ART_PARTS_H
#define NPIE_LETTER_ART_PARTS_H

#include "letter/content.h"
#include "letter/fonts.h"
#include "letter/terms.h"
#include "model/zone.h"

struct npie_letter_art_t {
    npie_font_t fonts[NPIE_FONTS];
    const npie_terms_t *terms;
    const npie_zones_t *zones;
    const char *institution;
    const npie_sentences_t *sentences; /**< NULL: as built in */
    npie_bytes_t sample; /**< a letter 1 with made-up data */
    char digest[NPIE_SHA256_HEX_SIZE]; /**< see npie_letter_art_digest() */
};

#endif
