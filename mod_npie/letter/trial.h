/* SPDX-License-Identifier: Apache-2.0
 * A letter composed before anybody needs one.
 */
#ifndef NPIE_LETTER_TRIAL_H
#define NPIE_LETTER_TRIAL_H

#include "letter/art.h"

/**
 * Draws both letters for an employer whose fields are as long as they may be,
 * so that a template that makes letters too long is found when it is loaded,
 * and not by the first employer.
 * @return APR_SUCCESS; NPIE_ECONFIG with the reason in err->detail
 */
apr_status_t npie_letter_trial(const npie_letter_art_t *art, npie_err_t *err,
                               apr_pool_t *p);

#endif
