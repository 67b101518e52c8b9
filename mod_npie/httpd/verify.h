/* SPDX-License-Identifier: Apache-2.0
 * verificar.html: anybody may have a letter verified. What is sent is neither
 * stored nor logged.
 */
#ifndef NPIE_HTTPD_VERIFY_H
#define NPIE_HTTPD_VERIFY_H

#include "httpd/page.h"

/** Verifies the field "carta" (a file) and shows what was found, as the page
 * or as JSON (flow/verify_json.h); 429 when there are too many of one
 * address. */
int npie_verify_post(npie_visit_t *visit);

/** The page: what npie_verify_post() found, if it led here; with folio and
 * codigo in the query the institute's own record of a printed letter, and 404
 * for whoever does not hold it (flow/printed.h); or the form. */
int npie_verify_show(npie_visit_t *visit);

#endif
