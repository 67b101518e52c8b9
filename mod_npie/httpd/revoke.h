/* SPDX-License-Identifier: Apache-2.0
 * Revoking one's own certificate, on revocar.html.
 */
#ifndef NPIE_HTTPD_REVOKE_H
#define NPIE_HTTPD_REVOKE_H

#include "flow/revoke.h"
#include "httpd/page.h"

/** POST revocar.html: fields cual (este, nuevo), motivo (robada, perdida),
 * confirmo (si). */
int npie_post_revoke(npie_visit_t *post);

/** Logs why npie-signer does not know of a revocation yet, which is no reason
 * to refuse it. */
void npie_revoke_log(const request_rec *r, const npie_revoke_done_t *revoked);

#endif
