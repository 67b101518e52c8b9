/* SPDX-License-Identifier: Apache-2.0
 * What many files in the registry have in common, fonts first of all. It is
 * stored once, by its hash, and each file only by what differs from it.
 */
#ifndef NPIE_STORE_FRAME_H
#define NPIE_STORE_FRAME_H

#include "base/bytes.h"
#include "base/status.h"
#include "pki/digest.h"

/** A frame: any bytes; the more a file has of them, the less it takes. With
 * another frame only what is written from then on changes: each file names
 * its own, and a frame is never removed. */
typedef struct npie_frame_t {
    npie_bytes_t bytes; /**< up to 16 MiB */
    char sha256[NPIE_SHA256_HEX_SIZE];
} npie_frame_t;

/** Makes a frame of bytes that live as long as it does; threads share it.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_frame_make(npie_frame_t *frame, npie_bytes_t bytes,
                             npie_err_t *err);

#endif
