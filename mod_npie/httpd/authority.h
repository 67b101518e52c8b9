/* SPDX-License-Identifier: Apache-2.0
 * What the authority says in public: its certificate and its CRL.
 */
#ifndef NPIE_HTTPD_AUTHORITY_H
#define NPIE_HTTPD_AUTHORITY_H

#include "httpd/runtime.h"

/** Hook child_init, after npie_runtime_child_init(). */
void npie_authority_child_init(apr_pool_t *pchild, server_rec *s);

/** Handler of npie-crl and npie-ca: GET and HEAD, with what a cache needs. */
int npie_authority_handler(request_rec *r);

/** Is it one of those names? NULL: no. 1 = yes. */
int npie_authority_is_handler(const char *handler);

/** Is the request for one of the authority's handlers (npie-crl, npie-ca,
 * npie-ocsp), and so for anybody? 1 = yes. */
int npie_authority_serves(const request_rec *r);

#endif
