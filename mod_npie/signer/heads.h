/* SPDX-License-Identifier: Apache-2.0
 * The heads of the registry's audit that the signer was given, kept where
 * nobody who can write to the registry can.
 *
 * A text file that is only ever appended to. Its first line names the format;
 * each other line is "SEQUENCE HASH TIME": the number of the newest row in
 * the audit, that row's hash (64 lower-case hex digits), and when it was
 * given (RFC 3339, UTC). The numbers ascend: a head never goes back, but by
 * the hand of who may start the signer, which leaves the line "reseal SEQUENCE
 * HASH TIME" for good. The heads before such a line count no more.
 */
#ifndef NPIE_SIGNER_HEADS_H
#define NPIE_SIGNER_HEADS_H

#include <apr_pools.h>
#include <apr_tables.h>
#include <apr_time.h>

#include "base/status.h"
#include "signer/protocol.h"

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
 *         hash, so that the audit was written anew, or it is further ahead
 *         than the registry can have got; NPIE_EINTERNAL: it could not be
 *         written
 */
apr_status_t npie_heads_keep(npie_heads_t *heads, apr_int64_t sequence,
                             const char *hash, apr_time_t now,
                             npie_err_t *err, apr_pool_t *ptemp);

/**
 * Sets the head, also back: what was kept counts no more. For the program's
 * own command alone, never for a request.
 * @param sequence > 0
 * @param hash 64 lower-case hex digits
 * @return APR_SUCCESS; NPIE_EINTERNAL: it could not be written
 */
apr_status_t npie_heads_reseal(npie_heads_t *heads, apr_int64_t sequence,
                               const char *hash, apr_time_t now,
                               npie_err_t *err, apr_pool_t *ptemp);

/** How often that was done, and when at last (RFC 3339, UTC; "" = never). */
apr_int64_t npie_heads_resealed(const npie_heads_t *heads);
const char *npie_heads_resealed_at(const npie_heads_t *heads);

/**
 * The heads since the last reseal, in the order of their numbers, some at a
 * time.
 * @param plist set to an array of npie_signer_head_t in p; at least one
 *        unless there are no more
 * @param pplace in: 0, or what the call before set; out: where to go on, 0
 *        after the last
 * @return APR_SUCCESS; NPIE_EINPUT: no such place; NPIE_EINTERNAL: the file
 *         cannot be read
 */
apr_status_t npie_heads_list(apr_array_header_t **plist,
                             apr_uint64_t *pplace, const npie_heads_t *heads,
                             npie_err_t *err, apr_pool_t *p);

/** Is this a hash as the file has them? */
int npie_heads_is_hash(const char *text);

#endif
