/* SPDX-License-Identifier: Apache-2.0
 * What the signer does for one request.
 */
#ifndef NPIE_SIGNER_OPS_H
#define NPIE_SIGNER_OPS_H

#include "signer/authority.h"
#include "signer/evidence.h"
#include "signer/log.h"
#include "signer/protocol.h"

/** What requests are answered with. One thread. */
typedef struct npie_ops_t {
    npie_authority_t *authority;
    npie_issuance_t *log;
    npie_evidence_rules_t rules;
    int rate;                        /**< requests in a window */
    apr_interval_time_t rate_window; /**< microseconds */
    double allowance;                /**< requests that may still come now */
    apr_interval_time_t counted;     /**< when the allowance was right, on the
                                          monotonic clock */
} npie_ops_t;

/** Sets the rules and the rate from the configuration. */
void npie_ops_init(npie_ops_t *ops, npie_authority_t *authority,
                   npie_issuance_t *log, const npie_signer_config_t *config);

/**
 * Answers one frame. Whatever the payload holds there is an answer; what was
 * refused or failed is said in the log.
 * @param reply set to a whole frame, in p
 * @param p for this request alone
 */
void npie_ops_answer(npie_bytes_t *reply, npie_ops_t *ops,
                     const npie_signer_header_t *header, npie_bytes_t payload,
                     apr_pool_t *p);

/**
 * The answer to a frame that is not taken at all.
 * @param reply set to a whole frame, in p
 * @param detail English
 */
void npie_ops_refuse(npie_bytes_t *reply, const npie_signer_header_t *header,
                     npie_signer_status_t status, npie_problem_t problem,
                     const char *detail, apr_pool_t *p);

#endif
