/* SPDX-License-Identifier: Apache-2.0
 * Files read whole.
 */
#ifndef NPIE_BASE_FILE_H
#define NPIE_BASE_FILE_H

#include <apr_pools.h>

#include "base/bytes.h"

/**
 * Reads a file, or what else can be opened and has an end. The bytes are
 * cleansed with the pool, as they may be a key.
 * @param bytes set to all of it, in p, and a NUL that is not counted follows
 *        them; none on failure
 * @param path NUL ended; "-" is no other name than any
 * @param max most bytes that are taken
 * @return APR_SUCCESS; APR_ENOSPC when there are more than max; what the
 *         system says, as APR_ENOENT
 */
apr_status_t npie_file_read(npie_bytes_t *bytes, const char *path,
                            apr_size_t max, apr_pool_t *p);

/** The same of a descriptor that is open, which stays open. */
apr_status_t npie_file_read_fd(npie_bytes_t *bytes, int fd, apr_size_t max,
                               apr_pool_t *p);

/** What npie_file_read() returned, in words for people. @return in p */
const char *npie_file_why(apr_status_t rv, apr_size_t max, apr_pool_t *p);

#endif
