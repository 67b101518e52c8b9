/* SPDX-License-Identifier: Apache-2.0
 * The server as npie-renew sees it: JSON and files over HTTPS, one session.
 */
#ifndef NPIE_RENEW_HTTP_H
#define NPIE_RENEW_HTTP_H

#include <apr_pools.h>
#include <jansson.h>

#include "base/bytes.h"
#include "renew/job.h"
#include "renew/say.h"

/** A connection and a session; cookies are kept in memory alone. Not
 * thread-safe. */
typedef struct npie_http_t npie_http_t;

/**
 * Prepares a connection; nothing is sent yet.
 * @param options url, cacert, timeout; must live as long
 * @param p the connection ends with it
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_http_open(npie_http_t **phttp, const npie_options_t *options,
                            const npie_say_t *say, npie_err_t *err,
                            apr_pool_t *p);

/** Forgets the session, for the next employer; the connection stays. */
void npie_http_forget(npie_http_t *http);

/**
 * Gets a page or a resource as JSON, following redirections on this server.
 * Every text in the answer is clean UTF-8.
 * @param path relative to the pages, or absolute on this server
 * @param pjson set to the answer, which is given back with p
 * @return APR_SUCCESS; NPIE_EINPUT, NPIE_EPOLICY, NPIE_ECONFLICT or
 *         NPIE_EBACKEND with the server's problem, whose words
 *         npie_http_words() then has; NPIE_EBACKEND
 *         (TLS, UNREACHABLE); NPIE_EPROTO (ANSWER)
 */
apr_status_t npie_http_get(json_t **pjson, npie_http_t *http,
                           const char *path, npie_err_t *err, apr_pool_t *p);

/**
 * Does an action. 429 and 503 with Retry-After are waited for, within limits.
 * @param body sent as JSON, given back here; with csrf when that is not NULL
 * @return as npie_http_get()
 */
apr_status_t npie_http_post(json_t **pjson, npie_http_t *http,
                            const char *path, json_t *body, const char *csrf,
                            npie_err_t *err, apr_pool_t *p);

/** Gets a file. @return as npie_http_get() */
apr_status_t npie_http_file(npie_bytes_t *bytes, npie_http_t *http,
                            const char *path, npie_err_t *err, apr_pool_t *p);

/**
 * The server's words for a problem, Spanish, if that is what the last request
 * was answered with; they live until the next one.
 * @param ptitle, premedy set to what happened and what to do; else NULL
 */
void npie_http_words(const char **ptitle, const char **premedy,
                     const npie_http_t *http, npie_problem_t problem);

#endif
