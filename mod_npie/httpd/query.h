/* SPDX-License-Identifier: Apache-2.0
 * Fields of a request's query string.
 */
#ifndef NPIE_HTTPD_QUERY_H
#define NPIE_HTTPD_QUERY_H

#include "httpd/private.h"

/** Where the query of a mail's link is, in the request's notes, once it was
 * taken out of the address. */
#define NPIE_QUERY_NOTE "npie-link-query"

/** The first field of that name, decoded, in the request's pool. "" when there
 * is none, or its encoding is wrong. */
const char *npie_query_text(const request_rec *r, const char *name);

/** The same as a number from 1 on; 0 when it is none. */
apr_int64_t npie_query_number(const request_rec *r, const char *name);

/** A number from 1 on written in decimal digits alone; 0: text is none. */
apr_int64_t npie_query_id(const char *text);

#endif
