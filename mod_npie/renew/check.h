/* SPDX-License-Identifier: Apache-2.0
 * --check: what expires, and when.
 */
#ifndef NPIE_RENEW_CHECK_H
#define NPIE_RENEW_CHECK_H

#include <apr_tables.h>

#include "renew/job.h"
#include "renew/say.h"

/**
 * Says when each certificate expires, the next one first, without asking the
 * server. A .cer wants no password for that.
 * @param jobs of npie_job_t
 * @return the exit code
 */
npie_exit_t npie_check_run(const apr_array_header_t *jobs,
                           const npie_options_t *options,
                           const npie_say_t *say, apr_pool_t *p);

#endif
