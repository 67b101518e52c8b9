/* SPDX-License-Identifier: Apache-2.0
 * httpd's children that died: noticed, counted, and told with what they were
 * serving.
 */
#ifndef NPIE_HTTPD_CHILDREN_H
#define NPIE_HTTPD_CHILDREN_H

#include <httpd.h>
#include <ap_mpm.h>

#include "flow/flow.h"

/** Hook post_config: the list of children, in shared memory that lives as long
 * as the parent. Without that memory the server does not start. */
int npie_children_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                              apr_pool_t *ptemp, server_rec *s);

/** Hook child_init: puts this child on the list, until it ends by itself. */
void npie_children_child_init(apr_pool_t *pchild, server_rec *s);

/** Hook child_status, in the parent: a child that has ended and is still on
 * the list has died. Counted as NPIE_COUNT_DIED and logged (NPIE_N_CHILD_DIED)
 * with the requests that the scoreboard shows, without their query: method,
 * path and client. ExtendedStatus, which mod_status sets, is needed to know
 * them. */
void npie_children_status(server_rec *s, pid_t pid, ap_generation_t generation,
                          int slot, mpm_child_status status);

/** Writes to the audit each death that it does not have yet, event
 * NPIE_AUDIT_DIED: npiectl and those who come later see it there. For the job.
 * @return APR_SUCCESS; NPIE_EBACKEND: what is left is told the next time */
apr_status_t npie_children_tell(const npie_flow_t *flow, npie_err_t *err);

#endif
