/* SPDX-License-Identifier: Apache-2.0
 * A request's session: its cookie, and what Redis holds under it.
 */
#ifndef NPIE_HTTPD_SESSION_H
#define NPIE_HTTPD_SESSION_H

#include "httpd/runtime.h"

/** The cookie: host-bound, so that no other host or path can set it. */
#define NPIE_COOKIE "__Host-npie"

/** A live session and the name it is stored under. */
typedef struct npie_holder_t {
    const char *key; /**< SHA-256 of the pages' address and the cookie's
                          value, 64 hex digits; of the certificate when tls */
    npie_session_t *session;
    int tls; /**< 1: found by the client certificate, not by a cookie */
} npie_holder_t;

/** Another way to a request's session than its cookie.
 * @return APR_SUCCESS; APR_NOTFOUND: none; other failures with err */
typedef apr_status_t npie_holder_fn(npie_holder_t **pholder, request_rec *r,
                                    npie_err_t *err);

/**
 * The session of a request, read from Redis once for the request and all its
 * sub-requests and redirects: the first call decides for all of them.
 * @param other asked when there is no live one under the cookie; may be NULL
 * @return APR_SUCCESS; APR_NOTFOUND: none; NPIE_EBACKEND (SESSIONS_DOWN); as
 *         other
 */
apr_status_t npie_holder_find(npie_holder_t **pholder, request_rec *r,
                              npie_holder_fn *other, npie_err_t *err);

/** The same without another way: what was found for the request already. */
apr_status_t npie_holder_get(npie_holder_t **pholder, request_rec *r,
                             npie_err_t *err);

/** The same of what was looked up or opened already: asks nothing.
 * @return NULL: there is none, or nobody looked */
const npie_holder_t *npie_holder_known(const request_rec *r);

/** The request that the client sent, of a sub-request or an internal
 * redirect. */
request_rec *npie_holder_request(request_rec *r);

/**
 * Opens a session under a new identifier and sets the cookie in the answer.
 * npie_holder_get() finds it from now on; session lives as long as the
 * request.
 * @param session created and expires are filled in here, and csrf unless the
 *        forms of a session before it are to go on working
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_holder_open(request_rec *r, npie_session_t *session,
                              npie_err_t *err);

/**
 * Writes a new session under a key.
 * @param session created and expires are filled in here, and csrf unless the
 *        caller did
 * @param life seconds until its absolute end
 * @return APR_SUCCESS; NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_holder_store(request_rec *r, const char *key,
                               npie_session_t *session, int life,
                               npie_err_t *err);

/** Ends a request's session, if it has one, and takes the cookie back.
 * @return APR_SUCCESS; NPIE_EBACKEND */
apr_status_t npie_holder_end(request_rec *r, npie_err_t *err);

/** Takes the session's cookie out of the request, so that an application
 * behind a proxy does not see it; other cookies stay. It is still found by the
 * functions above. */
void npie_holder_hide(request_rec *r);

#endif
