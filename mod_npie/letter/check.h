/* SPDX-License-Identifier: Apache-2.0
 * Checks the content of a letter before it is drawn.
 */
#ifndef NPIE_LETTER_CHECK_H
#define NPIE_LETTER_CHECK_H

#include "base/status.h"
#include "letter/content.h"

/**
 * Checks every field of a letter: clean UTF-8, length, format of hashes and
 * keys.
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER_DRAW) naming the field
 */
apr_status_t npie_letter_check(const npie_letter_t *letter, npie_err_t *err);

#endif
