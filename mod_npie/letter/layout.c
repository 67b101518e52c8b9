/* SPDX-License-Identifier: Apache-2.0
 * Sets paragraphs and fills pages with them.
 */
#include "letter/layout.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/break.h"
#include "letter/terms.h"
#include "letter/winansi.h"

/* A blank that would have to grow by more than this stays as it is: a ragged
 * line is easier on the eye than one with holes. */
#define STRETCH_MAX 5000
/* Baseline, in thousandths of the leading from the line's top. */
#define BASELINE 760

/* A line being set. */
typedef struct setter_t {
    const npie_measure_t *measure;
    apr_array_header_t *marks;
    npie_mark_t mark; /* open; text collected in buffer */
    char *buffer;
    apr_size_t len;
    int x;
    apr_pool_t *p;
} setter_t;

static void end_mark(setter_t *s)
{
    if (s->len > 0) {
        s->mark.text = apr_pstrmemdup(s->p, s->buffer, s->len);
        APR_ARRAY_PUSH(s->marks, npie_mark_t) = s->mark;
    }
    s->len = 0;
}

static void add_char(setter_t *s, int bold, char c)
{
    npie_font_id_t font = npie_measure_font(s->measure, bold);

    if (c == NPIE_TERMS_BOLD || c == NPIE_TERMS_PLAIN) {
        return;
    }
    if (s->len > 0
        && (font != s->mark.font || npie_extras_is(c) != s->mark.extra)) {
        end_mark(s);
    }
    if (s->len == 0) {
        s->mark.font = font;
        s->mark.extra = npie_extras_is(c);
        s->mark.x = s->x;
    }
    s->buffer[s->len++] = c;
    s->x += npie_measure_char(s->measure, bold, c)
        + (c == ' ' ? s->mark.word_space : 0);
}

/* Sets the words first to end - 1 as one line. */
static apr_array_header_t *set_line(setter_t *s, const npie_style_t *style,
                                    const npie_word_t *words, int first,
                                    int end, int is_last, int left)
{
    int used = words[first].width;
    int gaps = 0;
    int slack;

    for (int i = first + 1; i < end; ++i) {
        used += words[i].space + words[i].width;
        gaps += words[i].space > 0;
    }
    slack = s->measure->width - used;
    s->marks = apr_array_make(s->p, 2, sizeof(npie_mark_t));
    s->mark.word_space = style->align == NPIE_ALIGN_JUSTIFY && !is_last
        && gaps > 0 && slack / gaps <= STRETCH_MAX ? slack / gaps : 0;
    s->x = left + (style->align == NPIE_ALIGN_RIGHT ? slack
                   : style->align == NPIE_ALIGN_CENTER ? slack / 2 : 0);
    for (int i = first; i < end; ++i) {
        int bold = words[i].bold;

        if (i > first && words[i].space > 0) {
            add_char(s, bold, ' ');
        }
        for (apr_size_t k = 0; k < words[i].len; ++k) {
            char c = words[i].text[k];

            bold = c == NPIE_TERMS_BOLD ? 1 : c == NPIE_TERMS_PLAIN ? 0 : bold;
            add_char(s, bold, c);
        }
    }
    /* Where two words are parted is said: who reads aloud sees no lines. */
    if (!is_last && words[end].space > 0) {
        add_char(s, words[end - 1].bold, ' ');
    }
    end_mark(s);
    return s->marks;
}

npie_block_t *npie_block_break(npie_sheet_t *sheet, const npie_style_t *style,
                               const char *text, int x, int width)
{
    npie_measure_t measure = { sheet->fonts, &sheet->extras, style->font,
                               style->size,
                               width - style->left - style->right };
    npie_block_t *block = apr_pcalloc(sheet->p, sizeof(*block));
    char *plain = npie_winansi_encode(&sheet->extras, text, sheet->p);
    apr_array_header_t *words;
    apr_array_header_t *starts;
    setter_t setter = { .measure = &measure, .p = sheet->p };

    if (style->upper) {
        npie_winansi_upper(plain);
    }
    words = npie_break_words(&measure, plain, sheet->p);
    starts = npie_break_lines(words, measure.width,
                              style->align == NPIE_ALIGN_JUSTIFY
                              || style->align == NPIE_ALIGN_CENTER, sheet->p);
    setter.mark.size = style->size;
    setter.buffer = apr_palloc(sheet->p, strlen(plain) + 1);
    block->style = style;
    block->element = NPIE_ELEMENT_NONE;
    block->lines = apr_array_make(sheet->p, starts->nelts,
                                  sizeof(apr_array_header_t *));
    for (int i = 0; i + 1 < starts->nelts; ++i) {
        int first = APR_ARRAY_IDX(starts, i, int);
        int end = APR_ARRAY_IDX(starts, i + 1, int);

        APR_ARRAY_PUSH(block->lines, apr_array_header_t *) =
            set_line(&setter, style, (const npie_word_t *)words->elts, first,
                     end, end == words->nelts, x + style->left);
    }
    block->height = block->lines->nelts * style->leading;
    return block;
}

static void put_line(npie_sheet_t *sheet, const npie_block_t *block, int line,
                     int y)
{
    const apr_array_header_t *marks =
        APR_ARRAY_IDX(block->lines, line, apr_array_header_t *);
    npie_sheet_page_t *page = npie_sheet_page(sheet);

    for (int i = 0; i < marks->nelts; ++i) {
        npie_mark_t mark = APR_ARRAY_IDX(marks, i, npie_mark_t);

        mark.y = y + block->style->leading / 1000 * BASELINE;
        mark.element = block->element;
        APR_ARRAY_PUSH(page->marks, npie_mark_t) = mark;
    }
}

void npie_block_put(npie_sheet_t *sheet, const npie_block_t *block, int y)
{
    for (int i = 0; i < block->lines->nelts; ++i) {
        put_line(sheet, block, i, y + i * block->style->leading);
    }
}

static void add_page(npie_sheet_t *sheet)
{
    npie_sheet_page_t page;

    page.marks = apr_array_make(sheet->p, 64, sizeof(npie_mark_t));
    page.strokes = apr_array_make(sheet->p, 4, sizeof(npie_stroke_t));
    APR_ARRAY_PUSH(sheet->pages, npie_sheet_page_t) = page;
    sheet->y = NPIE_SHEET_TOP;
}

npie_sheet_t *npie_sheet_make(const npie_font_t *fonts, int bottom,
                              apr_pool_t *p)
{
    npie_sheet_t *sheet = apr_pcalloc(p, sizeof(*sheet));

    sheet->fonts = fonts;
    sheet->bottom = bottom;
    sheet->p = p;
    sheet->pages = apr_array_make(p, 4, sizeof(npie_sheet_page_t));
    sheet->elements = apr_array_make(p, 64, sizeof(npie_element_t));
    sheet->parent = NPIE_ELEMENT_NONE;
    add_page(sheet);
    return sheet;
}

npie_sheet_page_t *npie_sheet_page(npie_sheet_t *sheet)
{
    return &APR_ARRAY_IDX(sheet->pages, sheet->pages->nelts - 1,
                          npie_sheet_page_t);
}

void npie_sheet_need(npie_sheet_t *sheet, int height)
{
    if (sheet->y > NPIE_SHEET_TOP && sheet->y + height > sheet->bottom) {
        add_page(sheet);
    }
}

void npie_sheet_stroke(npie_sheet_t *sheet, npie_stroke_t stroke)
{
    APR_ARRAY_PUSH(npie_sheet_page(sheet)->strokes, npie_stroke_t) = stroke;
}

/* Lines that must stay together with line i: the first two, the last two,
 * and what keeps with the next paragraph. */
static int bound_lines(const npie_block_t *block, int i)
{
    int n = block->lines->nelts;

    if (block->style->keep) {
        return n - i + 2;
    }
    if (i == 0) {
        return n <= 3 ? n : 2;
    }
    return i == n - 2 ? 2 : 1;
}

static void place(npie_sheet_t *sheet, const npie_block_t *block,
                  const npie_block_t *label)
{
    int leading = block->style->leading;

    if (sheet->y > NPIE_SHEET_TOP) {
        sheet->y += block->style->before;
    }
    for (int i = 0; i < block->lines->nelts; ++i) {
        npie_sheet_need(sheet, bound_lines(block, i) * leading);
        if (i == 0 && label != NULL) {
            npie_block_put(sheet, label, sheet->y);
        }
        put_line(sheet, block, i, sheet->y);
        sheet->y += leading;
    }
}

int npie_sheet_element(npie_sheet_t *sheet, const char *tag)
{
    npie_element_t element = { tag, NULL, sheet->parent, 0 };

    APR_ARRAY_PUSH(sheet->elements, npie_element_t) = element;
    return sheet->elements->nelts - 1;
}

void npie_sheet_part(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *text, int element)
{
    npie_block_t *block = npie_block_break(sheet, style, text, NPIE_SHEET_LEFT,
                                           NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT);

    block->element = element;
    place(sheet, block, NULL);
}

void npie_sheet_text(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *text)
{
    npie_sheet_part(sheet, style, text, npie_sheet_element(sheet, style->tag));
}

void npie_sheet_item(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *label, const char *text)
{
    npie_style_t hanging = *style;
    const int list = sheet->parent;
    npie_block_t *number;
    npie_block_t *body;

    hanging.left = 0;
    hanging.align = NPIE_ALIGN_LEFT;
    number = npie_block_break(sheet, &hanging, label, NPIE_SHEET_LEFT,
                              style->left);
    body = npie_block_break(sheet, style, text, NPIE_SHEET_LEFT,
                            NPIE_SHEET_RIGHT - NPIE_SHEET_LEFT);
    sheet->parent = npie_sheet_element(sheet, "LI");
    number->element = npie_sheet_element(sheet, "Lbl");
    body->element = npie_sheet_element(sheet, style->tag);
    sheet->parent = list;
    place(sheet, body, number);
}
