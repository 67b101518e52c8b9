/* SPDX-License-Identifier: Apache-2.0
 * Parses a letter with or without the institute's seal.
 */
#ifndef NPIE_LETTER_REVISION_H
#define NPIE_LETTER_REVISION_H

#include "letter/seal.h"

/** A letter and its seal; views into the file's bytes. */
typedef struct npie_revision_t {
    npie_bytes_t letter;         /**< as the employer signed it, or unsigned */
    npie_letter_file_t *parts;   /**< of the letter */
    npie_bytes_t section;        /**< section of the seal; len 0: none */
    npie_bytes_t signed_part[3]; /**< bytes that the seal covers */
    npie_bytes_t cms;            /**< the seal, decoded, in the pool */
    apr_time_t time;             /**< time in the seal; 0: no seal */
} npie_revision_t;

/**
 * Parses a letter with or without a seal. Strict: npie_letter_file_parse()
 * accepts the letter, and the rest is byte for byte the section that
 * npie_seal_prepare() writes, with a signature in it. Verifies no signature.
 * Never reads outside the bytes. Thread-safe.
 * @param file at most NPIE_SEALED_MAX bytes
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER) with the reason in err->detail
 */
apr_status_t npie_revision_parse(npie_revision_t **prevision,
                                 npie_bytes_t file, npie_err_t *err,
                                 apr_pool_t *p);

#endif
