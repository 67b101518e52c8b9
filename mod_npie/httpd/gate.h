/* SPDX-License-Identifier: Apache-2.0
 * The gate in front of the application: AuthType NPIE.
 */
#ifndef NPIE_HTTPD_GATE_H
#define NPIE_HTTPD_GATE_H

#include "httpd/session.h"

/** The session of a request: the cookie's, or that of the client certificate,
 * as npie_holder_find() and npie_ssl_holder(). Asked before all others. */
apr_status_t npie_gate_holder(npie_holder_t **pholder, request_rec *r,
                              npie_err_t *err);

/** The header with which programs send the token of their session. */
#define NPIE_TOKEN_HEADER "NPIE-Token"

/** Hook post_read_request: drops the client's own REMOTE_USER and NPIE_*
 * headers, in every spelling that CGI would fold into those names. Of the
 * token's the value stays for npie_gate_token(). */
int npie_gate_scrub(request_rec *r);

/** The token that came in a header of the request; NULL: none. */
const char *npie_gate_token(const request_rec *r);

/** Hook check_authn: one look into Redis; r->user and NPIE_* variables for a
 * session with a valid certificate and signed terms, whose answer no shared
 * cache may keep; else a redirect for people and 401 or 403 for programs. */
int npie_gate_check(request_rec *r);

/** Hook access_checker_ex, after mod_authz_core's: behind an AuthType NPIE that
 * counts for all of a site, the pages stay open to whom no rule but the gate's
 * keeps out, and so do CRL, OCSP and CA certificate. */
int npie_gate_exempt(request_rec *r);

/** Hook fixups: outside the pages, whether the gate is there or not, nobody
 * else is to see the session's cookie. */
int npie_gate_hide_cookie(request_rec *r);

/** Turns a request away whose certificate has expired: people to the renewal,
 * programs with 403. @return the status for httpd */
int npie_gate_turn_expired(request_rec *r);

#endif
