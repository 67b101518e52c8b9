/* SPDX-License-Identifier: Apache-2.0
 * The pages as JSON: the same data that they show, and what can be done next.
 * htdocs/manual/openapi.json describes it.
 */
#ifndef NPIE_HTTPD_JSON_H
#define NPIE_HTTPD_JSON_H

#include "httpd/page.h"

/* Each answers 200 and returns OK, or answers for its failure. */

/** The visit's place.
 * @param page NULL: the application */
int npie_json_place(npie_visit_t *visit, const npie_page_t *page);

/** The page of a login that was refused. */
int npie_json_refused(request_rec *r, const npie_holder_t *holder);

/** The login page. */
int npie_json_login(request_rec *r);

/** A link of a mail that is good: the request that uses it.
 * @param move "confirm" or "stop"; token: clean; key_name: of the renewal */
int npie_json_link(request_rec *r, const char *move, const char *token,
                   const char *key_name);

#endif
