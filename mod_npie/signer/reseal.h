/* SPDX-License-Identifier: Apache-2.0
 * npie-signer -r: the audit's head set by hand.
 */
#ifndef NPIE_SIGNER_RESEAL_H
#define NPIE_SIGNER_RESEAL_H

#include "signer/config.h"

/**
 * Sets the head of the registry's audit, with no npie-signer running, and
 * says so in the log. Becomes the configuration's User for good.
 * @param head "NUMBER:HASH", as npiectl audit reseal tells it
 * @return APR_SUCCESS; NPIE_ECONFIG; NPIE_EINTERNAL
 */
apr_status_t npie_reseal(const npie_signer_config_t *config, const char *head,
                         npie_err_t *err, apr_pool_t *p);

#endif
