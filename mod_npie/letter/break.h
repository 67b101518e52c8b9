/* SPDX-License-Identifier: Apache-2.0
 * Line breaking: splits a paragraph into words and distributes them over lines.
 */
#ifndef NPIE_LETTER_BREAK_H
#define NPIE_LETTER_BREAK_H

#include <apr_tables.h>

#include "letter/fonts.h"

/** A word, or an unbreakable piece of one. Lengths in thousandths of a
 * point. */
typedef struct npie_word_t {
    const char *text; /**< WinAnsi, with bold marks; not NUL ended */
    apr_size_t len;
    int bold;         /**< 1: begins in bold */
    int space;        /**< width of the blank before it; 0 = none */
    int width;
} npie_word_t;

/** The font, size and width of a paragraph. */
typedef struct npie_measure_t {
    const npie_font_t *fonts; /**< NPIE_FONTS of them */
    const npie_extras_t *extras; /**< of the letter */
    npie_font_id_t font;
    int size;
    int width; /**< of the line */
} npie_measure_t;

/** Returns the font of bold or plain text. */
npie_font_id_t npie_measure_font(const npie_measure_t *measure, int bold);

/** Returns the width of a character in thousandths of a point; 0 for bold
 * marks. */
int npie_measure_char(const npie_measure_t *measure, int bold, char c);

/**
 * Splits a text into words, none wider than the line.
 * @param text NUL-ended WinAnsi and extras, with bold marks
 * @return npie_word_t, views into the text; in p
 */
apr_array_header_t *npie_break_words(const npie_measure_t *measure,
                                     const char *text, apr_pool_t *p);

/**
 * Distributes words over lines.
 * @param even 1: keep the blanks as even as possible over all lines but the
 *        last; 0: fill each line
 * @return int: number of the first word of each line, and the number of words
 *         at the end; in p
 */
apr_array_header_t *npie_break_lines(const apr_array_header_t *words, int width,
                                     int even, apr_pool_t *p);

#endif
