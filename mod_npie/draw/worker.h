/* SPDX-License-Identifier: Apache-2.0
 * A process for each letter: what a letter does to it ends with it.
 */
#ifndef NPIE_DRAW_WORKER_H
#define NPIE_DRAW_WORKER_H

#include <sys/types.h>

#include "base/bytes.h"
#include "base/status.h"

/** Answers one request, in the worker. @return in p */
typedef npie_bytes_t npie_worker_fn(void *baton, npie_bytes_t request,
                                    apr_pool_t *p);

/** The one that waits for the next letter. One thread. */
typedef struct npie_worker_t {
    npie_worker_fn *answer;
    void *baton;
    int filter;         /**< 1: its system calls are filtered */
    pid_t pid;          /**< 0: none */
    int fd;
    apr_uint32_t lost;  /**< so many ended without an answer */
} npie_worker_t;

/** Has one ready, unless there is one or none can be had now. */
void npie_worker_ready(npie_worker_t *worker, apr_pool_t *ptemp);

/**
 * Has a request answered, by a second worker when the first one ends over it
 * or takes too long; each is used once.
 * @param preply set to the answer, in p
 * @return APR_SUCCESS; NPIE_EBACKEND: both have ended over it
 */
apr_status_t npie_worker_ask(npie_bytes_t *preply, npie_worker_t *worker,
                             npie_bytes_t request, apr_pool_t *p);

#endif
