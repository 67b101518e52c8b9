/* SPDX-License-Identifier: Apache-2.0
 * The OCSP responder (RFC 6960, RFC 5019 for GET).
 */
#ifndef NPIE_HTTPD_OCSP_H
#define NPIE_HTTPD_OCSP_H

#include "httpd/revoke.h"

/** Handler of npie-ocsp: POST, and GET with the request in the path. */
int npie_ocsp_handler(request_rec *r);

/** For npie_flow_publish(): the answers that are kept of a certificate are
 * made anew. baton: npie_revoke_work_t. */
apr_status_t npie_ocsp_refresh(void *baton,
                               const npie_certificate_t *certificate,
                               npie_err_t *err);

#endif
