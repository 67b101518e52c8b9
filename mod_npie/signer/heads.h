/* SPDX-License-Identifier: Apache-2.0
 * The heads of the registry's audit that the signer was given, kept where
 * nobody who can write to the registry can.
 *
 * A text file that is only ever appended to. Its first line names the format;
 * each other line is "SEQUENCE HASH TIME": the number of the newest row in
 * the audit, that row's hash (64 lower-case hex digits), and when it was
 * given (RFC 3339, UTC). The numbers ascend: a head never goes back.
 */
#ifndef NPIE_SIGNER_HEADS_H
#define NPIE_SIGNER_HEADS_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/status.h"

/** The file and its last line. One thread. */
typedef struct npie_heads_t npie_heads_t;

/**
 * Opens the file, made when it is not there, and checks every line; a last
 * line without its end was never answered and is cut off. The caller holds the
 * issuance log's lock, which stands for this file too. Closed by the pool.
 * @param path absolute
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail
 */
apr_status_t npie_heads_open(npie_heads_t **pheads, const char *path,
                             npie_err_t *err, apr_pool_t *p);

/** Checks a file without changing it; one that is not there yet is good.
 * @return as npie_heads_open() */
apr_status_t npie_heads_check(const char *path, npie_err_t *err,
                              apr_pool_t *ptemp);

/** The head kept: 0 and "" when there is none. */
apr_int64_t npie_heads_sequence(const npie_heads_t *heads);
const char *npie_heads_hash(const npie_heads_t *heads);

/**
 * Keeps a head that is ahead of the one kept, and has it on disk on return.
 * One that is behind changes nothing and is no failure: it was overtaken on
 * its way.
 * @param sequence > 0
 * @param hash 64 lower-case hex digits
 * @return APR_SUCCESS; NPIE_EPOLICY: the same number was kept with another
 *         hash, so that the audit was written anew; NPIE_EINTERNAL: it could
 *         not be written
 */
apr_status_t npie_heads_keep(npie_heads_t *heads, apr_int64_t sequence,
                             const char *hash, apr_time_t now,
                             npie_err_t *err, apr_pool_t *ptemp);

/** Is this a hash as the file has them? */
int npie_heads_is_hash(const char *text);

#endif
