/* SPDX-License-Identifier: Apache-2.0
 * The signer's listening socket.
 */
#ifndef NPIE_SIGNER_LISTEN_H
#define NPIE_SIGNER_LISTEN_H

#include "base/status.h"
#include "signer/config.h"

/** @return APR_SUCCESS when descriptor fd is a listening unix socket, as
 * httpd and systemd hand one down; NPIE_ECONFIG */
apr_status_t npie_listen_inherited(int fd, npie_err_t *err);

/**
 * Makes a socket of mode 0660, of the peer's group when started as root. A
 * stale one at the path is taken away; a living one, or anything else, is
 * left alone and is an error.
 * @param pfd set to the descriptor, close on exec
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_listen_make(int *pfd, const char *path,
                              const npie_signer_config_t *config,
                              npie_err_t *err);

#endif
