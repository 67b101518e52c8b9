/* SPDX-License-Identifier: Apache-2.0
 * Documents and objects of libharu in the thread's arena.
 */
#include "letter/haru.h"

#include "letter/arena.h"

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

HPDF_Dict npie_haru_stream(HPDF_Doc doc, const void *data, apr_size_t len)
{
    HPDF_Dict dict = HPDF_DictStream_New(doc->mmgr, doc->xref);

    if (dict != NULL) {
        HPDF_Stream_Write(dict->stream, data, (HPDF_UINT)len);
    }
    return dict;
}
