/* SPDX-License-Identifier: Apache-2.0
 * Draws a letter: composes it, paints it, makes it signable.
 */
#include "letter/letter.h"

#include <apr_strings.h>

#include "letter/arena.h"
#include "letter/compose.h"
#include "letter/field.h"
#include "letter/paint.h"
#include "letter/pdfa.h"
#include "letter/structure.h"

/* For screen readers, and the title instead of the file's name. */
static void add_reading_hints(HPDF_Doc doc)
{
    HPDF_Dict preferences = HPDF_Dict_New(doc->mmgr);

    HPDF_Dict_AddBoolean(preferences, "DisplayDocTitle", HPDF_TRUE);
    HPDF_Dict_Add(doc->catalog, "ViewerPreferences", preferences);
    HPDF_Dict_Add(doc->catalog, "Lang",
                  HPDF_String_New(doc->mmgr, "es-MX", NULL));
}

static apr_status_t haru_error(npie_err_t *err, const npie_haru_error_t *error)
{
    return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                        "libharu error 0x%04lx, detail %lu",
                        (unsigned long)error->code,
                        (unsigned long)error->detail);
}

static void add_fields(HPDF_Dict fields[2], HPDF_Doc doc,
                       npie_field_slot_t *slot, HPDF_Page page,
                       const npie_stroke_t frames[2])
{
    HPDF_Rect rects[2];

    for (int i = 0; i < 2; ++i) {
        const npie_stroke_t *frame = &frames[i];

        rects[i].left = npie_paint_length(frame->x);
        rects[i].right = npie_paint_length(frame->x + frame->width);
        rects[i].top = npie_paint_y(frame->y);
        rects[i].bottom = npie_paint_y(frame->y + frame->height);
    }
    npie_field_add(fields, doc, slot, page, rects);
}

/* Turns a composed letter into a file, inside the open arena. */
static apr_status_t draw(npie_bytes_t *pdf, const npie_composed_t *composed,
                         const npie_letter_t *letter, npie_err_t *err,
                         apr_pool_t *p)
{
    npie_pdfa_t pdfa = { composed->title, composed->cadena, composed->zone,
                         composed->data, letter->time };
    npie_field_slot_t slot = { 0, 0 };
    npie_haru_error_t error;
    HPDF_Dict fields[2];
    npie_painted_t *pages;
    unsigned char *file;
    apr_size_t len;
    HPDF_Doc doc = npie_haru_open(&error);

    if (doc == NULL) {
        return haru_error(err, &error);
    }
    npie_paint_sheet(doc, &pages, composed->sheet);
    if (npie_haru_failed(doc, &error)) {
        return haru_error(err, &error);
    }
    add_reading_hints(doc);
    add_fields(fields, doc, &slot, pages[composed->field_page].page,
               composed->fields);
    npie_structure_add(doc, composed->sheet, pages, fields,
                       composed->field_page);
    if (npie_pdfa_add(doc, &pdfa, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                            "the file identifier could not be made");
    }
    if (npie_haru_failed(doc, &error)) {
        return haru_error(err, &error);
    }
    len = npie_haru_save(&file, doc, NPIE_LETTER_MAX, p);
    if (len == 0 || npie_haru_failed(doc, &error)) {
        return haru_error(err, &error);
    }
    npie_field_patch(file, len, &slot);
    pdf->data = file;
    pdf->len = len;
    return APR_SUCCESS;
}

apr_status_t npie_letter_draw(npie_bytes_t *pdf, const npie_letter_art_t *art,
                              const npie_letter_t *letter, npie_err_t *err,
                              apr_pool_t *p)
{
    npie_letter_file_t *parts;
    npie_composed_t composed;
    npie_bytes_t file = { NULL, 0 };
    npie_err_t why;
    apr_pool_t *ptemp;
    apr_status_t rv = apr_pool_create(&ptemp, p);

    pdf->data = NULL;
    pdf->len = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_letter_compose(&composed, art, letter, err, ptemp);
    if (rv == APR_SUCCESS) {
        npie_arena_open();
        rv = draw(&file, &composed, letter, err, ptemp);
        npie_arena_close();
    }
    /* A letter that this project could not read again would be found out
     * only when its employer comes with it signed. */
    if (rv == APR_SUCCESS
        && npie_letter_file_parse(&parts, file, &why, ptemp) != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_EINTERNAL, NPIE_P_LETTER_DRAW,
                          "drawn, but cannot be read: %s", why.detail);
    }
    if (rv == APR_SUCCESS) {
        pdf->data = apr_pmemdup(p, file.data, file.len);
        pdf->len = file.len;
    }
    apr_pool_destroy(ptemp);
    return rv;
}
