/* SPDX-License-Identifier: Apache-2.0
 * The page that the links of mails open.
 */
#ifndef NPIE_HTTPD_MAIL_H
#define NPIE_HTTPD_MAIL_H

#include "httpd/page.h"

/** post_read_request: takes the query of a link's address, and of a Referer
 * that names it, out of the request, so that no log and no status page shows
 * the token; npie_query_text() alone knows it then. Always DECLINED. */
int npie_mail_hide_token(request_rec *r);

/** GET enlace.html?t=token: what the token is. Changes nothing. */
int npie_mail_show_link(npie_visit_t *visit);

/** POST enlace.html, field t: does what the link is for. The token is the
 * proof; there is no session and no csrf. */
int npie_mail_use_link(npie_visit_t *visit);

#endif
