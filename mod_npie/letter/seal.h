/* SPDX-License-Identifier: Apache-2.0
 * The institute's seal on a signed letter: the second signature, appended as
 * an incremental update (ISO 32000-1, 7.5.6) so that not a byte of what the
 * employer signed changes. PAdES baseline B (ETSI EN 319 142-1).
 */
#ifndef NPIE_LETTER_SEAL_H
#define NPIE_LETTER_SEAL_H

#include "letter/file.h"

/** The most bytes that a seal adds to a letter. */
#define NPIE_SEAL_MAX (40 * 1024)
/** The longest sealed letter, in bytes. */
#define NPIE_SEALED_MAX (NPIE_LETTER_MAX + NPIE_SEAL_MAX)

/** A seal being made. */
typedef struct npie_seal_t {
    npie_bytes_t section;        /**< what is appended; in the pool */
    npie_bytes_t signed_part[3]; /**< views: the letter, and what of the
                                      section stands before and after its
                                      /Contents string */
    unsigned char *hex;          /**< the digits of that string */
} npie_seal_t;

/**
 * Prepares the seal of a signed letter: the field "Instituto" gets a signature
 * with an empty /Contents string, and says on the page when it was sealed.
 * Same letter and time, same bytes. Thread-safe.
 * @param letter as the employer signed it; the seal keeps views of it
 * @param time of the seal, UTC, whole seconds count
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER): it is no letter, not signed, or
 *         has no field for the seal
 */
apr_status_t npie_seal_prepare(npie_seal_t **pseal, npie_bytes_t letter,
                               apr_time_t time, npie_err_t *err,
                               apr_pool_t *p);

/**
 * Writes the signature over the three parts into the section.
 * @param cms one DER value, at most NPIE_LETTER_CMS_MAX bytes
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE)
 */
apr_status_t npie_seal_fill(npie_seal_t *seal, npie_bytes_t cms,
                            npie_err_t *err);

#endif
