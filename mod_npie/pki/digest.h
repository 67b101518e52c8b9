/* SPDX-License-Identifier: Apache-2.0
 * SHA-256.
 */
#ifndef NPIE_PKI_DIGEST_H
#define NPIE_PKI_DIGEST_H

#include "base/bytes.h"
#include "base/status.h"

/**
 * SHA-256 as lower-case hex. Thread-safe.
 * @return APR_SUCCESS or NPIE_EINTERNAL; hex is "" then
 */
apr_status_t npie_sha256_hex(char hex[NPIE_SHA256_HEX_SIZE],
                             npie_bytes_t bytes);

/**
 * The same of what a descriptor still has, read to its end.
 * @param plen set to the number of bytes
 * @return as npie_sha256_hex(); what the system says of a failed read
 */
apr_status_t npie_sha256_hex_fd(char hex[NPIE_SHA256_HEX_SIZE],
                                apr_off_t *plen, int fd);

#endif
