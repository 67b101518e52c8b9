/* SPDX-License-Identifier: Apache-2.0
 * Logging in: the challenge, and the signature over it.
 */
#ifndef NPIE_HTTPD_LOGIN_H
#define NPIE_HTTPD_LOGIN_H

#include "base/form.h"
#include "flow/flow.h"
#include "httpd/session.h"

/** GET reto: a fresh challenge, text/plain. */
int npie_login_challenge(request_rec *r);

/** The session for who was judged, not stored yet; what it points to lives as
 * long as the login. */
npie_session_t *npie_login_session(const npie_login_t *login, apr_pool_t *p);

/** Is the certificate still as it was judged? It may end before the session
 * is open; then whoever ended it could not see the session yet. 1 = yes. */
int npie_login_stands(npie_flow_t *flow, const npie_login_t *login);

/** Logs and counts a login, refused or not. */
void npie_login_note(request_rec *r, const npie_login_t *login);

/** POST acceso.html: fields reto, firma, usuario, volver. */
int npie_login_post(request_rec *r, const npie_form_t *form);

/**
 * Opens a session for a proved certificate; the one that the request came with,
 * if any, is the caller's to end.
 * @param employer, certificate: rows; NULL where the registry knows none
 * @param problem for access REFUSED
 * @param csrf the token of its forms; NULL: a new one
 */
apr_status_t npie_login_open(request_rec *r, npie_access_t access,
                             npie_problem_t problem, const npie_cert_t *cert,
                             const npie_employer_t *employer,
                             const npie_certificate_t *certificate,
                             const char *csrf, npie_err_t *err);

#endif
