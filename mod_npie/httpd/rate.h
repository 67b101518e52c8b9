/* SPDX-License-Identifier: Apache-2.0
 * How often one address may try something (NPIERate).
 */
#ifndef NPIE_HTTPD_RATE_H
#define NPIE_HTTPD_RATE_H

#include "httpd/runtime.h"

/** Counts this address's attempts at something. With too many, the answer's
 * Retry-After is set to the window's end.
 * @param what [a-z]+
 * @return APR_SUCCESS while there are few enough; NPIE_EPOLICY (TOO_MANY);
 *         NPIE_EBACKEND */
apr_status_t npie_rate_within(request_rec *r, const char *what,
                              npie_err_t *err);

#endif
