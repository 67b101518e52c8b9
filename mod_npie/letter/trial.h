/* SPDX-License-Identifier: Apache-2.0
 * Trial letters, composed when a template is loaded.
 */
#ifndef NPIE_LETTER_TRIAL_H
#define NPIE_LETTER_TRIAL_H

#include "letter/art_parts.h"

/**
 * Draws the letters for an employer whose fields have maximum length. A
 * template that makes letters too long thus fails when it is loaded, not at the
 * first employer.
 * @param sample set to letter 1, in p, on success
 * @param digest set to npie_letter_art_digest(): of those letters, which carry
 *        64 zeros for it, and of the fonts
 * @return APR_SUCCESS; NPIE_ECONFIG with the reason in err->detail
 */
apr_status_t npie_letter_trial(npie_bytes_t *sample,
                               char digest[NPIE_SHA256_HEX_SIZE],
                               const npie_letter_art_t *art, npie_err_t *err,
                               apr_pool_t *p);

#endif
