/* SPDX-License-Identifier: Apache-2.0
 * Files read whole, and written so that nothing that exists is lost.
 */
#ifndef NPIE_RENEW_DISK_H
#define NPIE_RENEW_DISK_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Reads a file. The bytes are cleansed with the pool, as they may be a key.
 * @param max most bytes taken
 * @return APR_SUCCESS; APR_NOTFOUND (FILE_READ) when there is none; NPIE_EINPUT
 *         (FILE_READ; FILE_UNKNOWN: it is longer)
 */
apr_status_t npie_disk_read(npie_bytes_t *bytes, const char *path,
                            apr_size_t max, npie_err_t *err, apr_pool_t *p);

/**
 * Writes a new file, mode 0600: all of it or nothing, on the disk when this
 * returns, and never in the place of another.
 * @return APR_SUCCESS; NPIE_ECONFLICT (FILE_EXISTS); NPIE_EINTERNAL
 *         (FILE_WRITE)
 */
apr_status_t npie_disk_write_new(const char *path, npie_bytes_t bytes,
                                 npie_err_t *err, apr_pool_t *p);

/** Is something of that name there? 1 = yes. */
int npie_disk_is_there(const char *path);

/** May others than the owner read it? 1 = yes, or it cannot be told. */
int npie_disk_is_open(const char *path);

#endif
