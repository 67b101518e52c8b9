/* SPDX-License-Identifier: Apache-2.0
 * What pages and programs are told of a renewal's mails.
 */
#ifndef NPIE_HTTPD_MAIL_VIEW_H
#define NPIE_HTTPD_MAIL_VIEW_H

#include <jansson.h>

#include "flow/flow.h"
#include "httpd/private.h"

/** Does this server send mail, so that it has pages about it? 1 = yes. */
int npie_mail_is_on(const request_rec *r);

/** Variables about mail: whether it is sent, and what became of the one that
 * correo waits for and of the one that says that all is done. */
void npie_mail_vars(request_rec *r, const npie_place_t *place);

/** What became of one mail, as variables that begin with a prefix: PREFIXstate
 * (encolado, reintento, entregado, rechazado, or "" without one), _when,
 * _reason, _said. */
void npie_mail_fate_vars(request_rec *r, const char *prefix,
                         const npie_outbox_t *mail);

/** The same for programs: a member each; state "none" without a mail. */
json_t *npie_mail_fate_json(const npie_outbox_t *mail, apr_pool_t *p);

/** The same for programs; only while the renewal waits for the mail. */
json_t *npie_mail_json(request_rec *r, const npie_place_t *place);

#endif
