/* SPDX-License-Identifier: Apache-2.0
 * verificar.html: anybody may have a letter verified. What is sent is neither
 * stored nor logged.
 */
#ifndef NPIE_HTTPD_VERIFY_H
#define NPIE_HTTPD_VERIFY_H

#include "httpd/private.h"
#include "base/form.h"

/** The page's file name. */
#define NPIE_VERIFY_PAGE "verificar.html"

/** Verifies the field "carta" (a file) and shows what was found, as the page
 * or as JSON (flow/verify_json.h); 429 when there are too many of one
 * address. */
int npie_verify_post(request_rec *r, const npie_form_t *form);

/** The page: what npie_verify_post() found, if it led here, or the form. */
int npie_verify_show(request_rec *r);

#endif
