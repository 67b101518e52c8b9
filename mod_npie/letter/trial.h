/* SPDX-License-Identifier: Apache-2.0
 * Trial letters, composed when a template is loaded.
 */
#ifndef NPIE_LETTER_TRIAL_H
#define NPIE_LETTER_TRIAL_H

#include "letter/art.h"

/**
 * Draws both letters for an employer whose fields have maximum length. A
 * template that makes letters too long thus fails when it is loaded, not at the
 * first employer.
 * @return APR_SUCCESS; NPIE_ECONFIG with the reason in err->detail
 */
apr_status_t npie_letter_trial(const npie_letter_art_t *art, npie_err_t *err,
                               apr_pool_t *p);

#endif
