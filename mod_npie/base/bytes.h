/* SPDX-License-Identifier: Apache-2.0
 * A view of bytes that somebody else owns.
 */
#ifndef NPIE_BASE_BYTES_H
#define NPIE_BASE_BYTES_H

#include <apr.h>

/** Bytes owned elsewhere; the lifetime is that of the owner. */
typedef struct npie_bytes_t {
    const unsigned char *data; /**< NULL only when len is 0 */
    apr_size_t len;            /**< bytes */
} npie_bytes_t;

/** Size in bytes of a SHA-256 digest as lower-case hex, NUL included. */
#define NPIE_SHA256_HEX_SIZE 65

#endif
