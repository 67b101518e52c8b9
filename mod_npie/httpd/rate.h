/* SPDX-License-Identifier: Apache-2.0
 * How often one address may try something (NPIERate), and how often an employer
 * may do something on one day (NPIEDailyLimits).
 */
#ifndef NPIE_HTTPD_RATE_H
#define NPIE_HTTPD_RATE_H

#include "httpd/page.h"
#include "httpd/runtime.h"

/** Counts attempts at something: of this address, or of its /64, which is one
 * client's in IPv6. With too many, the answer's
 * Retry-After is set to the window's end.
 * @param what [a-z]+
 * @return APR_SUCCESS while there are few enough; NPIE_EPOLICY (TOO_MANY);
 *         NPIE_EBACKEND */
apr_status_t npie_rate_within(request_rec *r, const char *what,
                              npie_err_t *err);

/** Counts what an employer's form causes: keys, letters, cancellations, mails.
 * UTC days. With too many, Retry-After is set to the day's end.
 * @param visit a POST in a session
 * @return APR_SUCCESS while there are few enough, and for forms that nothing
 *         is counted of; NPIE_EPOLICY (DAY_LIMIT); NPIE_EBACKEND */
apr_status_t npie_rate_today(const npie_visit_t *visit, npie_err_t *err);

#endif
