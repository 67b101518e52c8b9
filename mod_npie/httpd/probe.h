/* SPDX-License-Identifier: Apache-2.0
 * Looking at something in a process of its own: as httpd's User, who sees what
 * root would not miss, and without harm when it hangs or dies.
 */
#ifndef NPIE_HTTPD_PROBE_H
#define NPIE_HTTPD_PROBE_H

#include "httpd/remark.h"

/** What is done in the process.
 * @param fd what is written there arrives
 * @param p ends with the process */
typedef void npie_probe_fn(int fd, void *baton, apr_pool_t *p);

/**
 * Runs it and waits for its end, 20 seconds at most.
 * @param ptext set to what it wrote, at most 16 kB, NUL ended, in p
 * @param pstatus set as by waitpid(); of no meaning after APR_TIMEUP
 * @param as_user 1: as httpd's User when root runs httpd
 * @return APR_SUCCESS; APR_TIMEUP: it was killed; the system's error
 */
apr_status_t npie_probe_run(char **ptext, int *pstatus, npie_probe_fn *run,
                            void *baton, int as_user, apr_pool_t *p);

/** In the process of npie_probe_remarks(): has npie_remark() called with this
 * in the parent. Formats as printf. */
void npie_probe_say(int fd, npie_notice_t notice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Runs it as User and makes the remarks that it asks for.
 * @param at the place of all of them
 * @param what it looks at, for the remark that it did not end well
 * @return how many of them are errors
 */
int npie_probe_remarks(npie_probe_fn *run, void *baton, const server_rec *s,
                       const ap_directive_t *at, const char *what,
                       apr_pool_t *p);

#endif
