/* SPDX-License-Identifier: Apache-2.0
 * Prepares the fonts: libharu loads, cuts and deflates each once; documents
 * get the result as ready-made objects.
 */
#include "letter/fonts.h"

#include <string.h>

#include <apr_strings.h>

#include "base/file.h"
#include "letter/arena.h"
#include "letter/cut.h"
#include "letter/haru.h"
#include "letter/winansi.h"

/* Liberation fonts have up to 400 KiB. */
#define FONT_FILE_MAX (8 * 1024 * 1024)
#define FIRST_CODE 32
#define LAST_CODE 255

static const struct {
    const char *file;
    const char *extra; /* for what the first lacks */
    unsigned flags;
} sources[NPIE_FONTS] = {
    { "LiberationSerif-Regular.ttf", "DejaVuSerif.ttf", HPDF_FONT_SERIF },
    { "LiberationSerif-Bold.ttf", "DejaVuSerif-Bold.ttf", HPDF_FONT_SERIF },
    { "LiberationMono-Regular.ttf", "DejaVuSansMono.ttf",
      HPDF_FONT_FIXED_WIDTH }
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
                       "install the Liberation and DejaVu fonts or set "
                       "NPIELetterFonts", path,
                       npie_file_why(rv, FONT_FILE_MAX, p));
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

static const char *entries_text(const char *name, const npie_font_t *font,
                                apr_pool_t *p)
{
    return apr_psprintf(p,
        "/Type /Font\n/Subtype /TrueType\n/BaseFont /%s\n"
        "/Encoding /WinAnsiEncoding\n/FirstChar %d\n/LastChar %d\n"
        "/Widths [%s]\n", name, FIRST_CODE, LAST_CODE, widths_text(font, p));
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
    npie_cutting_t cutting;

    if (!npie_cutting_open(&cutting, bytes)
        || !measure(font, cutting.def, alphabet)
        || !npie_cutting_save(cut, &cutting, tag,
                              HPDF_FONT_STD_CHARSET | sources[id].flags, p)) {
        return 0;
    }
    cut->entries = entries_text(cut->name, font, p);
    return 1;
}

/* Widths of the characters beyond WinAnsi, in the open arena. @return 0 when
 * the font lacks one of them */
static int measure_extra(npie_font_t *font, npie_bytes_t bytes)
{
    npie_cutting_t cutting;

    if (!npie_cutting_open(&cutting, bytes)) {
        return 0;
    }
    for (int i = 0; i < NPIE_EXTRAS_ALL; ++i) {
        HPDF_UINT16 cp = (HPDF_UINT16)npie_extras_at(i);

        if (HPDF_TTFontDef_GetGlyphid(cutting.def, cp) == 0) {
            return 0;
        }
        font->extra_widths[i] = (short)HPDF_TTFontDef_GetCharWidth(cutting.def,
                                                                   cp);
    }
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

static int prepare_extra(npie_font_t *font, npie_bytes_t bytes)
{
    int prepared;

    font->extra = bytes;
    npie_arena_open();
    prepared = measure_extra(font, bytes);
    npie_arena_close();
    return prepared;
}

/* A font of that name in one of the folders, which colons part. */
static apr_status_t find_font(npie_bytes_t *bytes, const char **ppath,
                              const char *dirs, const char *name,
                              npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = APR_ENOENT;

    for (const char *at = dirs; rv != APR_SUCCESS; ) {
        apr_size_t len = strcspn(at, ":");

        *ppath = apr_psprintf(p, "%.*s/%s", (int)len, at, name);
        rv = read_font(bytes, *ppath, err, p);
        if (at[len] == '\0') {
            break;
        }
        at += len + 1;
    }
    return rv;
}

static apr_status_t load_font(npie_font_t *font, npie_font_id_t id,
                              const char *dirs, npie_err_t *err, apr_pool_t *p,
                              apr_pool_t *ptemp)
{
    npie_bytes_t bytes, extra;
    const char *path;
    apr_status_t rv = find_font(&bytes, &path, dirs, sources[id].file, err,
                                ptemp);

    if (rv == APR_SUCCESS && !prepare(font, bytes, id, p)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "font %s: no TrueType font with all letters of "
                            "WinAnsi; reinstall the Liberation fonts", path);
    }
    if (rv == APR_SUCCESS) {
        rv = find_font(&extra, &path, dirs, sources[id].extra, err, p);
    }
    if (rv == APR_SUCCESS && !prepare_extra(font, extra)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "font %s: no TrueType font with all letters of "
                            "letter/extras.c; reinstall the DejaVu fonts",
                            path);
    }
    return rv;
}

apr_status_t npie_fonts_load(npie_font_t fonts[NPIE_FONTS], const char *dirs,
                             npie_err_t *err, apr_pool_t *p)
{
    apr_pool_t *ptemp;
    apr_status_t rv = apr_pool_create(&ptemp, p);

    for (int id = 0; rv == APR_SUCCESS && id < NPIE_FONTS; ++id) {
        rv = load_font(&fonts[id], (npie_font_id_t)id, dirs, err, p, ptemp);
    }
    apr_pool_destroy(ptemp);
    return rv;
}

int npie_font_extra_width(const npie_font_t *font,
                          const npie_extras_t *extras, char code)
{
    return font->extra_widths[npie_extras_place(
        extras->cps[code - NPIE_EXTRAS_FIRST])];
}

static HPDF_STATUS write_font(HPDF_Dict dict, HPDF_Stream stream)
{
    const attached_t *attached = (const attached_t *)dict->attr;

    return HPDF_Stream_WriteStr(stream, attached->cut->entries);
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
    HPDF_Dict dict = npie_haru_dict(doc);
    attached_t *attached = HPDF_GetMem(doc->mmgr, sizeof(*attached));

    memset(attached, 0, sizeof(*attached));
    attached->font = font;
    attached->cut = cut;
    attached->attr.type = HPDF_FONT_TRUETYPE;
    attached->attr.writing_mode = HPDF_WMODE_HORIZONTAL;
    attached->attr.text_width_fn = text_width;
    attached->attr.xref = doc->xref;
    dict->header.obj_class |= HPDF_OSUBCLASS_FONT;
    dict->attr = attached;
    dict->write_fn = write_font;
    HPDF_Dict_Add(dict, "FontDescriptor", npie_cut_attach(doc, cut));
    return dict;
}
