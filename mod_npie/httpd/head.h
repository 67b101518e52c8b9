/* SPDX-License-Identifier: Apache-2.0
 * The audit's head on its way from the registry to npie-signer.
 */
#ifndef NPIE_HTTPD_HEAD_H
#define NPIE_HTTPD_HEAD_H

#include "httpd/runtime.h"

/** What is remembered between two times; zero at first. One thread. */
typedef struct npie_head_job_t {
    apr_int64_t sequence; /**< the newest row that npie-signer knows of */
    int failed;           /**< 1: the log has it already */
} npie_head_job_t;

/**
 * Gives npie-signer the audit's head when it is a new one. A signer that is
 * away is no failure: the next head says as much as this one. Logs once that
 * it does not take it, and each time that its head is not of this registry.
 * @return APR_SUCCESS; NPIE_EBACKEND: the registry
 */
apr_status_t npie_head_hand(npie_head_job_t *job, const server_rec *s,
                            npie_flow_t *flow, npie_err_t *err);

#endif
