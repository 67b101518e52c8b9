/* SPDX-License-Identifier: Apache-2.0
 * Is a letter's content fit to be printed?
 */
#ifndef NPIE_LETTER_CHECK_H
#define NPIE_LETTER_CHECK_H

#include "letter/letter.h"

/**
 * Checks every field of a letter: clean UTF-8 within its length, hashes and
 * keys of their form.
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER_DRAW) naming the field
 */
apr_status_t npie_letter_check(const npie_letter_t *letter, npie_err_t *err);

#endif
