/* SPDX-License-Identifier: Apache-2.0
 * Prepares the fonts: libharu loads, cuts and deflates each once; documents
 * get the result as ready-made objects.
 */
#include "letter/fonts.h"

#include <string.h>

#include <apr_strings.h>

#include "base/file.h"
#include "letter/arena.h"
#include "letter/haru.h"
#include "letter/winansi.h"

/* Liberation fonts have up to 400 KiB. */
#define FONT_FILE_MAX (8 * 1024 * 1024)
#define FIRST_CODE 32
#define LAST_CODE 255

static const struct {
    const char *file;
    unsigned flags;
} sources[NPIE_FONTS] = {
    { "LiberationSerif-Regular.ttf", HPDF_FONT_SERIF },
    { "LiberationSerif-Bold.ttf", HPDF_FONT_SERIF },
    { "LiberationMono-Regular.ttf", HPDF_FONT_FIXED_WIDTH }
};

/* What Spanish has beyond ASCII: letters, then signs, in WinAnsi. */
static const char spanish[] =
    "\xe1\xe9\xed\xf3\xfa\xfc\xf1\xc1\xc9\xcd\xd3\xda\xdc\xd1"
    "\xa0\xa1\xaa\xab\xb0\xb7\xba\xbb\xbf\x85\x91\x92\x93\x94\x96\x97";

/* What libharu's font object needs, and the prepared font behind it. */
typedef struct attached_t {
    HPDF_FontAttr_Rec attr; /* first: libharu casts to it */
    const npie_font_t *font;
    const npie_cut_t *cut;
} attached_t;

static apr_status_t read_font(npie_bytes_t *bytes, const char *path,
                              npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_file_read(bytes, path, FONT_FILE_MAX, p);

    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "font %s: %s; "
                       "install the Liberation fonts or set NPIELetterFonts",
                       path, npie_file_why(rv, FONT_FILE_MAX, p));
}

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

static int is_spanish(unsigned char code)
{
    return code < 0x80 || strchr(spanish, code) != NULL;
}

npie_alphabet_t npie_fonts_alphabet(const char *text)
{
    for (; *text != '\0'; ++text) {
        if (!is_spanish((unsigned char)*text)) {
            return NPIE_ALPHABET_FULL;
        }
    }
    return NPIE_ALPHABET_SPANISH;
}

/* Marks the glyphs of an alphabet as used and notes their widths. @return 0
 * when the font lacks one of WinAnsi */
static int measure(npie_font_t *font, HPDF_FontDef def,
                   npie_alphabet_t alphabet)
{
    for (unsigned code = FIRST_CODE; code <= LAST_CODE; ++code) {
        unsigned cp = npie_winansi_unicode((unsigned char)code);

        if (cp == 0) {
            continue;
        }
        if (HPDF_TTFontDef_GetGlyphid(def, (HPDF_UINT16)cp) == 0) {
            return 0;
        }
        if (alphabet == NPIE_ALPHABET_FULL
            || is_spanish((unsigned char)code)) {
            font->widths[code] =
                (short)HPDF_TTFontDef_GetCharWidth(def, (HPDF_UINT16)cp);
        }
    }
    return 1;
}

static const char *widths_text(const npie_font_t *font, apr_pool_t *p)
{
    char *text = apr_palloc(p, (LAST_CODE + 1) * 8);
    char *at = text;

    for (unsigned code = FIRST_CODE; code <= LAST_CODE; ++code) {
        at += apr_snprintf(at, 8, "%d%c", font->widths[code],
                           code % 16 == 15 ? '\n' : ' ');
    }
    at[-1] = '\0';
    return text;
}

static void describe(npie_cut_t *cut, const npie_font_t *font,
                     HPDF_FontDef def, unsigned flags, apr_pool_t *p)
{
    cut->entries = apr_psprintf(p,
        "/Type /Font\n/Subtype /TrueType\n/BaseFont /%s\n"
        "/Encoding /WinAnsiEncoding\n/FirstChar %d\n/LastChar %d\n"
        "/Widths [%s]\n", cut->name, FIRST_CODE, LAST_CODE,
        widths_text(font, p));
    cut->descriptor = apr_psprintf(p,
        "/Type /FontDescriptor\n/FontName /%s\n/Flags %u\n"
        "/FontBBox [%d %d %d %d]\n/ItalicAngle %d\n/Ascent %d\n/Descent %d\n"
        "/CapHeight %u\n/XHeight %u\n/StemV %u\n/MissingWidth %d\n",
        cut->name, HPDF_FONT_STD_CHARSET | flags,
        (int)def->font_bbox.left, (int)def->font_bbox.bottom,
        (int)def->font_bbox.right, (int)def->font_bbox.top,
        def->italic_angle, def->ascent, def->descent,
        (unsigned)def->cap_height, (unsigned)def->x_height,
        (unsigned)def->stemv, def->missing_width);
}

/* Cuts and deflates inside the open arena. @return 0 when the font is not
 * one libharu can embed, or lacks letters */
static int cut_font(npie_font_t *font, npie_bytes_t bytes, npie_font_id_t id,
                    npie_alphabet_t alphabet, apr_pool_t *p)
{
    npie_cut_t *cut = &font->cuts[alphabet];
    /* The tag of a subset (ISO 32000-1, 9.6.4), one for each cut. */
    char tag[] = { 'N', 'P', 'I', 'E', (char)('A' + alphabet),
                   (char)('A' + id), '\0' };
    HPDF_Error_Rec error;
    HPDF_MMgr mmgr;
    HPDF_Stream source;
    HPDF_Stream subset;
    HPDF_Stream deflated;
    HPDF_FontDef def;

    HPDF_Error_Init(&error, NULL);
    mmgr = HPDF_MMgr_New(&error, 0, npie_arena_alloc, npie_arena_free);
    source = HPDF_MemStream_New(mmgr, (HPDF_UINT)bytes.len);
    HPDF_Stream_Write(source, bytes.data, (HPDF_UINT)bytes.len);
    def = HPDF_TTFontDef_Load(mmgr, source, HPDF_TRUE);
    if (def == NULL || !measure(font, def, alphabet)) {
        return 0;
    }
    HPDF_TTFontDef_SetTagName(def, tag);
    subset = HPDF_MemStream_New(mmgr, 64 * 1024);
    deflated = HPDF_MemStream_New(mmgr, 64 * 1024);
    HPDF_TTFontDef_SaveFontData(def, subset);
    HPDF_Stream_WriteToStream(subset, deflated, HPDF_STREAM_FILTER_FLATE_DECODE,
                              NULL);
    if (HPDF_Error_GetCode(&error) != HPDF_OK) {
        return 0;
    }
    cut->name = apr_pstrdup(p, ((HPDF_TTFontDefAttr)def->attr)->base_font);
    cut->file = contents(deflated, p);
    cut->file_entries = apr_psprintf(p, "/Filter /FlateDecode\n/Length1 %u\n",
                                     (unsigned)HPDF_Stream_Size(subset));
    describe(cut, font, def, sources[id].flags, p);
    return 1;
}

/* All cuts of a font; the full one first, which knows all widths. */
static int prepare(npie_font_t *font, npie_bytes_t bytes, npie_font_id_t id,
                   apr_pool_t *p)
{
    int prepared = 1;

    memset(font->widths, 0, sizeof(font->widths));
    for (int a = NPIE_ALPHABETS - 1; prepared && a >= 0; --a) {
        npie_arena_open();
        prepared = cut_font(font, bytes, id, (npie_alphabet_t)a, p);
        npie_arena_close();
    }
    return prepared;
}

apr_status_t npie_fonts_load(npie_font_t fonts[NPIE_FONTS], const char *dir,
                             npie_err_t *err, apr_pool_t *p)
{
    apr_pool_t *ptemp;
    apr_status_t rv = apr_pool_create(&ptemp, p);

    for (int id = 0; rv == APR_SUCCESS && id < NPIE_FONTS; ++id) {
        const char *path = apr_pstrcat(ptemp, dir, "/", sources[id].file, NULL);
        npie_bytes_t bytes;

        rv = read_font(&bytes, path, err, ptemp);
        if (rv != APR_SUCCESS) {
            break;
        }
        if (!prepare(&fonts[id], bytes, (npie_font_id_t)id, p)) {
            rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                              "font %s: no TrueType font with all letters of "
                              "WinAnsi; reinstall the Liberation fonts", path);
        }
    }
    apr_pool_destroy(ptemp);
    return rv;
}

static HPDF_STATUS write_font(HPDF_Dict dict, HPDF_Stream stream)
{
    const attached_t *attached = (const attached_t *)dict->attr;

    return HPDF_Stream_WriteStr(stream, attached->cut->entries);
}

static HPDF_STATUS write_text(HPDF_Dict dict, HPDF_Stream stream)
{
    return HPDF_Stream_WriteStr(stream, dict->attr);
}

/* libharu asks for widths when it shows text. */
static HPDF_TextWidth text_width(HPDF_Font font, const HPDF_BYTE *text,
                                 HPDF_UINT len)
{
    const attached_t *attached = (const attached_t *)font->attr;
    HPDF_TextWidth width = { len, 1, 0, 0 };

    for (HPDF_UINT i = 0; i < len; ++i) {
        width.width += (HPDF_UINT)attached->font->widths[text[i]];
    }
    return width;
}

HPDF_Font npie_fonts_attach(HPDF_Doc doc, const npie_font_t *font,
                            npie_alphabet_t alphabet)
{
    const npie_cut_t *cut = &font->cuts[alphabet];
    HPDF_Dict file = npie_haru_raw(doc, cut->file_entries, cut->file);
    HPDF_Dict descriptor = npie_haru_dict(doc);
    HPDF_Dict dict = npie_haru_dict(doc);
    attached_t *attached = HPDF_GetMem(doc->mmgr, sizeof(*attached));

    memset(attached, 0, sizeof(*attached));
    attached->font = font;
    attached->cut = cut;
    attached->attr.type = HPDF_FONT_TRUETYPE;
    attached->attr.writing_mode = HPDF_WMODE_HORIZONTAL;
    attached->attr.text_width_fn = text_width;
    attached->attr.xref = doc->xref;
    descriptor->attr = (void *)(uintptr_t)cut->descriptor;
    descriptor->write_fn = write_text;
    HPDF_Dict_Add(descriptor, "FontFile2", file);
    dict->header.obj_class |= HPDF_OSUBCLASS_FONT;
    dict->attr = attached;
    dict->write_fn = write_font;
    HPDF_Dict_Add(dict, "FontDescriptor", descriptor);
    return dict;
}
