/* SPDX-License-Identifier: Apache-2.0
 * The gate in front of the application: AuthType NPIE.
 */
#ifndef NPIE_HTTPD_GATE_H
#define NPIE_HTTPD_GATE_H

#include "httpd/private.h"

/** Hook post_read_request: drops the client's own REMOTE_USER and NPIE_*
 * headers, in every spelling that CGI would fold into those names. */
int npie_gate_scrub(request_rec *r);

/** Hook check_authn: one look into Redis; r->user and NPIE_* variables for a
 * session with a valid certificate and signed terms; else a redirect for
 * people and 401 or 403 for programs. */
int npie_gate_check(request_rec *r);

/** Turns a request away whose certificate has expired: people to the renewal,
 * programs with 403. @return the status for httpd */
int npie_gate_turn_expired(request_rec *r);

#endif
