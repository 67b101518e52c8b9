/* SPDX-License-Identifier: Apache-2.0
 * Reading a log of version 0.1: a line that names its kind, then a record a
 * line, each with the checksum of all before it: the SHA-256 of the checksum
 * before and of the record.
 */
#ifndef NPIE_SIGNER_OLD_LOG_H
#define NPIE_SIGNER_OLD_LOG_H

#include <apr_pools.h>

#include "base/status.h"

/** The most fields of a record. */
#define NPIE_OLD_LOG_FIELDS 9

/**
 * Takes a record.
 * @param fields as many as the kind has, without number and checksum
 * @param ptemp for this record
 * @return APR_SUCCESS; NPIE_EINPUT: a field cannot be read; anything else ends
 *         the reading
 */
typedef apr_status_t npie_old_log_fn(void *baton, char **fields,
                                     npie_err_t *err, apr_pool_t *ptemp);

/** A kind of log. */
typedef struct npie_old_log_t {
    const char *header;
    int fields;       /**< with number and checksum; 0: of any number, and
                           there are no checksums */
    npie_old_log_fn *take;
} npie_old_log_t;

/**
 * Reads a log from its first record to its last; one that is not there has
 * none, and a last line without an end was never answered.
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail;
 *         what take returns
 */
apr_status_t npie_old_log_read(const char *path, const npie_old_log_t *kind,
                               void *baton, npie_err_t *err, apr_pool_t *p);

#endif
