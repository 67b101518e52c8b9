/* SPDX-License-Identifier: Apache-2.0
 * Breaks text into lines and lines into pages. Uses widths, but no PDF.
 *
 * Lengths are in thousandths of a point, as integers, so that the same letter
 * breaks in the same places everywhere; x from the left, y from the top.
 */
#ifndef NPIE_LETTER_LAYOUT_H
#define NPIE_LETTER_LAYOUT_H

#include <apr_tables.h>

#include "letter/fonts.h"

/** Paper and margins: letter size. */
#define NPIE_SHEET_WIDTH 612000
#define NPIE_SHEET_HEIGHT 792000
#define NPIE_SHEET_LEFT 72000
#define NPIE_SHEET_RIGHT 540000
#define NPIE_SHEET_TOP 56000

typedef enum npie_align_t {
    NPIE_ALIGN_LEFT,
    NPIE_ALIGN_RIGHT,
    NPIE_ALIGN_CENTER,
    NPIE_ALIGN_JUSTIFY
} npie_align_t;

/** Style of a paragraph. */
typedef struct npie_style_t {
    npie_font_id_t font; /**< NPIE_TERMS_BOLD in the text changes a serif one */
    int size;
    int leading;         /**< distance between lines */
    int before;          /**< space above, except at the top of a page */
    int left;            /**< indents from the margins */
    int right;
    npie_align_t align;
    int upper;           /**< 1: in capitals */
    int keep;            /**< 1: stays on the page of the next paragraph */
    const char *tag;     /**< of its paragraphs in the structure tree */
} npie_style_t;

/** What belongs to no element: a programme that reads aloud passes it over. */
#define NPIE_ELEMENT_NONE (-1)

/** An element of the structure tree (ISO 32000-1, 14.7): a paragraph, or what
 * holds others. Their order is that of reading. */
typedef struct npie_element_t {
    const char *tag; /**< a standard structure type, "P", "H1"; static */
    const char *alt; /**< UTF-8, read aloud in place of its text; NULL */
    int parent;      /**< index of an element, or NPIE_ELEMENT_NONE: the root */
    int field;       /**< from 1: the signature field that it stands for; 0 */
} npie_element_t;

/** A run of text in one font, positioned on the baseline. */
typedef struct npie_mark_t {
    int x;
    int y;
    npie_font_id_t font;
    int size;
    int word_space;  /**< added to each blank */
    int extra;        /**< 1: the text is of codes of extras, else WinAnsi */
    int element;      /**< index of its element, or NPIE_ELEMENT_NONE */
    const char *text; /**< NUL ended */
} npie_mark_t;

/** A line or a frame of thin grey strokes. */
typedef struct npie_stroke_t {
    int x;
    int y;      /**< upper edge */
    int width;
    int height; /**< 0: a horizontal line, else a frame */
} npie_stroke_t;

typedef struct npie_sheet_page_t {
    apr_array_header_t *marks;   /**< npie_mark_t */
    apr_array_header_t *strokes; /**< npie_stroke_t */
} npie_sheet_page_t;

/** Lines that are broken but not yet placed. */
typedef struct npie_block_t {
    const npie_style_t *style;
    apr_array_header_t *lines; /**< apr_array_header_t * of npie_mark_t with y
                                    = 0 */
    int height;                /**< without the space above */
    int element;               /**< of its marks; NPIE_ELEMENT_NONE at first */
} npie_block_t;

/** The pages in progress. One thread. */
typedef struct npie_sheet_t {
    const npie_font_t *fonts;
    npie_extras_t extras;      /**< of all its text */
    apr_array_header_t *pages; /**< npie_sheet_page_t */
    apr_array_header_t *elements; /**< npie_element_t */
    int parent;                /**< of the elements that follow */
    int bottom;                /**< end of the text area */
    int y;                     /**< top of the next line */
    apr_pool_t *p;
} npie_sheet_t;

/** Creates a sheet with one empty page. Everything lives in p. */
npie_sheet_t *npie_sheet_make(const npie_font_t *fonts, int bottom,
                              apr_pool_t *p);

/**
 * Breaks a paragraph into lines of a width (without the indents of the style).
 * Words wider than half the line are broken after punctuation, or anywhere when
 * they have none.
 * @param text UTF-8, clean except for the marks of npie_terms_expand()
 * @param x left edge
 */
npie_block_t *npie_block_break(npie_sheet_t *sheet, const npie_style_t *style,
                               const char *text, int x, int width);

/** Places a block on the current page without changing y. */
void npie_block_put(npie_sheet_t *sheet, const npie_block_t *block, int y);

/** Adds an element to sheet->parent. @return its index */
int npie_sheet_element(npie_sheet_t *sheet, const char *tag);

/** Breaks and places a paragraph between the margins; never leaves a single
 * line of it on a page. An element of its own. */
void npie_sheet_text(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *text);

/** The same as a part of an element. */
void npie_sheet_part(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *text, int element);

/** Same as npie_sheet_text(), with a label in the indent of the first line: an
 * item of a list. */
void npie_sheet_item(npie_sheet_t *sheet, const npie_style_t *style,
                     const char *label, const char *text);

/** Starts a new page unless this height is left on the current one. */
void npie_sheet_need(npie_sheet_t *sheet, int height);

/** Adds a line or frame to the current page. */
void npie_sheet_stroke(npie_sheet_t *sheet, npie_stroke_t stroke);

/** Returns the current page. */
npie_sheet_page_t *npie_sheet_page(npie_sheet_t *sheet);

#endif
