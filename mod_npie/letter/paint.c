/* SPDX-License-Identifier: Apache-2.0
 * Paints composed pages with libharu.
 */
#include "letter/paint.h"

#include <apr_strings.h>

#include "letter/composite.h"

#define STROKE_WIDTH 0.5f
#define STROKE_GRAY 0.45f

float npie_paint_length(int length)
{
    return (float)length / 1000;
}

float npie_paint_y(int y)
{
    return (float)(NPIE_SHEET_HEIGHT - y) / 1000;
}

/* Writes operators that libharu has no function for. */
static void write_operators(HPDF_Page page, const char *operators)
{
    HPDF_Stream_WriteStr(((HPDF_PageAttr)page->attr)->stream, operators);
}

static void paint_strokes(HPDF_Page page, const apr_array_header_t *strokes)
{
    write_operators(page, "/Artifact BMC\n");
    HPDF_Page_SetLineWidth(page, STROKE_WIDTH);
    HPDF_Page_SetGrayStroke(page, STROKE_GRAY);
    for (int i = 0; i < strokes->nelts; ++i) {
        npie_stroke_t s = APR_ARRAY_IDX(strokes, i, npie_stroke_t);
        float x = npie_paint_length(s.x);
        float y = npie_paint_y(s.y + s.height);
        float width = npie_paint_length(s.width);

        if (s.height > 0) {
            HPDF_Page_Rectangle(page, x, y, width, npie_paint_length(s.height));
        } else {
            HPDF_Page_MoveTo(page, x, y);
            HPDF_Page_LineTo(page, x + width, y);
        }
        HPDF_Page_Stroke(page);
    }
    write_operators(page, "EMC\n");
}

/* The fonts of a document: those of WinAnsi, and those of the extras, NULL
 * where none is used. */
typedef struct fonts_t {
    HPDF_Font plain[NPIE_FONTS];
    HPDF_Font extra[NPIE_FONTS];
} fonts_t;

/* Begins what belongs to an element, or to none. */
static void begin_marked(const npie_painted_t *painted,
                         const npie_sheet_t *sheet, int element)
{
    if (element == NPIE_ELEMENT_NONE) {
        write_operators(painted->page,
                        "/Artifact <</Type /Pagination>> BDC\n");
        return;
    }
    write_operators(painted->page, apr_psprintf(
        sheet->p, "/%s <</MCID %d>> BDC\n",
        APR_ARRAY_IDX(sheet->elements, element, npie_element_t).tag,
        painted->marked->nelts));
    APR_ARRAY_PUSH(painted->marked, int) = element;
}

static void paint_marks(const npie_painted_t *painted,
                        const npie_sheet_t *sheet,
                        const apr_array_header_t *marks, const fonts_t *fonts)
{
    HPDF_Page page = painted->page;
    HPDF_Font font = NULL;
    int size = 0;
    int word_space = 0;

    HPDF_Page_BeginText(page);
    for (int i = 0; i < marks->nelts; ++i) {
        npie_mark_t mark = APR_ARRAY_IDX(marks, i, npie_mark_t);
        HPDF_Font next = mark.extra ? fonts->extra[mark.font]
                                    : fonts->plain[mark.font];

        if (i == 0 || mark.element != APR_ARRAY_IDX(marks, i - 1,
                                                    npie_mark_t).element) {
            write_operators(page, i > 0 ? "EMC\n" : "");
            begin_marked(painted, sheet, mark.element);
        }
        if (next != font || mark.size != size) {
            HPDF_Page_SetFontAndSize(page, next, npie_paint_length(mark.size));
            font = next;
            size = mark.size;
        }
        if (mark.word_space != word_space) {
            HPDF_Page_SetWordSpace(page, npie_paint_length(mark.word_space));
            word_space = mark.word_space;
        }
        HPDF_Page_SetTextMatrix(page, 1, 0, 0, 1, npie_paint_length(mark.x),
                                npie_paint_y(mark.y));
        HPDF_Page_ShowText(page, mark.text);
    }
    write_operators(page, marks->nelts > 0 ? "EMC\n" : "");
    HPDF_Page_EndText(page);
}

/* What each font has to show on all pages. */
typedef struct needs_t {
    npie_alphabet_t alphabets[NPIE_FONTS];
    int extra[NPIE_FONTS]; /* 1: extras too */
} needs_t;

static void find_needs(needs_t *needs, const apr_array_header_t *pages)
{
    for (int i = 0; i < NPIE_FONTS; ++i) {
        needs->alphabets[i] = NPIE_ALPHABET_SPANISH;
        needs->extra[i] = 0;
    }
    for (int i = 0; i < pages->nelts; ++i) {
        const apr_array_header_t *marks =
            APR_ARRAY_IDX(pages, i, npie_sheet_page_t).marks;

        for (int k = 0; k < marks->nelts; ++k) {
            const npie_mark_t *mark = &APR_ARRAY_IDX(marks, k, npie_mark_t);

            if (mark->extra) {
                needs->extra[mark->font] = 1;
            } else if (needs->alphabets[mark->font]
                       == NPIE_ALPHABET_SPANISH) {
                needs->alphabets[mark->font] = npie_fonts_alphabet(mark->text);
            }
        }
    }
}

static void attach_fonts(fonts_t *fonts, HPDF_Doc doc,
                         const npie_sheet_t *sheet)
{
    needs_t needs;

    find_needs(&needs, sheet->pages);
    for (int i = 0; i < NPIE_FONTS; ++i) {
        fonts->plain[i] = npie_fonts_attach(doc, &sheet->fonts[i],
                                            needs.alphabets[i]);
        fonts->extra[i] = needs.extra[i]
            ? npie_composite_attach(doc, &sheet->fonts[i], (npie_font_id_t)i,
                                    &sheet->extras, sheet->p) : NULL;
    }
}

void npie_paint_sheet(HPDF_Doc doc, npie_painted_t **ppages,
                      npie_sheet_t *sheet)
{
    int count = sheet->pages->nelts;
    fonts_t fonts;

    attach_fonts(&fonts, doc, sheet);
    *ppages = apr_pcalloc(sheet->p, sizeof(**ppages) * (apr_size_t)count);
    for (int i = 0; i < count; ++i) {
        const npie_sheet_page_t *page =
            &APR_ARRAY_IDX(sheet->pages, i, npie_sheet_page_t);
        npie_painted_t *painted = &(*ppages)[i];

        painted->page = HPDF_AddPage(doc);
        painted->marked = apr_array_make(sheet->p, 32, sizeof(int));
        HPDF_Page_SetWidth(painted->page, npie_paint_length(NPIE_SHEET_WIDTH));
        HPDF_Page_SetHeight(painted->page,
                            npie_paint_length(NPIE_SHEET_HEIGHT));
        paint_strokes(painted->page, page->strokes);
        paint_marks(painted, sheet, page->marks, &fonts);
    }
}
