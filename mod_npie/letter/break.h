/* SPDX-License-Identifier: Apache-2.0
 * Where lines break: the words of a paragraph, and the best way to share
 * them out among lines.
 */
#ifndef NPIE_LETTER_BREAK_H
#define NPIE_LETTER_BREAK_H

#include <apr_tables.h>

#include "letter/fonts.h"

/** What does not break: a word or a piece of one. Lengths in thousandths of
 * a point. */
typedef struct npie_word_t {
    const char *text; /**< WinAnsi, with bold marks; not NUL ended */
    apr_size_t len;
    int bold;         /**< 1: begins in bold */
    int space;        /**< width of the blank before it; 0 = none */
    int width;
} npie_word_t;

/** In what a paragraph is measured. */
typedef struct npie_measure_t {
    const npie_font_t *fonts; /**< NPIE_FONTS of them */
    npie_font_id_t font;
    int size;
    int width; /**< of the line */
} npie_measure_t;

/** The font of text that is or is not marked bold. */
npie_font_id_t npie_measure_font(const npie_measure_t *measure, int bold);

/** Width of one character in thousandths of a point; 0 for bold marks. */
int npie_measure_char(const npie_measure_t *measure, int bold, char c);

/**
 * The words of a text, none wider than the line.
 * @param text NUL-ended WinAnsi with bold marks
 * @return npie_word_t, views into the text; in p
 */
apr_array_header_t *npie_break_words(const npie_measure_t *measure,
                                     const char *text, apr_pool_t *p);

/**
 * Shares words out among lines.
 * @param even 1: so that the blanks are as even as can be over the whole
 *        paragraph, but its last line; 0: as many words a line as it holds
 * @return int: number of the first word of each line, and the number of words
 *         at the end; in p
 */
apr_array_header_t *npie_break_lines(const apr_array_header_t *words, int width,
                                     int even, apr_pool_t *p);

#endif
