/* SPDX-License-Identifier: Apache-2.0
 * From a request's address to its row of the table of pages.
 */
#ifndef NPIE_HTTPD_ROUTER_H
#define NPIE_HTTPD_ROUTER_H

#include "httpd/private.h"

/** Hook fixups: variables and headers for a page, a redirect to the right one,
 * or the handler "npie" for forms, files and whatever is asked for as JSON. */
int npie_router_fixups(request_rec *r);

/** The handler "npie". */
int npie_router_handler(request_rec *r);

#endif
