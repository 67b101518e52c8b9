/* SPDX-License-Identifier: Apache-2.0
 * Logging in: the challenge, and the signature over it.
 */
#ifndef NPIE_HTTPD_LOGIN_H
#define NPIE_HTTPD_LOGIN_H

#include "httpd/page.h"

/** GET reto: a fresh challenge, text/plain. */
int npie_login_challenge(npie_visit_t *visit);

/** The session for who was judged, not stored yet; what it points to lives as
 * long as the login. */
npie_session_t *npie_login_session(const npie_login_t *login, apr_pool_t *p);

/** Is a certificate still in force? It may end between its judgement and the
 * opening of its session; then whoever ended it could not see the session
 * yet. Asked once the session is open. 1 = yes. */
int npie_login_stands(npie_flow_t *flow, const npie_certificate_t *certificate);

/**
 * Ends the session that npie_login_open() has just opened, unless its
 * certificate stands.
 * @return APR_SUCCESS: it does; NPIE_ECONFLICT (NOT_NOW)
 */
apr_status_t npie_login_confirm(request_rec *r, npie_flow_t *flow,
                                const npie_certificate_t *certificate,
                                npie_err_t *err);

/** May a login lead back there? 1: it is a path of this host, in the
 * characters that addresses are written in. Browsers drop a tab or a line end
 * and take a backslash for a slash, and so find another host. */
int npie_login_leads_back(const char *path);

/** Logs and counts a login, refused or not. */
void npie_login_note(request_rec *r, const npie_login_t *login);

/** POST certificado-de-llave: fields reto, firma (pki/proof.h) and llave, the
 * public key; the certificate with its chain, JSON. */
int npie_login_by_key(npie_visit_t *visit);

/** POST acceso.html: fields reto, firma, usuario, volver. */
int npie_login_post(npie_visit_t *visit);

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
