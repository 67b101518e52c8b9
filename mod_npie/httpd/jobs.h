/* SPDX-License-Identifier: Apache-2.0
 * What is done beside the requests: mails are sent and reminders queued, by
 * one child at a time, through mod_watchdog.
 */
#ifndef NPIE_HTTPD_JOBS_H
#define NPIE_HTTPD_JOBS_H

#include "httpd/runtime.h"

/** Hook post_config: a job for every registry, and that of httpd/dates.h. */
int npie_jobs_post_config(apr_pool_t *pconf, apr_pool_t *plog,
                          apr_pool_t *ptemp, server_rec *s);

#endif
