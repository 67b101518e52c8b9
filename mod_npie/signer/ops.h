/* SPDX-License-Identifier: Apache-2.0
 * What the signer does for one request.
 */
#ifndef NPIE_SIGNER_OPS_H
#define NPIE_SIGNER_OPS_H

#include "signer/op.h"

/** Sets the rules and the rate from the configuration. */
void npie_ops_init(npie_ops_t *ops, npie_authority_t *authority,
                   npie_ledger_t *ledger, const npie_drawer_t *drawer,
                   const npie_signer_config_t *config, apr_pool_t *p);

/**
 * Answers one frame. Whatever the payload holds there is an answer; what was
 * refused or failed is said in the log.
 * @param reply set to a whole frame, in p
 * @param p for this request alone
 */
void npie_ops_answer(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, npie_bytes_t payload,
                     apr_pool_t *p);

#endif
