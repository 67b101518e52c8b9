/* SPDX-License-Identifier: Apache-2.0
 * TLS handshakes in which nothing but the end of the client's certificate is
 * forgiven (NPIETLSExpired), and what is then let through of its requests.
 *
 * mod_ssl ends the handshake of an expired certificate before any module sees
 * a request. Through its hook init_server the verification of a server that
 * forgives is wrapped; after that mod_ssl says SUCCESS of such a certificate,
 * so that every request is judged here again.
 */
#ifndef NPIE_HTTPD_SSL_H
#define NPIE_HTTPD_SSL_H

#include "httpd/private.h"

/** Hooks the verification into mod_ssl, whether it is loaded or not, before
 * or after this module. */
void npie_ssl_register(void);

/** What keeps NPIETLSExpired from working in this process: a sentence for the
 * admin, or NULL. After all modules are loaded. */
const char *npie_ssl_obstacle(void);

/** Was an expired certificate let through in this connection, or in the one
 * that an HTTP/2 stream belongs to? It stays so for the connection's life.
 * 1 = yes. */
int npie_ssl_tolerated(const conn_rec *c);

/** A variable of mod_ssl's; "" when there is none. In r's pool. */
const char *npie_ssl_variable(request_rec *r, const char *name);

/** Hook quick_handler: before mod_cache and TRACE answer, that is before
 * httpd has found the directory; then it is looked up. */
int npie_ssl_quick(request_rec *r, int lookup);

/** Hooks check_access (after mod_ssl, which may ask for a certificate there)
 * and fixups (whatever Satisfy Any has let pass): outside the pages a request
 * with an expired certificate is turned away as the gate does; on a server
 * that does not forgive what the handshake forgave the answer is 421. */
int npie_ssl_check(request_rec *r);

#endif
