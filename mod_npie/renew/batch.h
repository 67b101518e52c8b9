/* SPDX-License-Identifier: Apache-2.0
 * Many employers, several at a time, and what became of each.
 */
#ifndef NPIE_RENEW_BATCH_H
#define NPIE_RENEW_BATCH_H

#include <apr_tables.h>

#include "renew/job.h"
#include "renew/say.h"

/**
 * Renews every employer of a list; one that fails does not keep the others
 * from it. options->jobs threads share the work; with more than one, no job may
 * need the terminal. Says the summary and writes options->report. Once
 * npie_interrupt_came(), no other one is begun.
 * @param jobs of npie_job_t
 * @return the exit code
 */
npie_exit_t npie_batch_renew(const apr_array_header_t *jobs,
                             const npie_options_t *options,
                             const npie_say_t *say, apr_pool_t *p);

#endif
