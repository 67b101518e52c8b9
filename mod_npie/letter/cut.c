/* SPDX-License-Identifier: Apache-2.0
 * Cutting of fonts.
 */
#include "letter/cut.h"

#include <apr_strings.h>

#include "letter/arena.h"
#include "letter/slim.h"

#define SUBSET_SIZE (64 * 1024)

/* Everything a stream of libharu's holds, in p. */
static npie_bytes_t contents(HPDF_Stream stream, apr_pool_t *p)
{
    HPDF_UINT len = HPDF_Stream_Size(stream);
    unsigned char *data = apr_palloc(p, len + 1);
    npie_bytes_t bytes = { data, len };

    HPDF_Stream_Seek(stream, 0, HPDF_SEEK_SET);
    HPDF_Stream_Read(stream, data, &len);
    bytes.len = len;
    return bytes;
}

int npie_cutting_open(npie_cutting_t *cutting, npie_bytes_t font)
{
    HPDF_Stream source;

    HPDF_Error_Init(&cutting->error, NULL);
    cutting->mmgr = HPDF_MMgr_New(&cutting->error, 0, npie_arena_alloc,
                                  npie_arena_free);
    source = HPDF_MemStream_New(cutting->mmgr, (HPDF_UINT)font.len);
    HPDF_Stream_Write(source, font.data, (HPDF_UINT)font.len);
    cutting->def = HPDF_TTFontDef_Load(cutting->mmgr, source, HPDF_TRUE);
    return cutting->def != NULL;
}

static const char *describe(const char *name, HPDF_FontDef def, unsigned flags,
                            apr_pool_t *p)
{
    return apr_psprintf(p,
        "/Type /FontDescriptor\n/FontName /%s\n/Flags %u\n"
        "/FontBBox [%d %d %d %d]\n/ItalicAngle %d\n/Ascent %d\n/Descent %d\n"
        "/CapHeight %u\n/XHeight %u\n/StemV %u\n/MissingWidth %d\n",
        name, flags, (int)def->font_bbox.left, (int)def->font_bbox.bottom,
        (int)def->font_bbox.right, (int)def->font_bbox.top,
        def->italic_angle, def->ascent, def->descent,
        (unsigned)def->cap_height, (unsigned)def->x_height,
        (unsigned)def->stemv, def->missing_width);
}

int npie_cutting_save(npie_cut_t *cut, npie_cutting_t *cutting,
                      const char *tag, unsigned flags, apr_pool_t *p)
{
    HPDF_FontDef def = cutting->def;
    HPDF_Stream subset = HPDF_MemStream_New(cutting->mmgr, SUBSET_SIZE);
    HPDF_Stream slim = HPDF_MemStream_New(cutting->mmgr, SUBSET_SIZE);
    HPDF_Stream deflated = HPDF_MemStream_New(cutting->mmgr, SUBSET_SIZE);
    npie_bytes_t font;

    HPDF_TTFontDef_SetTagName(def, (char *)(uintptr_t)tag);
    HPDF_TTFontDef_SaveFontData(def, subset);
    font = npie_slim(contents(subset, p), p);
    HPDF_Stream_Write(slim, font.data, (HPDF_UINT)font.len);
    HPDF_Stream_WriteToStream(slim, deflated, HPDF_STREAM_FILTER_FLATE_DECODE,
                              NULL);
    if (HPDF_Error_GetCode(&cutting->error) != HPDF_OK) {
        return 0;
    }
    cut->name = apr_pstrdup(p, ((HPDF_TTFontDefAttr)def->attr)->base_font);
    cut->file = contents(deflated, p);
    cut->file_entries = apr_psprintf(p, "/Filter /FlateDecode\n/Length1 %u\n",
                                     (unsigned)font.len);
    cut->descriptor = describe(cut->name, def, flags, p);
    return 1;
}

HPDF_STATUS npie_cut_write_text(HPDF_Dict dict, HPDF_Stream stream)
{
    return HPDF_Stream_WriteStr(stream, dict->attr);
}

HPDF_Dict npie_cut_attach(HPDF_Doc doc, const npie_cut_t *cut)
{
    HPDF_Dict file = npie_haru_raw(doc, cut->file_entries, cut->file);
    HPDF_Dict descriptor = npie_haru_dict(doc);

    descriptor->attr = (void *)(uintptr_t)cut->descriptor;
    descriptor->write_fn = npie_cut_write_text;
    HPDF_Dict_Add(descriptor, "FontFile2", file);
    return descriptor;
}
