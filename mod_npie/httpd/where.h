/* SPDX-License-Identifier: Apache-2.0
 * Which page an employer belongs on. Pure.
 */
#ifndef NPIE_HTTPD_WHERE_H
#define NPIE_HTTPD_WHERE_H

#include "flow/flow.h"

/** A page of the renewal. */
typedef struct npie_page_t {
    const char *name; /**< file name, "carta.html" */
    int step;         /**< 1 to 7 as people see it, 0 = none */
} npie_page_t;

/** Looks a page up by its file name; NULL: there is none. Static. */
const npie_page_t *npie_where_page(const char *name);

/** The page for a refusal; static, never NULL. */
const char *npie_where_refusal(npie_problem_t problem);

/** Where an employer is sent who may not be on the page asked for: a page's
 * name, or NULL for the application. Static. */
const char *npie_where_home(const npie_place_t *place);

/** May this page be shown at this place? 1 = yes. */
int npie_where_allowed(const npie_place_t *place, const char *page);

#endif
