/* SPDX-License-Identifier: Apache-2.0
 * The module's part of server-status.
 */
#ifndef NPIE_HTTPD_STATUS_H
#define NPIE_HTTPD_STATUS_H

#include "httpd/private.h"

/** Hook status_hook of mod_status: the counters, in both of its forms. */
int npie_status_show(request_rec *r, int flags);

#endif
