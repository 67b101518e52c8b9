/* SPDX-License-Identifier: Apache-2.0
 * The cage in which the signer serves. One implementation a system, chosen
 * at build.
 */
#ifndef NPIE_SIGNER_SANDBOX_H
#define NPIE_SIGNER_SANDBOX_H

#include "base/status.h"

/**
 * Locks the cage: from here on the process can use the files and sockets it
 * has, and open none. On Linux a system call outside the list ends the
 * process with SIGSYS.
 * @param tokens 1: the module of a PKCS#11 token works in the cage. It may
 *        open files and sockets, as User, and make threads; no program can be
 *        started and no code be loaded even so
 * @param pconfined set to 1, or to 0 where the system has no such thing
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_sandbox_enter(int *pconfined, int tokens,
                                npie_err_t *err);

#endif
