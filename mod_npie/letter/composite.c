/* SPDX-License-Identifier: Apache-2.0
 * Composite fonts. A code is one byte and the number of its CID; the CIDs lead
 * to the glyphs by a map of the font, and to Unicode by another, so that text
 * can be copied and read aloud.
 */
#include "letter/composite.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/cut.h"

#define COLLECTION \
    "/Registry (NPIE) /Ordering (Letter) /Supplement 0"
/* The CIDs of a font are 0 and those of the codes, below 32. */
#define CIDS (NPIE_EXTRAS_FIRST + NPIE_EXTRAS_MAX)

/* What libharu's font object needs; behind it, what widths come from. */
typedef struct composite_t {
    HPDF_FontAttr_Rec attr; /* first: libharu casts to it */
    const npie_font_t *font;
    const npie_extras_t *extras;
    const char *entries;
} composite_t;

static HPDF_STATUS write_font(HPDF_Dict dict, HPDF_Stream stream)
{
    return HPDF_Stream_WriteStr(stream,
                                ((const composite_t *)dict->attr)->entries);
}

/* Never 0: libharu does not show text without width, and combining marks have
 * none. Every text is placed by itself, so that nothing moves by it. */
static HPDF_TextWidth text_width(HPDF_Font font, const HPDF_BYTE *text,
                                 HPDF_UINT len)
{
    const composite_t *composite = (const composite_t *)font->attr;
    HPDF_TextWidth width = { len, 1, 1, 0 };

    for (HPDF_UINT i = 0; i < len; ++i) {
        width.width += (HPDF_UINT)npie_font_extra_width(
            composite->font, composite->extras, (char)text[i]);
    }
    return width;
}

static HPDF_Dict stream(HPDF_Doc doc, const char *entries, const char *text)
{
    npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return npie_haru_raw(doc, entries, bytes);
}

/* From codes to CIDs (Adobe technical note 5014). */
static HPDF_Dict code_map(HPDF_Doc doc)
{
    return stream(doc,
        "/Type /CMap\n/CMapName /NPIE-Letter\n"
        "/CIDSystemInfo << " COLLECTION " >>\n/WMode 0\n",
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo 3 dict dup begin\n/Registry (NPIE) def\n"
        "/Ordering (Letter) def\n/Supplement 0 def\nend def\n"
        "/CMapName /NPIE-Letter def\n/CMapType 1 def\n/WMode 0 def\n"
        "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        "1 begincidrange\n<00> <1F> 0\nendcidrange\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend\n");
}

/* From codes to Unicode (ISO 32000-1, 9.10.3). */
static HPDF_Dict unicode_map(HPDF_Doc doc, const npie_extras_t *extras,
                             apr_pool_t *p)
{
    const char *lines = "";

    for (int i = 0; i < extras->count; ++i) {
        lines = apr_psprintf(p, "%s<%02X> <%04X>\n", lines,
                             NPIE_EXTRAS_FIRST + i, extras->cps[i]);
    }
    return stream(doc, "", apr_psprintf(p,
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> "
        "def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        "%d beginbfchar\n%sendbfchar\nendcmap\n"
        "CMapName currentdict /CMap defineresource pop\nend\nend\n",
        extras->count, lines));
}

/* From CIDs to glyphs, and which CIDs there are (PDF/A-1, 6.3.5). The glyphs
 * become marked as used. */
static void map_glyphs(HPDF_Dict font, HPDF_Dict descriptor, HPDF_Doc doc,
                       HPDF_FontDef def, const npie_extras_t *extras,
                       apr_pool_t *p)
{
    unsigned char *glyphs = apr_pcalloc(p, 2 * CIDS);
    unsigned char *set = apr_pcalloc(p, CIDS / 8);
    npie_bytes_t map = { glyphs, 2 * CIDS }, cids = { set, CIDS / 8 };

    set[0] = 0x80;
    for (int i = 0; i < extras->count; ++i) {
        int cid = NPIE_EXTRAS_FIRST + i;
        unsigned glyph = HPDF_TTFontDef_GetGlyphid(
            def, (HPDF_UINT16)extras->cps[i]);

        glyphs[2 * cid] = (unsigned char)(glyph >> 8);
        glyphs[2 * cid + 1] = (unsigned char)glyph;
        set[cid / 8] |= (unsigned char)(0x80 >> cid % 8);
    }
    HPDF_Dict_Add(font, "CIDToGIDMap", npie_haru_raw(doc, "", map));
    HPDF_Dict_Add(descriptor, "CIDSet", npie_haru_raw(doc, "", cids));
}

/* The descendant: the glyphs with their widths. */
static HPDF_Dict descendant(HPDF_Doc doc, const npie_cut_t *cut,
                            HPDF_FontDef def, const npie_font_t *font,
                            const npie_extras_t *extras, apr_pool_t *p)
{
    HPDF_Dict dict = npie_haru_dict(doc);
    HPDF_Dict descriptor = npie_cut_attach(doc, cut);
    const char *widths = "";

    for (int i = 0; i < extras->count; ++i) {
        widths = apr_psprintf(p, "%s %d", widths, npie_font_extra_width(
            font, extras, (char)(NPIE_EXTRAS_FIRST + i)));
    }
    dict->attr = apr_psprintf(p,
        "/Type /Font\n/Subtype /CIDFontType2\n/BaseFont /%s\n"
        "/CIDSystemInfo << " COLLECTION " >>\n/DW 0\n/W [%d [%s]]\n",
        cut->name, NPIE_EXTRAS_FIRST, widths);
    dict->write_fn = npie_cut_write_text;
    map_glyphs(dict, descriptor, doc, def, extras, p);
    HPDF_Dict_Add(dict, "FontDescriptor", descriptor);
    return dict;
}

HPDF_Font npie_composite_attach(HPDF_Doc doc, const npie_font_t *font,
                                npie_font_id_t id,
                                const npie_extras_t *extras, apr_pool_t *p)
{
    const char tag[] = { 'N', 'P', 'I', 'E', 'X', (char)('A' + id), '\0' };
    npie_cutting_t *cutting = apr_palloc(p, sizeof(*cutting));
    npie_cut_t *cut = apr_pcalloc(p, sizeof(*cut));
    composite_t *composite = HPDF_GetMem(doc->mmgr, sizeof(*composite));
    HPDF_Dict dict = npie_haru_dict(doc);
    HPDF_Array below = HPDF_Array_New(doc->mmgr);

    if (!npie_cutting_open(cutting, font->extra)) {
        return NULL;
    }
    for (int i = 0; i < extras->count; ++i) {
        HPDF_TTFontDef_GetCharWidth(cutting->def,
                                    (HPDF_UINT16)extras->cps[i]);
    }
    if (!npie_cutting_save(cut, cutting, tag, HPDF_FONT_SYMBOLIC, p)) {
        return NULL;
    }
    memset(composite, 0, sizeof(*composite));
    composite->font = font;
    composite->extras = extras;
    composite->entries = apr_psprintf(p, "/Type /Font\n/Subtype /Type0\n"
                                      "/BaseFont /%s-NPIE-Letter\n", cut->name);
    composite->attr.type = HPDF_FONT_TRUETYPE;
    composite->attr.writing_mode = HPDF_WMODE_HORIZONTAL;
    composite->attr.text_width_fn = text_width;
    composite->attr.xref = doc->xref;
    dict->header.obj_class |= HPDF_OSUBCLASS_FONT;
    dict->attr = composite;
    dict->write_fn = write_font;
    HPDF_Array_Add(below, descendant(doc, cut, cutting->def, font, extras, p));
    HPDF_Dict_Add(dict, "DescendantFonts", below);
    HPDF_Dict_Add(dict, "Encoding", code_map(doc));
    HPDF_Dict_Add(dict, "ToUnicode", unicode_map(doc, extras, p));
    return dict;
}
