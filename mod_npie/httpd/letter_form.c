/* SPDX-License-Identifier: Apache-2.0
 * The form that signs a letter.
 */
#include "httpd/letter_form.h"

#include <apr_strings.h>

#include "httpd/upload.h"

const char *npie_post_mismatch(const npie_letter_check_t *check,
                               apr_pool_t *p)
{
    static const char *const kinds[] = {
        [NPIE_FILE_PFX] = "Es un archivo de certificado (.pfx), no la carta.",
        [NPIE_FILE_CERTIFICATE] = "Es un certificado (.cer), no la carta.",
        [NPIE_FILE_KEY] = "Es una llave (.key), no la carta.",
        [NPIE_FILE_PICTURE] = "Es una imagen, no la carta en PDF.",
        [NPIE_FILE_ZIP] = "Es un archivo comprimido o un documento de oficina, "
                          "no la carta en PDF.",
        [NPIE_FILE_HTML] = "Es una página web guardada, no la carta en PDF.",
        [NPIE_FILE_OTHER] = "No es un archivo PDF.",
    };

    switch (check->mismatch) {
    case NPIE_MISMATCH_EMPTY:
        return "El archivo está vacío: la descarga no terminó.";
    case NPIE_MISMATCH_NOT_PDF:
        return kinds[check->kind] != NULL ? kinds[check->kind]
                                          : kinds[NPIE_FILE_OTHER];
    case NPIE_MISMATCH_OTHER_PDF:
        return "Es un PDF, pero no es una carta de esta renovación.";
    case NPIE_MISMATCH_RESAVED:
        return "Es la carta, pero otro programa la guardó o la imprimió de "
               "nuevo y la cambió.";
    case NPIE_MISMATCH_ALTERED:
        return "Es la carta, pero su contenido cambió después de descargarla.";
    case NPIE_MISMATCH_OLDER:
        return apr_psprintf(p, "Es una carta anterior, con folio %"
                            APR_INT64_T_FMT ".", check->folio);
    case NPIE_MISMATCH_OTHER_KIND:
        return "Es otra de sus cartas, no la que pide esta página.";
    case NPIE_MISMATCH_OTHER_EMPLOYER:
        return "Es la carta de otro patrón.";
    case NPIE_MISMATCH_FORGED:
        return "Trae un folio que este servicio nunca entregó.";
    default:
        return NULL;
    }
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
