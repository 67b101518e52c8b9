/* SPDX-License-Identifier: Apache-2.0
 * A file given for a letter: is it that letter, and if not, what is it?
 */
#include "flow/step.h"

#include "letter/revision.h"
#include "store/addition.h"

/* A letter that asks for an additional certificate, and not the one wanted. */
static apr_status_t classify_addition(npie_letter_check_t *check,
                                      const npie_step_t *step,
                                      const npie_letter_row_t *letter)
{
    npie_addition_t *a;
    apr_status_t rv = npie_addition_by_folio(&a, step->flow->registry,
                                             check->folio, step->err);

    if (rv == APR_SUCCESS) {
        check->mismatch =
            a->employer != step->who->employer ? NPIE_MISMATCH_OTHER_EMPLOYER
            : letter->kind != NPIE_LETTER_ADDITIONAL ? NPIE_MISMATCH_OTHER_KIND
                                                     : NPIE_MISMATCH_OLDER;
    }
    else if (rv == APR_NOTFOUND) {
        check->mismatch = NPIE_MISMATCH_FORGED;
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

/* A letter with another folio: the registry, not the file, says whose. */
static apr_status_t classify_other(npie_letter_check_t *check,
                                   const npie_step_t *step,
                                   const npie_letter_row_t *letter)
{
    npie_letter_row_t *row;
    apr_status_t rv;

    rv = npie_letter_get(&row, step->flow->registry, check->folio, step->err);
    if (rv == APR_NOTFOUND) {
        return classify_addition(check, step, letter);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (row->employer != step->who->employer) {
        check->mismatch = NPIE_MISMATCH_OTHER_EMPLOYER;
    }
    else if (letter->kind == NPIE_LETTER_ADDITIONAL) {
        check->mismatch = NPIE_MISMATCH_OTHER_KIND;
    }
    else if (row->voided || row->renewal != step->place.renewal->id) {
        check->mismatch = NPIE_MISMATCH_OLDER;
    }
    else {
        check->mismatch = NPIE_MISMATCH_OTHER_KIND;
    }
    return APR_SUCCESS;
}

static apr_status_t classify_letter(npie_bytes_t *psigned,
                                    npie_letter_check_t *check,
                                    const npie_step_t *step,
                                    const npie_letter_row_t *letter,
                                    npie_bytes_t file)
{
    const npie_letter_file_t *given;
    npie_letter_file_t *stored;
    npie_revision_t *revision;
    apr_status_t rv;

    rv = npie_revision_parse(&revision, file, step->err, step->flow->p);
    if (rv != APR_SUCCESS) {
        check->mismatch = NPIE_MISMATCH_RESAVED;
        return APR_SUCCESS;
    }
    given = revision->parts;
    check->folio = given->cadena->folio;
    if (check->folio != letter->folio) {
        return classify_other(check, step, letter);
    }
    rv = npie_letter_file_parse(&stored, letter->pdf, step->err,
                                step->flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!npie_letter_file_same(given, stored)) {
        check->mismatch = NPIE_MISMATCH_ALTERED;
        return APR_SUCCESS;
    }
    *psigned = given->cms;
    return APR_SUCCESS;
}

static npie_letter_mismatch_t mismatch_of(npie_file_kind_t kind)
{
    switch (kind) {
    case NPIE_FILE_LETTER_RESAVED:
        return NPIE_MISMATCH_RESAVED;
    case NPIE_FILE_PDF:
        return NPIE_MISMATCH_OTHER_PDF;
    case NPIE_FILE_EMPTY:
        return NPIE_MISMATCH_EMPTY;
    default:
        return NPIE_MISMATCH_NOT_PDF;
    }
}

apr_status_t npie_letter_match(npie_bytes_t *psigned,
                               npie_letter_check_t *check,
                               const npie_step_t *step,
                               const npie_letter_row_t *letter,
                               npie_bytes_t file)
{
    apr_status_t rv;

    *psigned = (npie_bytes_t){ NULL, 0 };
    check->kind = npie_file_kind(file);
    if (check->kind == NPIE_FILE_LETTER) {
        rv = classify_letter(psigned, check, step, letter, file);
        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    else {
        check->mismatch = mismatch_of(check->kind);
    }
    if (check->mismatch == NPIE_MISMATCH_NONE) {
        return APR_SUCCESS;
    }
    return npie_err_set(step->err, NPIE_EINPUT, NPIE_P_LETTER,
                        "the file is not letter %" APR_INT64_T_FMT
                        " (kind %d, folio %" APR_INT64_T_FMT ", mismatch %d)",
                        letter->folio, (int)check->kind, check->folio,
                        (int)check->mismatch);
}
