/* SPDX-License-Identifier: Apache-2.0
 * What the signer gives up before it serves.
 */
#ifndef NPIE_SIGNER_PRIVILEGE_H
#define NPIE_SIGNER_PRIVILEGE_H

#include "base/status.h"
#include "signer/config.h"

/**
 * To be called first: no core files, no look into this process, no new
 * privileges by exec, and none of the descriptors from 3 up that the parent
 * left open.
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_privilege_harden(npie_err_t *err);

/**
 * Becomes User for good, when started as root, and makes sure of it; else
 * stays who it is.
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_privilege_drop(const npie_signer_config_t *config,
                                 npie_err_t *err);

/**
 * Has the kernel send SIGTERM when the parent ends, so that a parent which is
 * killed leaves no signer behind that holds the issuance log.
 * @param parent its process number when this one began
 * @return APR_SUCCESS; NPIE_ECONFIG when it has ended already
 */
apr_status_t npie_privilege_follow(pid_t parent, npie_err_t *err);

#endif
