/* SPDX-License-Identifier: Apache-2.0
 * A copy of a ledger in a file: NPIE_LEDGER_GENESIS and then each entry's line,
 * so that every line holds the SHA-256 of the one before.
 */
#ifndef NPIE_LEDGER_COPY_H
#define NPIE_LEDGER_COPY_H

#include <stdio.h>

#include "ledger/ask.h"

/** A copy that is read, from its beginning. One thread. */
typedef struct npie_ledger_copy_t {
    FILE *file;
    const char *path;
    apr_uint64_t line; /**< the last one read */
} npie_ledger_copy_t;

/**
 * Opens a file and reads its first line. Closed by the pool.
 * @return APR_SUCCESS; NPIE_EINPUT with file and reason in err->detail
 */
apr_status_t npie_ledger_copy_open(npie_ledger_copy_t *copy, const char *path,
                                   npie_err_t *err, apr_pool_t *p);

/** Begins again behind the first line.
 * @return APR_SUCCESS; NPIE_EINPUT */
apr_status_t npie_ledger_copy_rewind(npie_ledger_copy_t *copy,
                                     npie_err_t *err);

/**
 * Reads on: as npie_ledger_read(), with number 0 in each row, as nothing but
 * the line itself says which entry it is.
 * @param plist empty at the end
 * @return APR_SUCCESS; NPIE_EINPUT: a line is too long, or cannot be read
 */
apr_status_t npie_ledger_copy_read(apr_array_header_t **plist,
                                   npie_ledger_copy_t *copy, npie_err_t *err,
                                   apr_pool_t *p);

/**
 * Writes a whole ledger as such a file.
 * @param pnumber set to the last entry that was written
 * @param out stays open
 * @return APR_SUCCESS; as npie_ledger_read(); NPIE_EINPUT: out takes no more
 */
apr_status_t npie_ledger_copy_write(apr_uint64_t *pnumber, FILE *out,
                                    npie_ledger_ask_t *ask, npie_err_t *err,
                                    apr_pool_t *p);

#endif
