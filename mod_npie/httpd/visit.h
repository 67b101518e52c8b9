/* SPDX-License-Identifier: Apache-2.0
 * Where a visit leads: to a page, home, or into the application.
 */
#ifndef NPIE_HTTPD_VISIT_H
#define NPIE_HTTPD_VISIT_H

#include "httpd/page.h"

/** The rows a session stands for. */
npie_who_t npie_visit_who(const npie_session_t *session);

/**
 * Reads where a visit's holder is: flow, who and place are set.
 * @return OK, or a status already answered for
 */
int npie_visit_read(npie_visit_t *visit);

/** Sends a visit's holder where they belong by its place: a page, or the
 * application. The answer to a program's form is that page as JSON. */
int npie_visit_home(npie_visit_t *visit);

/** The same, to a page they may be on. */
int npie_visit_lead(npie_visit_t *visit, npie_page_id_t id);

/** Answers a program's form with where its session is now; without one, the
 * login page. */
int npie_visit_tell(request_rec *r);

#endif
