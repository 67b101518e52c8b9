/* SPDX-License-Identifier: Apache-2.0
 * A text file that is only ever appended to: a first line that names its
 * kind, then a record a line, each with the checksum of all before it (see
 * signer/log_line.h). Its name may lie in a folder that the sandbox cannot
 * reach any more: after the opening only the descriptor is used.
 */
#ifndef NPIE_SIGNER_JOURNAL_H
#define NPIE_SIGNER_JOURNAL_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest line, in bytes with its end. */
#define NPIE_JOURNAL_LINE_MAX 32768

/** An open file. One thread. */
typedef struct npie_journal_t npie_journal_t;

/**
 * Takes a record that is read at the opening.
 * @param baton what npie_journal_open() was given
 * @param line without its end
 * @param at where it begins
 * @param number of the record, from 1
 * @param chain the checksum of the line before; to be set to this one's
 * @return NULL, or what is wrong with it; static English
 */
typedef const char *npie_journal_take_fn(void *baton, npie_bytes_t line,
                                         apr_off_t at, apr_uint64_t number,
                                         char chain[NPIE_SHA256_HEX_SIZE],
                                         apr_pool_t *ptemp);

/** A kind of journal. */
typedef struct npie_journal_kind_t {
    const char *header;  /**< the first line, without its end */
    const char *foreign; /**< what to say of a file that is none */
    npie_journal_take_fn *take;
} npie_journal_kind_t;

/**
 * Opens the file, made when it is not there, takes its lock (waiting a while
 * for a signer that is just ending), reads and checks every record, and
 * repairs an end that was torn by a crash: a last line without its line end
 * was never answered, and is cut off unless it is whole. Closed by the pool.
 * @param path absolute
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail
 */
apr_status_t npie_journal_open(npie_journal_t **pjournal, const char *path,
                               const npie_journal_kind_t *kind, void *baton,
                               npie_err_t *err, apr_pool_t *p);

/** Reads and checks a file without lock, repair or any change; one that is
 * not there yet is good.
 * @return as npie_journal_open() */
apr_status_t npie_journal_check(const char *path,
                                const npie_journal_kind_t *kind, void *baton,
                                npie_err_t *err, apr_pool_t *ptemp);

const char *npie_journal_path(const npie_journal_t *journal);
/** What the opening repaired, English; NULL = nothing. */
const char *npie_journal_repaired(const npie_journal_t *journal);
/** How many records. */
apr_uint64_t npie_journal_count(const npie_journal_t *journal);
/** 1 after a failure that only a restart can mend. */
int npie_journal_broken(const npie_journal_t *journal);
/** The last line's checksum. */
const char *npie_journal_chain(const npie_journal_t *journal);

/** Reads bytes back from the file.
 * @return APR_SUCCESS; NPIE_EINTERNAL: they are not all there */
apr_status_t npie_journal_read(npie_bytes_t *line,
                               const npie_journal_t *journal, apr_off_t at,
                               apr_size_t len, apr_pool_t *p);

/**
 * Appends a record, whole or not at all, and has it on disk on return.
 * @param pat set to where it begins
 * @param line with its end, as npie_log_line_seal() made it
 * @param chain its checksum
 * @return APR_SUCCESS; NPIE_EINTERNAL: nothing was noted. After a failure of
 *         the disk itself every later call fails too.
 */
apr_status_t npie_journal_append(apr_off_t *pat, npie_journal_t *journal,
                                 npie_bytes_t line,
                                 const char chain[NPIE_SHA256_HEX_SIZE],
                                 npie_err_t *err);

#endif
