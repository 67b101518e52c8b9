/* SPDX-License-Identifier: Apache-2.0
 * npie-draw but for its main().
 */
#ifndef NPIE_DRAW_SERVE_H
#define NPIE_DRAW_SERVE_H

#include <apr_pools.h>

/**
 * Answers requests until the other end is closed.
 * @param fd one of a pair of sockets
 * @param filter 1: give up system calls once the files are read
 * @return the program's exit status
 */
int npie_draw_serve(int fd, int filter, apr_pool_t *p);

#endif
