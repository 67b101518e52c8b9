/* SPDX-License-Identifier: Apache-2.0
 * Adds signature fields to a libharu document.
 */
#include "letter/field.h"

#include <string.h>

#include "letter/form.h"

/* Widgets are printed and cannot be moved (ISO 32000-1, table 165). */
#define WIDGET_FLAGS (4 | 128)
/* Signatures exist; later changes only append (table 219). */
#define FORM_FLAGS 3

/* The empty signature, and where it lies. */
static HPDF_STATUS write_signature(HPDF_Dict dict, HPDF_Stream stream)
{
    npie_field_slot_t *slot = dict->attr;
    char fill[NPIE_FORM_HEX_SIZE / 32 + 1];
    char range[NPIE_FORM_RANGE_SIZE + 1];

    HPDF_Stream_WriteStr(stream, NPIE_FORM_SIG_HEAD);
    slot->range = stream->size;
    npie_letter_range_write(range, 0, 0, 0);
    HPDF_Stream_WriteStr(stream, range);
    HPDF_Stream_WriteStr(stream, NPIE_FORM_SIG_MID);
    slot->open = stream->size;
    HPDF_Stream_WriteStr(stream, "<");
    memset(fill, '0', sizeof(fill) - 1);
    fill[sizeof(fill) - 1] = '\0';
    for (int i = 0; i < 32; ++i) {
        HPDF_Stream_WriteStr(stream, fill);
    }
    return HPDF_Stream_WriteStr(stream, ">\n");
}

/* PDF/A wants an appearance of every field (ISO 19005-1, 6.9). What is to be
 * seen stands on the page already, so it draws nothing. */
static HPDF_Dict make_appearance(HPDF_Doc doc, HPDF_Rect rect)
{
    static const char nothing[] = "q Q\n";
    HPDF_Dict form = npie_haru_stream(doc, nothing, sizeof(nothing) - 1);
    HPDF_Dict normal = HPDF_Dict_New(doc->mmgr);
    HPDF_Array box = HPDF_Array_New(doc->mmgr);

    HPDF_Dict_AddName(form, "Type", "XObject");
    HPDF_Dict_AddName(form, "Subtype", "Form");
    HPDF_Array_AddReal(box, 0);
    HPDF_Array_AddReal(box, 0);
    HPDF_Array_AddReal(box, rect.right - rect.left);
    HPDF_Array_AddReal(box, rect.top - rect.bottom);
    HPDF_Dict_Add(form, "BBox", box);
    HPDF_Dict_Add(form, "Resources", HPDF_Dict_New(doc->mmgr));
    HPDF_Dict_Add(normal, "N", form);
    return normal;
}

static HPDF_Dict make_field(HPDF_Doc doc, const char *name, const char *label,
                            HPDF_Page page, HPDF_Rect rect)
{
    HPDF_Dict field = npie_haru_dict(doc);
    HPDF_Array place = HPDF_Array_New(doc->mmgr);

    HPDF_Array_AddReal(place, rect.left);
    HPDF_Array_AddReal(place, rect.bottom);
    HPDF_Array_AddReal(place, rect.right);
    HPDF_Array_AddReal(place, rect.top);
    HPDF_Dict_AddName(field, "Type", "Annot");
    HPDF_Dict_AddName(field, "Subtype", "Widget");
    HPDF_Dict_AddName(field, "FT", "Sig");
    HPDF_Dict_Add(field, "T", HPDF_String_New(doc->mmgr, name, NULL));
    HPDF_Dict_Add(field, "TU", HPDF_String_New(doc->mmgr, label, NULL));
    HPDF_Dict_Add(field, "Rect", place);
    HPDF_Dict_AddNumber(field, "F", WIDGET_FLAGS);
    HPDF_Dict_Add(field, "P", page);
    HPDF_Dict_Add(field, "AP", make_appearance(doc, rect));
    return field;
}

void npie_field_add(HPDF_Dict fields[2], HPDF_Doc doc, npie_field_slot_t *slot,
                    HPDF_Page page, const HPDF_Rect rects[2])
{
    HPDF_Dict signature = npie_haru_dict(doc);
    HPDF_Dict form = npie_haru_dict(doc);
    HPDF_Array all = HPDF_Array_New(doc->mmgr);
    HPDF_Array annots = HPDF_Array_New(doc->mmgr);

    signature->attr = slot;
    signature->write_fn = write_signature;
    fields[0] = make_field(doc, "Patron", "Firma del patron", page, rects[0]);
    fields[1] = make_field(doc, "Instituto", "Sello del Instituto", page,
                         rects[1]);
    HPDF_Dict_Add(fields[0], "V", signature);
    for (int i = 0; i < 2; ++i) {
        HPDF_Array_Add(all, fields[i]);
        HPDF_Array_Add(annots, fields[i]);
    }
    HPDF_Dict_Add(page, "Annots", annots);
    HPDF_Dict_Add(form, "Fields", all);
    HPDF_Dict_AddNumber(form, "SigFlags", FORM_FLAGS);
    HPDF_Dict_Add(doc->catalog, "AcroForm", form);
}

void npie_field_patch(unsigned char *file, apr_size_t len,
                      const npie_field_slot_t *slot)
{
    char range[NPIE_FORM_RANGE_SIZE + 1];

    npie_letter_range_write(range, slot->open,
                            slot->open + NPIE_FORM_HEX_SIZE + 2, len);
    memcpy(file + slot->range, range, NPIE_FORM_RANGE_SIZE);
}
