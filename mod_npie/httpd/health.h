/* SPDX-License-Identifier: Apache-2.0
 * The page salud: is this machine ready? For balancers and monitoring, in public,
 * without personal data and outside NPIERate.
 */
#ifndef NPIE_HTTPD_HEALTH_H
#define NPIE_HTTPD_HEALTH_H

#include "httpd/visit.h"

/** Hook child_init: what a child knows of the parts, and a mutex. */
void npie_health_child_init(apr_pool_t *pchild, server_rec *s);

/**
 * Answers 200, or 503 with what is lacking: "redis", "registry", "signer", or
 * "drain" while the file of NPIEDrainFile exists. JSON {"status", "lacks"}, or
 * a line of text where the client prefers text/plain.
 *
 * The parts are asked once a second in a child, by one request; the others are
 * answered with what that found.
 */
int npie_health_show(npie_visit_t *visit);

#endif
