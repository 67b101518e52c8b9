/* SPDX-License-Identifier: Apache-2.0
 * Answers of the module.
 */
#include "httpd/answer.h"

#include <apr_strings.h>

#include "httpd/accept.h"
#include "httpd/json_body.h"
#include "httpd/notice.h"
#include "httpd/runtime.h"
#include "httpd/sentences.h"
#include "httpd/subject.h"

#define RETRY_SECONDS "30"
#define TOO_MANY_SECONDS "60"
#define HTML "text/html"
#define JSON "application/json"
#define PROBLEM_JSON "application/problem+json"
#define NOTE "npie-problem"

int npie_answer_status(apr_status_t rv)
{
    if (rv == APR_NOTFOUND) {
        return HTTP_NOT_FOUND;
    }
    switch (rv) {
    case NPIE_EINPUT:
    case NPIE_ESIGNATURE:
        return HTTP_UNPROCESSABLE_ENTITY;
    case NPIE_EPOLICY:
        return HTTP_FORBIDDEN;
    case NPIE_ECONFLICT:
        return HTTP_CONFLICT;
    case NPIE_EBACKEND:
    case NPIE_EPROTO:
        return HTTP_SERVICE_UNAVAILABLE;
    default:
        return HTTP_INTERNAL_SERVER_ERROR;
    }
}

int npie_answer_problem_status(const npie_err_t *err)
{
    return err->problem == NPIE_P_TOO_MANY || err->problem == NPIE_P_DAY_LIMIT
            || err->problem == NPIE_P_MAIL_ADDRESS
        ? HTTP_TOO_MANY_REQUESTS : npie_answer_status(err->status);
}

int npie_answer_wants_json(const request_rec *r)
{
    /* A program that sends JSON and says nothing of what it takes. */
    const int sends = npie_json_body_is(
        apr_table_get(r->headers_in, "Content-Type"));

    return npie_accept_prefers(r, JSON, HTML)
        || npie_accept_prefers(r, PROBLEM_JSON, HTML)
        || (sends && !npie_accept_prefers(r, HTML, JSON));
}

void npie_answer_headers(request_rec *r)
{
    static const char *const headers[][2] = {
        { "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self'; connect-src 'self'; worker-src 'self'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
          "require-trusted-types-for 'script'; trusted-types npie" },
        { "Cache-Control", "no-store" },
        { "Referrer-Policy", "same-origin" },
        { "X-Content-Type-Options", "nosniff" },
        { "X-Frame-Options", "DENY" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Cross-Origin-Resource-Policy", "same-origin" },
        { "Permissions-Policy",
          "camera=(), geolocation=(), microphone=(), payment=()" },
        { "Strict-Transport-Security", "max-age=31536000" },
    };

    /* A page's size would tell of its token, once it is compressed together
     * with what somebody else put into the request: mod_deflate and mod_brotli
     * leave it, whatever the configuration around has. */
    apr_table_setn(r->subprocess_env, "no-gzip", "1");
    apr_table_setn(r->subprocess_env, "no-brotli", "1");
    for (apr_size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); ++i) {
        apr_table_setn(r->err_headers_out, headers[i][0], headers[i][1]);
        apr_table_unset(r->headers_out, headers[i][0]);
    }
    apr_table_setn(r->err_headers_out, "Vary",
                   "Accept, Accept-Language, Cookie");
}

void npie_answer_language(request_rec *r, const char *tag)
{
    r->content_languages = apr_array_make(r->pool, 1, sizeof(const char *));
    APR_ARRAY_PUSH(r->content_languages, const char *) = tag;
}

static int log_level(int status)
{
    switch (status) {
    case HTTP_SERVICE_UNAVAILABLE:
    case HTTP_INTERNAL_SERVER_ERROR:
        return APLOG_ERR;
    case HTTP_FORBIDDEN:
        return APLOG_WARNING;
    default:
        return APLOG_INFO;
    }
}

void npie_answer_log(const request_rec *r, const npie_err_t *err)
{
    const npie_problem_info_t *info = npie_problem_find((int)err->problem);
    const int level = log_level(npie_answer_status(err->status));
    char reason[120] = "";

    if (err->problem == NPIE_P_MAIL_ADDRESS) {
        npie_count(NPIE_COUNT_LIMITED);
    }
    if (level == APLOG_ERR) {
        npie_strerror(err->status, reason, sizeof(reason));
    }
    ap_log_rerror(APLOG_MARK, level, 0, r, NPIE_TAG "%s%s%s%s%s%s [%s]",
                  (int)err->problem,
                  info != NULL ? info->log : "no number for this",
                  *err->detail != '\0' ? ": " : "", err->detail,
                  *reason != '\0' ? " (" : "", reason,
                  *reason != '\0' ? ")" : "", npie_subject_text(r));
}

int npie_answer_redirect(request_rec *r, const char *address)
{
    npie_answer_headers(r);
    apr_table_setn(r->err_headers_out, "Location", address);
    return HTTP_SEE_OTHER;
}

int npie_answer_lead(request_rec *r, npie_page_id_t page, const char *query)
{
    return npie_answer_redirect(r,
        apr_pstrcat(r->pool, npie_conf_server(r->server)->base.path,
                    npie_page_name(page), query != NULL ? "?" : "", query,
                    NULL));
}

json_t *npie_answer_problem_json(const request_rec *r, int status,
                                 npie_problem_t problem)
{
    const npie_problem_info_t *info = npie_problem_find((int)problem);

    if (info == NULL) {
        info = npie_problem_find(NPIE_P_INTERNAL);
    }
    return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s}",
                     "type", "about:blank", "status", status,
                     "number", (int)info->number, "slug", info->slug,
                     "title", npie_sentences_say(r, info->cause),
                     "detail", npie_sentences_say(r, info->remedy),
                     "reference", npie_subject_reference(r));
}

/* When to come again, unless who refused knows better. */
static void set_retry(request_rec *r, int status)
{
    const char *seconds = status == HTTP_SERVICE_UNAVAILABLE ? RETRY_SECONDS
        : status == HTTP_TOO_MANY_REQUESTS ? TOO_MANY_SECONDS : NULL;

    if (seconds != NULL
        && apr_table_get(r->err_headers_out, "Retry-After") == NULL) {
        apr_table_setn(r->err_headers_out, "Retry-After", seconds);
    }
}

int npie_answer_problem_with(request_rec *r, int status,
                             const npie_err_t *err, json_t *members)
{
    json_t *json;

    npie_answer_log(r, err);
    npie_answer_headers(r);
    if (status == HTTP_SERVICE_UNAVAILABLE) {
        npie_count(NPIE_COUNT_FAULTS);
    }
    set_retry(r, status);
    if (npie_answer_wants_json(r)) {
        json = npie_answer_problem_json(r, status, err->problem);
        json_object_update(json, members);
        json_decref(members);
        npie_answer_json(r, status, json);
        return DONE;
    }
    json_decref(members);
    apr_table_setn(r->notes, NOTE,
                   apr_itoa(r->pool, (int)err->problem));
    npie_answer_error_pages(r);
    return status;
}

int npie_answer_problem(request_rec *r, int status, const npie_err_t *err)
{
    return npie_answer_problem_with(r, status, err, NULL);
}

int npie_answer_error(request_rec *r, const npie_err_t *err)
{
    return npie_answer_problem(r, npie_answer_problem_status(err), err);
}

int npie_answer_no_session(request_rec *r)
{
    npie_err_t err;

    apr_table_setn(r->err_headers_out, "WWW-Authenticate", "NPIE");
    npie_err_set(&err, NPIE_EINPUT, NPIE_P_SESSION, "no live session");
    return npie_answer_problem(r, HTTP_UNAUTHORIZED, &err);
}

/* mod_filter has it under a name of its own, BYTYPE:INCLUDES. */
static int is_include(const ap_filter_t *filter)
{
    static const char name[] = "INCLUDES";
    apr_size_t len = strlen(filter->frec->name), n = sizeof(name) - 1;

    return len >= n && ap_cstr_casecmp(filter->frec->name + len - n, name) == 0;
}

int npie_answer_is_included(const request_rec *r)
{
    const ap_filter_t *filter = r->output_filters;

    while (filter != NULL && !is_include(filter)) {
        filter = filter->next;
    }
    return filter != NULL
        && (ap_allow_options((request_rec *)r) & OPT_INCLUDES) != 0;
}

int npie_answer_plain(request_rec *r, const npie_err_t *err)
{
    const npie_problem_info_t *info = npie_problem_find((int)err->problem);

    npie_answer_log(r, err);
    npie_answer_headers(r);
    r->status = npie_answer_problem_status(err);
    ap_set_content_type(r, "text/plain; charset=utf-8");
    ap_rprintf(r, "Error %d. %s %s\n", (int)info->number,
               npie_sentences_say(r, info->cause),
               npie_sentences_say(r, info->remedy));
    return OK;
}

/* Pages are read by mod_include, and JSON has their addresses: what somebody
 * wrote into it must not be taken for a directive. */
static void pass_by_include(request_rec *r)
{
    ap_filter_t *next;

    for (ap_filter_t *filter = r->output_filters; filter != NULL;
         filter = next) {
        next = filter->next;
        if (is_include(filter)) {
            ap_remove_output_filter(filter);
        }
    }
}

int npie_answer_json(request_rec *r, int status, json_t *json)
{
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT) : NULL;
    const npie_sentences_t *sentences = npie_sentences_for(r);

    json_decref(json);
    if (text == NULL) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    npie_answer_headers(r);
    npie_answer_language(r, sentences != NULL ? sentences->language
                                              : NPIE_SENTENCES_LANGUAGE);
    pass_by_include(r);
    r->status = status;
    ap_set_content_type(r, status >= 400 ? PROBLEM_JSON : JSON);
    ap_set_content_length(r, (apr_off_t)strlen(text));
    ap_rputs(text, r);
    free(text);
    ap_finalize_request_protocol(r);
    return OK;
}

int npie_answer_file(request_rec *r, const char *type, const char *filename,
                     npie_bytes_t bytes)
{
    npie_answer_headers(r);
    ap_set_content_type(r, type);
    ap_set_content_length(r, (apr_off_t)bytes.len);
    if (filename != NULL) {
        apr_table_setn(r->headers_out, "Content-Disposition",
                       apr_psprintf(r->pool, "inline; filename=\"%s\"",
                                    filename));
    }
    if (!r->header_only) {
        ap_rwrite(bytes.data, (int)bytes.len, r);
    }
    return OK;
}

int npie_answer_may_read(request_rec *r)
{
    if (npie_runtime_get(r->server) == NULL) {
        return HTTP_NOT_FOUND;
    }
    r->allowed |= AP_METHOD_BIT << M_GET;
    return r->method_number == M_GET ? OK : HTTP_METHOD_NOT_ALLOWED;
}

void npie_answer_error_pages(request_rec *r)
{
    static const int statuses[] = {
        HTTP_BAD_REQUEST, HTTP_UNAUTHORIZED, HTTP_FORBIDDEN, HTTP_NOT_FOUND,
        HTTP_METHOD_NOT_ALLOWED, HTTP_CONFLICT, HTTP_REQUEST_ENTITY_TOO_LARGE,
        HTTP_UNSUPPORTED_MEDIA_TYPE, HTTP_UNPROCESSABLE_ENTITY,
        HTTP_TOO_MANY_REQUESTS, HTTP_INTERNAL_SERVER_ERROR,
        HTTP_SERVICE_UNAVAILABLE,
    };
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *page = apr_pstrcat(r->pool, runtime->conf->base.path,
                                   npie_page_name(NPIE_PAGE_ERROR), NULL);

    for (apr_size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); ++i) {
        ap_custom_response(r, statuses[i], page);
    }
}

/* The problem for a status that httpd itself chose. */
static npie_problem_t by_status(int status)
{
    switch (status) {
    case HTTP_NOT_FOUND:
        return NPIE_P_NOT_FOUND;
    case HTTP_REQUEST_ENTITY_TOO_LARGE:
        return NPIE_P_TOO_LARGE;
    case HTTP_TOO_MANY_REQUESTS:
        return NPIE_P_TOO_MANY;
    case HTTP_INTERNAL_SERVER_ERROR:
    case HTTP_SERVICE_UNAVAILABLE:
        return NPIE_P_INTERNAL;
    default:
        return NPIE_P_REQUEST;
    }
}

npie_problem_t npie_answer_noted(const request_rec *r)
{
    const char *note = apr_table_get(r->notes, NOTE);
    npie_err_t err;

    while (note == NULL && r->prev != NULL) {
        r = r->prev;
        note = apr_table_get(r->notes, NOTE);
    }
    if (note != NULL) {
        return (npie_problem_t)atoi(note);
    }
    /* Nobody has logged that one by its number. */
    npie_err_set(&err, NPIE_EINPUT, by_status(r->status), "status %d",
                 r->status);
    npie_answer_log(r, &err);
    return err.problem;
}
