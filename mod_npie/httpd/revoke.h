/* SPDX-License-Identifier: Apache-2.0
 * Revoking one's own certificate, on revocar.html.
 */
#ifndef NPIE_HTTPD_REVOKE_H
#define NPIE_HTTPD_REVOKE_H

#include "flow/publish.h"
#include "httpd/posts.h"

/** POST revocar.html: fields cual (este, nuevo), motivo (robada, perdida),
 * confirmo (si). */
int npie_post_revoke(npie_post_t *post);

/**
 * Ends the sessions of certificates that have ended.
 * @param ended of npie_certificate_t *
 * @param except a session's key to spare, or NULL
 * @return APR_SUCCESS; NPIE_EBACKEND: some may go on
 */
apr_status_t npie_revoke_sessions(npie_sessions_t *sessions,
                                  const apr_array_header_t *ended,
                                  const char *except, npie_err_t *err,
                                  apr_pool_t *ptemp);

/** What npie_flow_publish() is given here. */
typedef struct npie_revoke_work_t {
    const npie_runtime_t *runtime;
    apr_pool_t *p; /**< scratch */
} npie_revoke_work_t;

/** For npie_flow_publish(): ends the sessions of a revoked certificate.
 * baton: npie_revoke_work_t. */
apr_status_t npie_revoke_end_sessions(void *baton,
                                      const npie_certificate_t *certificate,
                                      npie_err_t *err);

#endif
