/* SPDX-License-Identifier: Apache-2.0
 * Serving connections: many at a time, one request at a time.
 */
#ifndef NPIE_SIGNER_SERVER_H
#define NPIE_SIGNER_SERVER_H

#include <sys/types.h>

#include "signer/ops.h"

/**
 * Gets ready what serving needs: signals and the listening socket's mode. To
 * be called before the system calls are filtered.
 * @param fd a listening unix socket
 * @return APR_SUCCESS or the system's error
 */
apr_status_t npie_server_prepare(int fd);

/**
 * Serves until SIGTERM or SIGINT; then answers what has begun to come and
 * returns.
 * @param fd the listening socket; closed on return
 * @param peer the one uid that is answered
 * @param p its allocator is used for connections
 * @return APR_SUCCESS; the system's error when it cannot go on
 */
apr_status_t npie_server_run(int fd, npie_ops_t *ops, uid_t peer,
                             apr_pool_t *p);

#endif
