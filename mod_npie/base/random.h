/* SPDX-License-Identifier: Apache-2.0
 * Random bytes fit for secrets.
 */
#ifndef NPIE_BASE_RANDOM_H
#define NPIE_BASE_RANDOM_H

#include <apr_pools.h>

#include "base/status.h"

/**
 * Fills buf with len bytes from the operating system's generator.
 * Thread-safe.
 * @return APR_SUCCESS or the system's error; then buf must not be used
 */
apr_status_t npie_random_bytes(void *buf, apr_size_t len);

/**
 * A token of nbytes random bytes, base64url without padding.
 * @param ptoken set to a NUL-ended string in p
 * @return APR_SUCCESS or the system's error
 */
apr_status_t npie_random_token(char **ptoken, apr_size_t nbytes, apr_pool_t *p);

#endif
