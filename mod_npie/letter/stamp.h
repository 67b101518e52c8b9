/* SPDX-License-Identifier: Apache-2.0
 * Document timestamps on a sealed letter: further revisions, each with a
 * timestamp over everything before it, the first one with the certificates
 * and statuses that a verifier needs later (/DSS). PAdES B-LT and B-LTA (ETSI
 * EN 319 142-1, 5.4).
 */
#ifndef NPIE_LETTER_STAMP_H
#define NPIE_LETTER_STAMP_H

#include <apr_tables.h>

#include "letter/seal.h"

/** The most bytes that one timestamp adds to a letter. */
#define NPIE_STAMP_MAX (128 * 1024)
/** The most timestamps of a letter: one in a year or two. */
#define NPIE_STAMPS_MAX 16
/** The most certificates and statuses together. */
#define NPIE_STAMP_DATA_MAX 32
/** The longest letter with a seal and timestamps, in bytes. */
#define NPIE_STAMPED_MAX (960 * 1024)

/** What a verifier needs later; each an array of npie_bytes_t, DER. */
typedef struct npie_stamp_data_t {
    apr_array_header_t *certs;
    apr_array_header_t *ocsps; /**< OCSPResponse */
    apr_array_header_t *crls;
} npie_stamp_data_t;

/** An empty one in p. */
npie_stamp_data_t *npie_stamp_data_make(apr_pool_t *p);

/** A timestamp that was found; views. */
typedef struct npie_stamp_t {
    npie_bytes_t signed_part[3]; /**< what it is over */
    npie_bytes_t token;          /**< DER, in the pool */
    const npie_stamp_data_t *data; /**< NULL: none came with it */
    apr_size_t end;              /**< where its revision ends in the file */
} npie_stamp_t;

/**
 * Prepares a further timestamp. The field of it is not seen on the page. To be
 * filled by npie_seal_fill() with the token over its signed_part. The same
 * file and data give the same bytes. Thread-safe.
 * @param file a sealed letter, with or without timestamps; kept as a view
 * @param data of the first timestamp; NULL, and ignored for later ones: none
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER): not a sealed letter, bytes after
 *         it, or too many timestamps or data
 */
apr_status_t npie_stamp_prepare(npie_seal_t **pstamp, npie_bytes_t file,
                                const npie_stamp_data_t *data,
                                npie_err_t *err, apr_pool_t *p);

/**
 * Finds the timestamps after the seal. Strict as npie_revision_parse(): each
 * revision is byte for byte what npie_stamp_prepare() writes, with a token in
 * it. Verifies no token. Never reads outside the bytes. Thread-safe.
 * @param plist set to an array of npie_stamp_t in p, may be empty
 * @param pend set to where the last one ends; to the end of the seal without
 *        any; 0 when the file has no sealed letter at its beginning
 */
void npie_stamps_find(apr_array_header_t **plist, apr_size_t *pend,
                      npie_bytes_t file, apr_pool_t *p);

#endif
