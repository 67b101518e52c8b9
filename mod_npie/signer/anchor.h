/* SPDX-License-Identifier: Apache-2.0
 * How far a signer has seen the ledger, in a file of its own: a ledger that
 * is older, or was written anew, shows.
 */
#ifndef NPIE_SIGNER_ANCHOR_H
#define NPIE_SIGNER_ANCHOR_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** An open file; only its descriptor is used later. */
typedef struct npie_anchor_t {
    int fd;              /**< -1: it may only be read, and is not there */
    const char *path;
    apr_uint64_t number; /**< the last entry seen; 0: none yet */
    char digest[NPIE_SHA256_HEX_SIZE];
} npie_anchor_t;

/**
 * Opens the file, made when it is not there. Closed by the pool.
 * @param read_only 1: neither made nor written to
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason in err->detail
 */
apr_status_t npie_anchor_open(npie_anchor_t *anchor, const char *path,
                              int read_only, npie_err_t *err, apr_pool_t *p);

/** Notes an entry. Only the system's crash can lose it, and leaves an older
 * one then. */
void npie_anchor_set(npie_anchor_t *anchor, apr_uint64_t number,
                     const char *digest);

#endif
