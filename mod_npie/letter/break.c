/* SPDX-License-Identifier: Apache-2.0
 * Splits text into words and words into lines.
 */
#include "letter/break.h"

#include <limits.h>
#include <string.h>

#include "letter/terms.h"

npie_font_id_t npie_measure_font(const npie_measure_t *measure, int bold)
{
    return bold && measure->font == NPIE_FONT_SERIF ? NPIE_FONT_BOLD
                                                    : measure->font;
}

int npie_measure_char(const npie_measure_t *measure, int bold, char c)
{
    const npie_font_t *font = &measure->fonts[npie_measure_font(measure, bold)];

    return (npie_extras_is(c)
            ? npie_font_extra_width(font, measure->extras, c)
            : font->widths[(unsigned char)c]) * measure->size / 1000;
}

static int bold_after(int bold, char c)
{
    return c == NPIE_TERMS_BOLD ? 1 : c == NPIE_TERMS_PLAIN ? 0 : bold;
}

/* May a long word break behind this character? */
static int is_joint(char c)
{
    return strchr("@.-_/,;:+=", c) != NULL;
}

/* Adds a word, cut in pieces if it is long: at joints, and where none comes in
 * half a line, anywhere. */
static void add_word(apr_array_header_t *words, const npie_measure_t *measure,
                     npie_word_t word)
{
    int is_long = word.width > measure->width / 2;
    apr_size_t from = 0;
    int bold = word.bold;
    npie_word_t piece = word;

    piece.width = 0;
    for (apr_size_t i = 0; i < word.len; ++i) {
        char c = word.text[i];
        int width = npie_measure_char(measure, bold, c);
        int full = piece.width + width > measure->width / 2;

        if (is_long && i > from
            && (piece.width + width > measure->width
                || (full && measure->font != NPIE_FONT_MONO)
                || (is_joint(word.text[i - 1])
                    && measure->font != NPIE_FONT_MONO))) {
            piece.len = i - from;
            APR_ARRAY_PUSH(words, npie_word_t) = piece;
            from = i;
            piece.text = word.text + i;
            piece.bold = bold;
            piece.space = 0;
            piece.width = 0;
        }
        piece.width += width;
        bold = bold_after(bold, c);
    }
    piece.len = word.len - from;
    APR_ARRAY_PUSH(words, npie_word_t) = piece;
}

apr_array_header_t *npie_break_words(const npie_measure_t *measure,
                                     const char *text, apr_pool_t *p)
{
    apr_array_header_t *words = apr_array_make(p, 64, sizeof(npie_word_t));
    int bold = 0;
    int space = 0;

    while (*text != '\0') {
        npie_word_t word = { text, 0, bold, space, 0 };

        while (text[word.len] != '\0' && text[word.len] != ' ') {
            word.width += npie_measure_char(measure, bold, text[word.len]);
            bold = bold_after(bold, text[word.len]);
            ++word.len;
        }
        add_word(words, measure, word);
        text += word.len;
        space = npie_measure_char(measure, bold, ' ');
        text += *text == ' ';
    }
    return words;
}

/* How bad a line is: the square of what each of its blanks must grow by. */
static apr_int64_t badness(int slack, int gaps, int is_last)
{
    apr_int64_t each = gaps > 0 ? slack / gaps : slack;

    return is_last ? 0 : each * each;
}

apr_array_header_t *npie_break_lines(const apr_array_header_t *words, int width,
                                     int even, apr_pool_t *p)
{
    const npie_word_t *word = (const npie_word_t *)words->elts;
    int n = words->nelts;
    apr_int64_t *best = apr_palloc(p, sizeof(*best) * (apr_size_t)(n + 1));
    int *next = apr_palloc(p, sizeof(*next) * (apr_size_t)(n + 1));
    apr_array_header_t *lines = apr_array_make(p, 8, sizeof(int));

    best[n] = 0;
    next[n] = n;
    for (int i = n - 1; i >= 0; --i) {
        int used = 0;
        int gaps = 0;

        best[i] = INT64_MAX;
        for (int j = i; j < n; ++j) {
            apr_int64_t cost;

            used += word[j].width + (j > i ? word[j].space : 0);
            gaps += j > i && word[j].space > 0;
            if (j > i && used > width) {
                break;
            }
            cost = best[j + 1] + (even ? badness(width - used, gaps, j + 1 == n)
                                       : 1);
            /* <= prefers the longer line, so that last lines are short */
            if (cost <= best[i]) {
                best[i] = cost;
                next[i] = j + 1;
            }
        }
    }
    for (int i = 0; i < n; i = next[i]) {
        APR_ARRAY_PUSH(lines, int) = i;
    }
    APR_ARRAY_PUSH(lines, int) = n;
    return lines;
}
