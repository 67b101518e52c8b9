/* SPDX-License-Identifier: Apache-2.0
 * What commands show of a list of revoked certificates.
 */
#ifndef NPIE_CTL_CRL_H
#define NPIE_CTL_CRL_H

#include "ctl/ctl.h"

/**
 * Shows a list: its number, times, and how many it names.
 * @param crl the bytes and the times
 * @param path where it was written to; NULL: nowhere
 * @return APR_SUCCESS; NPIE_EPROTO: these are no CRL's bytes
 */
apr_status_t npie_ctl_crl_show(npie_ctl_t *ctl, const npie_signer_crl_t *crl,
                               const char *path, npie_err_t *err);

#endif
