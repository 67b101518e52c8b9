/* SPDX-License-Identifier: Apache-2.0
 * Showing the renewal's pages: variables for mod_include, or JSON.
 */
#ifndef NPIE_HTTPD_SHOW_H
#define NPIE_HTTPD_SHOW_H

#include "httpd/page.h"

/* Each returns OK for the page to be rendered, or a status answered for. */
int npie_show_login(npie_visit_t *visit);

/** What this is, before login. */
int npie_show_start(npie_visit_t *visit);

/** A page of the renewal that its holder may be on. */
int npie_show_place(npie_visit_t *visit);
int npie_show_notice(npie_visit_t *visit);
int npie_show_end(npie_visit_t *visit);

/** Who holds a valid certificate: what can be done and fetched. */
int npie_show_holder(npie_visit_t *visit);

/** The page of a login that was refused. */
int npie_show_refused(npie_visit_t *visit);

/** error.html: the problem of the request that failed. */
int npie_show_error(npie_visit_t *visit);

#endif
