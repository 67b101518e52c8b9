/* SPDX-License-Identifier: Apache-2.0
 * Creates libharu's documents and objects in the arena of the thread.
 */
#include "letter/haru.h"

#include <string.h>

#include <apr_strings.h>

#include "letter/arena.h"

/* A first guess at a letter's size. */
#define SAVE_SIZE (192 * 1024)

/* A stream object that is written from where its bytes lie. */
typedef struct raw_t {
    const char *entries;
    npie_bytes_t bytes;
    HPDF_Stream out; /* while the object is being written */
} raw_t;

/* A file being saved. */
typedef struct sink_t {
    apr_pool_t *p;
    unsigned char *data;
    apr_size_t len;
    apr_size_t size;
    apr_size_t max;
} sink_t;

static void note_error(HPDF_STATUS code, HPDF_STATUS detail, void *data)
{
    npie_haru_error_t *error = data;

    if (error->code == 0) {
        error->code = code;
        error->detail = detail;
    }
}

HPDF_Doc npie_haru_open(npie_haru_error_t *error)
{
    HPDF_Doc doc;

    error->code = 0;
    error->detail = 0;
    doc = HPDF_NewEx(note_error, npie_arena_alloc, npie_arena_free, 0, error);
    if (doc == NULL) {
        error->code = HPDF_INVALID_DOCUMENT;
        return NULL;
    }
    doc->pdf_version = HPDF_VER_14;
    HPDF_SetCompressionMode(doc, HPDF_COMP_TEXT);
    return doc;
}

int npie_haru_failed(HPDF_Doc doc, const npie_haru_error_t *error)
{
    return error->code != 0 || HPDF_GetError(doc) != HPDF_OK;
}

HPDF_Dict npie_haru_dict(HPDF_Doc doc)
{
    HPDF_Dict dict = HPDF_Dict_New(doc->mmgr);

    HPDF_Xref_Add(doc->xref, dict);
    return dict;
}

HPDF_Binary npie_haru_text(HPDF_Doc doc, const char *text, apr_pool_t *p)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned char *utf16 = apr_palloc(p, strlen(text) * 2 + 2);
    HPDF_UINT len = 2;

    utf16[0] = 0xfe;
    utf16[1] = 0xff;
    while (*at != '\0') {
        unsigned more = at[0] < 0x80 ? 0 : at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2
                                                                          : 3;
        unsigned cp = more == 0 ? at[0] : at[0] & (0x3fu >> more);

        for (unsigned i = 1; i <= more; ++i) {
            cp = cp << 6 | (at[i] & 0x3fu);
        }
        at += more + 1;
        if (cp >= 0x10000) {
            unsigned lead = 0xd7c0 + (cp >> 10);

            utf16[len++] = (unsigned char)(lead >> 8);
            utf16[len++] = (unsigned char)lead;
            cp = 0xdc00 + (cp & 0x3ff);
        }
        utf16[len++] = (unsigned char)(cp >> 8);
        utf16[len++] = (unsigned char)cp;
    }
    return HPDF_Binary_New(doc->mmgr, utf16, len);
}

HPDF_Dict npie_haru_stream(HPDF_Doc doc, const void *data, apr_size_t len)
{
    HPDF_Dict dict = HPDF_DictStream_New(doc->mmgr, doc->xref);

    if (dict != NULL) {
        HPDF_Stream_Write(dict->stream, data, (HPDF_UINT)len);
    }
    return dict;
}

static HPDF_STATUS write_raw_entries(HPDF_Dict dict, HPDF_Stream stream)
{
    raw_t *raw = dict->attr;

    raw->out = stream;
    HPDF_Stream_WriteStr(stream, raw->entries);
    HPDF_Stream_WriteStr(stream, "/Length ");
    HPDF_Stream_WriteUInt(stream, (HPDF_UINT)raw->bytes.len);
    return HPDF_Stream_WriteStr(stream, "\n");
}

static HPDF_STATUS write_raw_bytes(HPDF_Dict dict)
{
    const raw_t *raw = dict->attr;
    HPDF_STATUS failed = HPDF_Stream_WriteStr(raw->out, "\nstream\r\n");

    if (failed == HPDF_OK) {
        failed = HPDF_Stream_Write(raw->out, raw->bytes.data,
                                   (HPDF_UINT)raw->bytes.len);
    }
    return failed != HPDF_OK ? failed
                             : HPDF_Stream_WriteStr(raw->out, "\nendstream");
}

HPDF_Dict npie_haru_raw(HPDF_Doc doc, const char *entries, npie_bytes_t bytes)
{
    HPDF_Dict dict = npie_haru_dict(doc);
    raw_t *raw = HPDF_GetMem(doc->mmgr, sizeof(*raw));

    raw->entries = entries;
    raw->bytes = bytes;
    dict->attr = raw;
    dict->write_fn = write_raw_entries;
    dict->after_write_fn = write_raw_bytes;
    return dict;
}

static HPDF_STATUS sink(HPDF_Stream stream, const HPDF_BYTE *bytes,
                        HPDF_UINT len)
{
    sink_t *s = stream->attr;

    if (len > s->max - s->len) {
        return HPDF_SetError(stream->error, HPDF_FILE_IO_ERROR, 0);
    }
    if (len > s->size - s->len) {
        unsigned char *larger = apr_palloc(s->p, s->max);

        memcpy(larger, s->data, s->len);
        s->data = larger;
        s->size = s->max;
    }
    memcpy(s->data + s->len, bytes, len);
    s->len += len;
    return HPDF_OK;
}

apr_size_t npie_haru_save(unsigned char **pfile, HPDF_Doc doc, apr_size_t max,
                          apr_pool_t *p)
{
    sink_t s = { p, apr_palloc(p, SAVE_SIZE), 0, SAVE_SIZE, max };

    doc->stream = HPDF_CallbackWriter_New(doc->mmgr, sink, &s);
    if (HPDF_SaveToStream(doc) != HPDF_OK) {
        return 0;
    }
    *pfile = s.data;
    return s.len;
}
