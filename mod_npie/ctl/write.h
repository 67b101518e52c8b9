/* SPDX-License-Identifier: Apache-2.0
 * Files that commands make.
 */
#ifndef NPIE_CTL_WRITE_H
#define NPIE_CTL_WRITE_H

#include <sys/types.h>

#include <apr_pools.h>

#include "base/bytes.h"

/**
 * Makes a file, whole and on the disk when this returns, or none.
 * @param path must not exist
 * @param mode as open(2)
 * @return 1 done; 0 not: errno tells, EEXIST when there is such a file
 */
int npie_ctl_write_new(const char *path, npie_bytes_t bytes, mode_t mode);

/** As npie_ctl_write_new(), but a file that is there is replaced in one step;
 * until then it stays as it was. */
int npie_ctl_write_over(const char *path, npie_bytes_t bytes, mode_t mode,
                        apr_pool_t *ptemp);

#endif
