/* SPDX-License-Identifier: Apache-2.0
 * The form that signs a letter.
 */
#include "httpd/letter_form.h"

#include <apr_strings.h>

#include "httpd/upload.h"
#include "httpd/sentences.h"

/* Another file than a letter, by its kind; the rest is no PDF. */
static const npie_sentence_t kinds[NPIE_FILE_OTHER + 1] = {
    [NPIE_FILE_PFX] = NPIE_S_LETTER_PFX,
    [NPIE_FILE_CERTIFICATE] = NPIE_S_LETTER_CERTIFICATE,
    [NPIE_FILE_KEY] = NPIE_S_LETTER_KEY,
    [NPIE_FILE_PICTURE] = NPIE_S_LETTER_PICTURE,
    [NPIE_FILE_ZIP] = NPIE_S_LETTER_ZIP,
    [NPIE_FILE_HTML] = NPIE_S_LETTER_HTML,
};

/* A letter, but not the one that was asked for. */
static const npie_sentence_t mismatches[] = {
    [NPIE_MISMATCH_EMPTY] = NPIE_S_LETTER_EMPTY,
    [NPIE_MISMATCH_OTHER_PDF] = NPIE_S_LETTER_OTHER_PDF,
    [NPIE_MISMATCH_RESAVED] = NPIE_S_LETTER_RESAVED,
    [NPIE_MISMATCH_ALTERED] = NPIE_S_LETTER_ALTERED,
    [NPIE_MISMATCH_OLDER] = NPIE_S_LETTER_OLDER,
    [NPIE_MISMATCH_OTHER_KIND] = NPIE_S_LETTER_OTHER_KIND,
    [NPIE_MISMATCH_OTHER_EMPLOYER] = NPIE_S_LETTER_OTHER_EMPLOYER,
    [NPIE_MISMATCH_FORGED] = NPIE_S_LETTER_FORGED,
};

const char *npie_post_mismatch(const npie_letter_check_t *check,
                               const request_rec *r)
{
    npie_sentence_t sentence = mismatches[check->mismatch];

    if (check->mismatch == NPIE_MISMATCH_NONE) {
        return NULL;
    }
    if (check->mismatch == NPIE_MISMATCH_NOT_PDF) {
        sentence = kinds[check->kind] != 0 ? kinds[check->kind]
                                       : NPIE_S_LETTER_NOT_PDF;
    }
    return npie_sentence_fill(npie_sentences_for(r),
                          sentence, r->pool, "folio",
                          apr_psprintf(r->pool, "%" APR_INT64_T_FMT,
                                       check->folio), NULL);
}

apr_status_t npie_post_signature(npie_signed_form_t *given,
                                 const npie_visit_t *post,
                                 npie_letter_check_t *check, npie_err_t *err)
{
    const char *filename;

    given->file = npie_form_file(post->form, "carta", &filename);
    if (*filename != '\0' && given->file.len == 0) {
        check->mismatch = NPIE_MISMATCH_EMPTY;
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "the file is empty");
    }
    if (npie_upload_der(&given->cms, post->form, "firma", post->r->pool)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the signature is neither PEM nor base64");
    }
    return APR_SUCCESS;
}
