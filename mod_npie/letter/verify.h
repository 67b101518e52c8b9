/* SPDX-License-Identifier: Apache-2.0
 * Verifies letters: one function with one set of rules for npie-signer, the
 * public page and npiectl. Who signed, when, and whether the file is
 * unchanged; and, where the institute's records are at hand, whether the
 * letter is one of theirs.
 */
#ifndef NPIE_LETTER_VERIFY_H
#define NPIE_LETTER_VERIFY_H

#include "letter/verdict.h"

/**
 * Verifies a letter. Stores and logs nothing of it. Revocation is judged by
 * the records alone. Never reads outside the bytes. Thread-safe.
 * @param pview set in p
 * @param file any bytes
 * @return APR_SUCCESS for every outcome; NPIE_EINTERNAL; NPIE_EBACKEND when
 *         the records cannot be asked
 */
apr_status_t npie_letter_verify(npie_letter_view_t **pview,
                                const npie_verify_rules_t *rules,
                                npie_bytes_t file, npie_err_t *err,
                                apr_pool_t *p);

#endif
