/* SPDX-License-Identifier: Apache-2.0
 * What the filters of system calls have in common (seccomp).
 */
#ifndef NPIE_LEDGER_FILTER_LINUX_H
#define NPIE_LEDGER_FILTER_LINUX_H

#include <stddef.h>

#include <seccomp.h>

#include "base/status.h"

/** Makes a filter that ends the process at any call. @return NULL: none */
scmp_filter_ctx npie_filter_make(void);

/** Allows calls, whatever their arguments.
 * @return 0, or as libseccomp: a negative error */
int npie_filter_allow(scmp_filter_ctx filter, const int *calls, size_t count);

/** Allows what libc wants to live: memory that no code can run from, time,
 * randomness, signals of its own, the end.
 * @return as npie_filter_allow() */
int npie_filter_allow_life(scmp_filter_ctx filter);

/** Has the filter hold from here on, unless rc is an error already, and gives
 * it back.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_filter_load(scmp_filter_ctx filter, int rc,
                              npie_err_t *err);

#endif
