/* SPDX-License-Identifier: Apache-2.0
 * Is npie-signer's clock this machine's, and are its letters those that httpd
 * draws? Either keeps certificates from being issued.
 */
#ifndef NPIE_HTTPD_CLOCK_H
#define NPIE_HTTPD_CLOCK_H

#include "httpd/runtime.h"

/** What is remembered between two times; zero at first. One thread. */
typedef struct npie_clock_job_t {
    apr_time_t said; /**< when a difference was last logged; 0 = never */
    apr_time_t said_letters; /**< the same of letters */
} npie_clock_job_t;

/**
 * Asks npie-signer for its time, and for what it draws letters with. Logs a
 * difference of more than some seconds by size and direction, every ten
 * minutes, and one of letters as often. A signer that is away is
 * no matter here.
 * @return APR_SUCCESS
 */
apr_status_t npie_clock_look(npie_clock_job_t *job, const server_rec *s,
                             npie_flow_t *flow);

#endif
