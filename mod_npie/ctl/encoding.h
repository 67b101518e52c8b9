/* SPDX-License-Identifier: Apache-2.0
 * Files of other programs, brought to UTF-8.
 */
#ifndef NPIE_CTL_ENCODING_H
#define NPIE_CTL_ENCODING_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Brings a file to UTF-8, without a byte order mark. What is wholly UTF-8 is
 * that; what has no UTF-8 in it beyond ASCII is Windows-1252; a mixture is
 * refused unless name says what to take it for.
 * @param ptext set to NUL-ended text in p that the caller may write into
 * @param pused set to "utf-8" or "windows-1252", static
 * @param name the same, for what the file is; NULL: find out
 * @return APR_SUCCESS; NPIE_EINPUT with line, reason and remedy
 */
apr_status_t npie_ctl_decode(char **ptext, apr_size_t *plen,
                             const char **pused, npie_bytes_t bytes,
                             const char *name, npie_err_t *err,
                             apr_pool_t *p);

#endif
