/* SPDX-License-Identifier: Apache-2.0
 * The renewal's pages: real files that mod_include renders, shown only to whom
 * they belong to.
 */
#ifndef NPIE_HTTPD_PAGES_H
#define NPIE_HTTPD_PAGES_H

#include "httpd/session.h"
#include "flow/flow.h"

/** The name below the pages' path, "carta.html", "" for the path itself; NULL
 * when a request's address is elsewhere. */
const char *npie_pages_name(const request_rec *r);

/** Hook fixups: variables and headers for a page, a redirect to the right one,
 * or the handler "npie" for actions and resources. */
int npie_pages_fixups(request_rec *r);

/**
 * Where a session's holder is, read from the registry.
 * @return OK with all set, or a status already answered for
 */
int npie_pages_place(npie_flow_t **pflow, npie_place_t *place, request_rec *r,
                     const npie_holder_t *holder);

/** The rows a session stands for. */
npie_who_t npie_pages_who(const npie_session_t *session);

/** Sends a session's holder where they belong: a page, or the application. */
int npie_pages_go_home(request_rec *r, const npie_holder_t *holder,
                       npie_flow_t *flow, const npie_place_t *place);

/** Sends them to a page they may be on; the answer to a program's action is
 * that page as JSON. */
int npie_pages_lead(request_rec *r, const npie_holder_t *holder,
                    npie_flow_t *flow, const npie_place_t *place,
                    const char *page);

/** Answers a program's action with where its session is now; without one, the
 * login page. */
int npie_pages_tell(request_rec *r);

/** The handler's part of a page asked for as JSON. */
int npie_pages_json(request_rec *r);

#endif
