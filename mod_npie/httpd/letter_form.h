/* SPDX-License-Identifier: Apache-2.0
 * The form that signs a letter.
 */
#ifndef NPIE_HTTPD_LETTER_FORM_H
#define NPIE_HTTPD_LETTER_FORM_H

#include "httpd/page.h"

/** What a form that signs a letter brings. */
typedef struct npie_signed_form_t {
    npie_bytes_t cms;  /**< len 0: none, the file carries it */
    npie_bytes_t file; /**< len 0: none, the letter shown was signed */
} npie_signed_form_t;

/** Reads the fields firma and carta.
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER with check filled, SIGNATURE) */
apr_status_t npie_post_signature(npie_signed_form_t *given,
                                 const npie_visit_t *post,
                                 npie_letter_check_t *check, npie_err_t *err);

/** What a file was that was not the letter, for a person.
 * @return in the pool of the request; NULL: nothing to say */
const char *npie_post_mismatch(const npie_letter_check_t *check,
                               const request_rec *r);

#endif
