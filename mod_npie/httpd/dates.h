/* SPDX-License-Identifier: Apache-2.0
 * The job that dates sealed letters by NPIETimestamp.
 */
#ifndef NPIE_HTTPD_DATES_H
#define NPIE_HTTPD_DATES_H

#include "httpd/runtime.h"

/** Plans the job where a server has NPIETimestamp. It has a thread of its own:
 * an authority that is slow keeps no mail and no seal waiting.
 * @return OK, or an error that stops httpd */
int npie_dates_post_config(apr_pool_t *pconf, server_rec *s);

#endif
