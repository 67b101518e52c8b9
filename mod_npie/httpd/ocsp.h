/* SPDX-License-Identifier: Apache-2.0
 * The OCSP responder (RFC 6960, RFC 5019 for GET).
 */
#ifndef NPIE_HTTPD_OCSP_H
#define NPIE_HTTPD_OCSP_H

#include "httpd/runtime.h"

/** Handler of npie-ocsp: POST, and GET with the request in the path. */
int npie_ocsp_handler(request_rec *r);

/** The flow's port: makes the answers anew that are kept of a certificate.
 * baton: npie_runtime_t. */
apr_status_t npie_ocsp_renew(void *baton,
                             const npie_certificate_t *certificate,
                             npie_err_t *err, apr_pool_t *ptemp);

#endif
