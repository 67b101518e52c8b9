/* SPDX-License-Identifier: Apache-2.0
 * npie-signer as a child of the httpd parent: started, watched, started again.
 */
#ifndef NPIE_HTTPD_SIGNER_PROC_H
#define NPIE_HTTPD_SIGNER_PROC_H

#include "httpd/config.h"

/**
 * Starts a signer on a listening unix socket that the parent owns and keeps
 * over restarts, so that no connection is refused while a signer is replaced.
 * Called in post_config, main pass; the process ends with pconf. A signer that
 * dies is started again; one that says it cannot start (exit 254) is not.
 * @param path the socket, absolute
 * @return APR_SUCCESS, or the error, which has been logged
 */
apr_status_t npie_signer_proc_start(server_rec *s,
                                    const npie_signer_setting_t *setting,
                                    const char *path, apr_pool_t *pconf);

/** Closes the listening sockets in a new child: only the signer accepts. */
void npie_signer_proc_child_init(void);

#endif
