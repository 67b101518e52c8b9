/* SPDX-License-Identifier: Apache-2.0
 * The institute's seal on a signed letter: a second signature, appended as an
 * incremental update (ISO 32000-1, 7.5.6). The bytes that the employer signed
 * do not change. PAdES baseline B (ETSI EN 319 142-1).
 */
#ifndef NPIE_LETTER_SEAL_H
#define NPIE_LETTER_SEAL_H

#include "letter/face.h"
#include "letter/file.h"
#include "letter/object.h"

/** Maximum number of bytes that a seal adds to a letter. */
#define NPIE_SEAL_MAX (40 * 1024)
/** Maximum size of a sealed letter in bytes. */
#define NPIE_SEALED_MAX (NPIE_LETTER_MAX + NPIE_SEAL_MAX)

/**
 * Prepares the seal of a signed letter. The field "Instituto" gets a signature
 * with an empty /Contents string, and shows the face on the page. The same
 * letter, time and face give the same bytes. Thread-safe.
 * @param letter signed by the employer; the seal keeps views of it
 * @param time of the seal, UTC, in whole seconds
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER): not a letter, not signed, or
 *         without a field for the seal
 */
apr_status_t npie_seal_prepare(npie_seal_t **pseal, npie_bytes_t letter,
                               apr_time_t time, const npie_face_t *face,
                               npie_err_t *err, apr_pool_t *p);

/**
 * Writes the signature of the three parts into the section.
 * @param cms one DER value, at most NPIE_LETTER_CMS_MAX bytes
 * @return APR_SUCCESS; NPIE_EINPUT (SIGNATURE)
 */
apr_status_t npie_seal_fill(npie_seal_t *seal, npie_bytes_t cms,
                            npie_err_t *err);

#endif
