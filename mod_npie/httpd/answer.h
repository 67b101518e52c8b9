/* SPDX-License-Identifier: Apache-2.0
 * Answers: redirects, problems as pages or as JSON, and the headers that all
 * of the module's answers carry.
 */
#ifndef NPIE_HTTPD_ANSWER_H
#define NPIE_HTTPD_ANSWER_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/status.h"
#include "httpd/page.h"

/** The HTTP status for one of ours: EINPUT 422, ESIGNATURE 422, EPOLICY 403,
 * ECONFLICT 409, EBACKEND and EPROTO 503, NOTFOUND 404, else 500. */
int npie_answer_status(apr_status_t rv);

/** The same for a failure with its problem: TOO_MANY is 429. */
int npie_answer_problem_status(const npie_err_t *err);

/** Does the client want JSON rather than a page? By Accept; 1 = yes. */
int npie_answer_wants_json(const request_rec *r);

/** Sets the headers against caching, framing, sniffing and leaking that every
 * answer of the module carries, errors included. */
void npie_answer_headers(request_rec *r);

/** Says in Content-Language which language an answer is in.
 * @param tag lives as long as the request */
void npie_answer_language(request_rec *r, const char *tag);

/** Logs a failure once, with the level its kind deserves: a user's mistake at
 * info, a refusal at warning, a fault at error. It ends with whom it is about,
 * npie_subject_text(). */
void npie_answer_log(const request_rec *r, const npie_err_t *err);

/**
 * Answers 303 to a page.
 * @param query what follows "?", or NULL
 * @return the status for httpd
 */
int npie_answer_lead(request_rec *r, npie_page_id_t page, const char *query);

/** The same to an address of ours, absolute. */
int npie_answer_redirect(request_rec *r, const char *address);

/**
 * Logs and answers a problem with a status of its own: error.html for people,
 * JSON (RFC 9457) for programs. 429 and 503 say when to come again, in the
 * Retry-After set before this or of their own.
 * @return the status for httpd
 */
int npie_answer_problem(request_rec *r, int status, const npie_err_t *err);

/** The same with further members of the JSON.
 * @param members an object, given up here; may be NULL */
int npie_answer_problem_with(request_rec *r, int status,
                             const npie_err_t *err, json_t *members);

/** A problem as JSON, in the language of the request. @return a new object */
json_t *npie_answer_problem_json(const request_rec *r, int status,
                                 npie_problem_t problem);

/** As npie_answer_problem() with the status by npie_answer_problem_status(). */
int npie_answer_error(request_rec *r, const npie_err_t *err);

/** Answers 401 to a program without a session. */
int npie_answer_no_session(request_rec *r);

/** Sends JSON with a status and frees it. @return OK */
int npie_answer_json(request_rec *r, int status, json_t *json);

/** Sends bytes as a file.
 * @param filename for saving; NULL: shown in place
 * @return OK */
int npie_answer_file(request_rec *r, const char *type, const char *filename,
                     npie_bytes_t bytes);

/** Will mod_include read what is sent? Asked of a handler, when all filters are
 * in. 1 = yes. */
int npie_answer_is_included(const request_rec *r);

/** Logs a problem and answers it in plain text, where no page can be sent.
 * @return OK */
int npie_answer_plain(request_rec *r, const npie_err_t *err);

/** Is a handler's request one to be answered: on a server with NPIEBaseURL,
 * and a GET or HEAD? @return OK, or the status for httpd */
int npie_answer_may_read(request_rec *r);

/** Makes error.html the page for every error status of this request. */
void npie_answer_error_pages(request_rec *r);

/** The problem an error page is about: noted by npie_answer_problem(), or by
 * the status httpd itself chose, which is logged here. */
npie_problem_t npie_answer_noted(const request_rec *r);

#endif
