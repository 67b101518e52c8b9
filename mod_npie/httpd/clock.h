/* SPDX-License-Identifier: Apache-2.0
 * Is npie-signer's clock this machine's? Minutes between them keep
 * certificates from being issued.
 */
#ifndef NPIE_HTTPD_CLOCK_H
#define NPIE_HTTPD_CLOCK_H

#include "httpd/runtime.h"

/** What is remembered between two times; zero at first. One thread. */
typedef struct npie_clock_job_t {
    apr_time_t said; /**< when a difference was last logged; 0 = never */
} npie_clock_job_t;

/**
 * Asks npie-signer for its time and logs a difference of more than some
 * seconds by size and direction, every ten minutes. A signer that is away is
 * no matter here.
 * @return APR_SUCCESS
 */
apr_status_t npie_clock_look(npie_clock_job_t *job, const server_rec *s,
                             npie_flow_t *flow);

#endif
