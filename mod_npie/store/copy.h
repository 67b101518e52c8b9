/* SPDX-License-Identifier: Apache-2.0
 * A whole registry copied from SQLite to PostgreSQL: every row of every table,
 * compared afterwards. For npiectl.
 */
#ifndef NPIE_STORE_COPY_H
#define NPIE_STORE_COPY_H

#include "base/bytes.h"
#include "store/registry.h"

/** What was copied of one table. */
typedef struct npie_copy_table_t {
    const char *name;
    apr_int64_t rows;
    char sha256[NPIE_SHA256_HEX_SIZE]; /**< of all values in the order of the
                                            keys, the same on both databases */
} npie_copy_table_t;

/**
 * Opens an SQLite registry that nobody else has open, and keeps others out as
 * long as p lives.
 * @param path absolute; the file must be there
 * @param pversion set to the version of its tables, 0 = there are none
 * @return APR_SUCCESS; NPIE_EBACKEND, " is locked" in err->detail when another
 *         process has it open
 */
apr_status_t npie_copy_source(npie_registry_t **pfrom, int *pversion,
                              const char *path, npie_err_t *err,
                              apr_pool_t *p);

/**
 * Copies all rows and the numbers that the next rows get, reads both
 * registries, and compares. The copy is part of the caller's transaction: end
 * it without a commit when this fails, and nothing was copied.
 * @param ptables set to an array of npie_copy_table_t, by name, in to->p
 * @param from of npie_copy_source(), NPIE_SCHEMA_VERSION
 * @param to PostgreSQL, in a transaction of npie_registry_begin(), as the
 *        owner of the tables; it must be as npiectl registry init left it
 * @return APR_SUCCESS; NPIE_EINPUT: it is not empty, or the tables are others
 *         than the source's; NPIE_EDAMAGED: the copy differs; NPIE_EBACKEND
 */
apr_status_t npie_registry_copy(apr_array_header_t **ptables,
                                npie_registry_t *from, npie_registry_t *to,
                                npie_err_t *err);

#endif
