/* SPDX-License-Identifier: Apache-2.0
 * The page that waits for the mail, and the page that its links open.
 */
#ifndef NPIE_HTTPD_MAIL_H
#define NPIE_HTTPD_MAIL_H

#include <jansson.h>

#include "base/form.h"
#include "httpd/posts.h"

/** The page of the links; it needs no session. */
#define NPIE_LINK_PAGE "enlace.html"

/** Does this server send mail, so that it has pages about it? 1 = yes. */
int npie_mail_is_on(const request_rec *r);

/** post_read_request: takes the query of a link's address, and of a Referer
 * that names it, out of the request, so that no log and no status page shows
 * the token; npie_mail_show_link() alone knows it then. Always DECLINED. */
int npie_mail_hide_token(request_rec *r);

/** Variables about mail: whether it is sent, and what became of the one that
 * correo waits for and of the one that says that all is done. */
void npie_mail_vars(request_rec *r, const npie_place_t *place);

/** The same for programs; only while the renewal waits for the mail. */
json_t *npie_mail_json(request_rec *r, const npie_place_t *place);

/** GET enlace.html?t=token: what the token is. Changes nothing. */
int npie_mail_show_link(request_rec *r);

/** POST enlace.html, field t: does what the link is for. The token is the
 * proof; there is no session and no csrf. */
int npie_mail_use_link(request_rec *r, const npie_form_t *form);

#endif
