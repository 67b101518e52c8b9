/* SPDX-License-Identifier: Apache-2.0
 * Draws letters again.
 */
#include "letter/redraw.h"

#include <string.h>

#include "letter/art.h"

/* The letter that the file says it is. */
static void restore(npie_letter_t *letter, npie_employer_t *employer,
                    const npie_letter_file_t *file,
                    const npie_letter_keys_t *keys)
{
    const npie_cadena_t *cadena = file->cadena;

    *employer = file->data->employer;
    employer->rp = cadena->rp;
    employer->rfc = cadena->rfc;
    employer->curp = cadena->curp;
    employer->user = cadena->user;
    memset(letter, 0, sizeof(*letter));
    letter->kind = cadena->kind;
    letter->folio = cadena->folio;
    letter->time = cadena->time;
    letter->employer = employer;
    letter->old_spki = cadena->old_spki;
    letter->new_spki = cadena->new_spki;
    letter->old_public_key = keys->old_public_key;
    letter->new_public_key = keys->new_public_key;
    letter->serial = keys->serial;
    letter->not_before = keys->not_before;
    letter->not_after = keys->not_after;
    letter->holder = cadena->holder;
    letter->holder_email = cadena->email;
    letter->purpose = cadena->purpose;
}

static const npie_letter_art_t *find(const apr_array_header_t *arts,
                                     const char *digest)
{
    for (int i = 0; i < arts->nelts; ++i) {
        const npie_letter_art_t *art =
            APR_ARRAY_IDX(arts, i, const npie_letter_art_t *);

        if (strcmp(npie_letter_art_digest(art), digest) == 0) {
            return art;
        }
    }
    return NULL;
}

/* One of them says what cannot be said in a letter, or more than fits. */
static apr_status_t differs(npie_err_t *err, const char *why)
{
    return npie_err_set(err, NPIE_EPOLICY, NPIE_P_LETTER_TEXT,
                        "the letter is not the one that its data give: %s",
                        why);
}

apr_status_t npie_letter_redraw(const apr_array_header_t *arts,
                                npie_bytes_t letter,
                                const npie_letter_keys_t *keys,
                                npie_err_t *err, apr_pool_t *p)
{
    const npie_letter_art_t *art;
    npie_letter_file_t *file, *again;
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_employer_t employer;
    npie_letter_t given;
    npie_bytes_t pdf;
    apr_status_t rv = npie_letter_file_parse(&file, letter, err, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    art = file->data == NULL ? NULL : find(arts, file->data->art);
    if (art == NULL) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_LETTER_OUTDATED,
                            "the letter was drawn with other terms, fonts or "
                            "sentences, or by another version");
    }
    restore(&given, &employer, file, keys);
    rv = npie_letter_draw(&pdf, art, &given, &why, p);
    if (rv == APR_SUCCESS) {
        rv = npie_letter_file_parse(&again, pdf, &why, p);
    }
    if (rv != APR_SUCCESS) {
        return differs(err, why.detail);
    }
    return npie_letter_file_same(file, again) ? APR_SUCCESS
        : differs(err, "drawn again it has other bytes");
}
