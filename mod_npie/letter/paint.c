/* SPDX-License-Identifier: Apache-2.0
 * Paints composed pages with libharu.
 */
#include "letter/paint.h"

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

static void paint_strokes(HPDF_Page page, const apr_array_header_t *strokes)
{
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
}

static void paint_marks(HPDF_Page page, const apr_array_header_t *marks,
                        const HPDF_Font fonts[NPIE_FONTS])
{
    int font = -1;
    int size = 0;
    int word_space = 0;

    HPDF_Page_BeginText(page);
    for (int i = 0; i < marks->nelts; ++i) {
        npie_mark_t mark = APR_ARRAY_IDX(marks, i, npie_mark_t);

        if ((int)mark.font != font || mark.size != size) {
            HPDF_Page_SetFontAndSize(page, fonts[mark.font],
                                     npie_paint_length(mark.size));
            font = (int)mark.font;
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
    HPDF_Page_EndText(page);
}

/* Which alphabet each font needs for all pages. */
static void find_alphabets(npie_alphabet_t alphabets[NPIE_FONTS],
                           const apr_array_header_t *pages)
{
    for (int i = 0; i < NPIE_FONTS; ++i) {
        alphabets[i] = NPIE_ALPHABET_SPANISH;
    }
    for (int i = 0; i < pages->nelts; ++i) {
        const apr_array_header_t *marks =
            APR_ARRAY_IDX(pages, i, npie_sheet_page_t).marks;

        for (int k = 0; k < marks->nelts; ++k) {
            const npie_mark_t *mark = &APR_ARRAY_IDX(marks, k, npie_mark_t);

            if (alphabets[mark->font] == NPIE_ALPHABET_SPANISH) {
                alphabets[mark->font] = npie_fonts_alphabet(mark->text);
            }
        }
    }
}

void npie_paint_sheet(HPDF_Doc doc, HPDF_Page **pages, npie_sheet_t *sheet)
{
    int count = sheet->pages->nelts;
    npie_alphabet_t alphabets[NPIE_FONTS];
    HPDF_Font fonts[NPIE_FONTS] = { NULL };

    find_alphabets(alphabets, sheet->pages);
    *pages = apr_pcalloc(sheet->p, sizeof(**pages) * (apr_size_t)count);
    for (int i = 0; i < NPIE_FONTS; ++i) {
        fonts[i] = npie_fonts_attach(doc, &sheet->fonts[i], alphabets[i]);
    }
    for (int i = 0; i < count; ++i) {
        const npie_sheet_page_t *page =
            &APR_ARRAY_IDX(sheet->pages, i, npie_sheet_page_t);
        HPDF_Page painted = HPDF_AddPage(doc);

        (*pages)[i] = painted;
        HPDF_Page_SetWidth(painted, npie_paint_length(NPIE_SHEET_WIDTH));
        HPDF_Page_SetHeight(painted, npie_paint_length(NPIE_SHEET_HEIGHT));
        paint_strokes(painted, page->strokes);
        paint_marks(painted, page->marks, fonts);
    }
}
