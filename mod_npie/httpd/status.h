/* SPDX-License-Identifier: Apache-2.0
 * The module's part of server-status, and its own page of this kind.
 */
#ifndef NPIE_HTTPD_STATUS_H
#define NPIE_HTTPD_STATUS_H

#include "httpd/private.h"

/** Hook status_hook of mod_status: the counters, in both of its forms. */
int npie_status_show(request_rec *r, int flags);

/** Handler npie-status: HTML for people, JSON with ?json, and text for
 * Prometheus with ?metrics, OpenMetrics to who takes that. Whoever may see it
 * is httpd's own matter; no name, registro patronal or address is in it. */
int npie_status_handler(request_rec *r);

#endif
