/* SPDX-License-Identifier: Apache-2.0
 * Sessions of those who proved their key in the TLS handshake.
 */
#ifndef NPIE_HTTPD_SSL_LOGIN_H
#define NPIE_HTTPD_SSL_LOGIN_H

#include "httpd/session.h"

/** Tells programs that the certificate ends within NPIERenewBefore, and when
 * (RFC 3339, UTC). */
#define NPIE_EXPIRES_HEADER "NPIE-Certificate-Expires"

/**
 * The session of a request's client certificate, on servers with
 * NPIETLSExpired. Redis holds it under a digest of the certificate and the
 * pages' address, so that a program needs no cookie and a request no more
 * than one look into Redis; when it is not there, the certificate is judged
 * as at a login and the session opened.
 * @return APR_SUCCESS; APR_NOTFOUND: no certificate that mod_ssl verified;
 *         as npie_flow_login_cert(); NPIE_ECONFLICT (NOT_NOW): the certificate
 *         changed meanwhile; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_ssl_holder(npie_holder_t **pholder, request_rec *r,
                             npie_err_t *err);

#endif
