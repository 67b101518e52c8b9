/* SPDX-License-Identifier: Apache-2.0
 * The passphrase of the root's key.
 */
#ifndef NPIE_CTL_CA_PASSPHRASE_H
#define NPIE_CTL_CA_PASSPHRASE_H

#include "ctl/ctl.h"

/**
 * The first line of --passphrase-file, or what is typed at the terminal.
 * @param ppassphrase set to UTF-8 of 8 bytes or more in ctl->p, which cleanses
 *        it
 * @param fresh 1: it is a new one, asked for twice
 * @return APR_SUCCESS; NPIE_EINPUT: too short, not the same twice, no file,
 *         or neither file nor terminal
 */
apr_status_t npie_ca_passphrase(const char **ppassphrase, npie_ctl_t *ctl,
                                int fresh, npie_err_t *err);

#endif
