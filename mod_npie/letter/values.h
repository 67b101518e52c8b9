/* SPDX-License-Identifier: Apache-2.0
 * The values of a letter's placeholders.
 */
#ifndef NPIE_LETTER_VALUES_H
#define NPIE_LETTER_VALUES_H

#include "letter/art_parts.h"

/**
 * Sets the values of a letter that passed npie_letter_check().
 * @param values set to clean UTF-8, in p or views into the letter
 */
void npie_letter_values(const char *values[NPIE_VALUES],
                        const npie_letter_art_t *art,
                        const npie_letter_t *letter, apr_pool_t *p);

#endif
