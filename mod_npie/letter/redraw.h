/* SPDX-License-Identifier: Apache-2.0
 * Is a letter the one that its own data give? Drawn once more and compared byte
 * for byte, so that nothing on its pages is anybody else's.
 */
#ifndef NPIE_LETTER_REDRAW_H
#define NPIE_LETTER_REDRAW_H

#include <apr_tables.h>

#include "letter/letter.h"

/** What a letter shows of certificates: the word of who has verified them. */
typedef struct npie_letter_keys_t {
    npie_bytes_t old_public_key; /**< BIT STRING DER; letter 2: len 0 */
    npie_bytes_t new_public_key;
    const char *serial;          /**< letter 2; else "" */
    apr_time_t not_before;       /**< letter 2; else 0 */
    apr_time_t not_after;
} npie_letter_keys_t;

/**
 * Draws a letter again and compares: all of the file but what stands in the
 * field for the employer's signature.
 * @param arts of npie_letter_art_t *: the letter is to be of one of them
 * @param letter signed or not, without a seal
 * @return APR_SUCCESS: it is that letter; NPIE_EINPUT: it is no letter;
 *         NPIE_EPOLICY (LETTER_OUTDATED): it is of none of them, and must be
 *         drawn anew; NPIE_EPOLICY (LETTER_TEXT): it is another one than its
 *         data give; NPIE_EINTERNAL
 */
apr_status_t npie_letter_redraw(const apr_array_header_t *arts,
                                npie_bytes_t letter,
                                const npie_letter_keys_t *keys,
                                npie_err_t *err, apr_pool_t *p);

#endif
