/* SPDX-License-Identifier: Apache-2.0
 * The handler: from address and method to an action or a file, with the checks
 * that all of them share.
 */
#include "httpd/actions.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/additional.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "httpd/files.h"
#include "httpd/gate.h"
#include "httpd/json.h"
#include "httpd/login.h"
#include "httpd/mail.h"
#include "httpd/pages.h"
#include "httpd/posts.h"
#include "httpd/revoke.h"
#include "httpd/verify.h"
#include "httpd/where.h"

/* A form that is posted by somebody with a session. */
static const struct {
    const char *name;
    apr_size_t limit; /* of the body, bytes */
    int (*act)(npie_post_t *post);
} posts[] = {
    { "datos.html", NPIE_BODY_FORM_MAX, npie_post_data },
    { "llave.html", NPIE_BODY_FORM_MAX, npie_post_key },
    { "carta.html", NPIE_BODY_FILE_MAX, npie_post_letter },
    { "correo.html", NPIE_BODY_FORM_MAX, npie_post_mail },
    { "certificado.html", NPIE_BODY_FORM_MAX, npie_post_issue },
    { "terminos.html", NPIE_BODY_FILE_MAX, npie_post_terms },
    { "revocar.html", NPIE_BODY_FORM_MAX, npie_post_revoke },
    { NPIE_ADDITIONAL_LIST, NPIE_BODY_FORM_MAX, npie_post_additional },
    { NPIE_ADDITIONAL_SIGN, NPIE_BODY_FILE_MAX, npie_post_additional_sign },
    { NPIE_ADDITIONAL_HERE, NPIE_BODY_FORM_MAX, npie_post_additional_here },
    { "cancelar", NPIE_BODY_FORM_MAX, npie_post_cancel },
    { "rehacer", NPIE_BODY_FORM_MAX, npie_post_rekey },
    { "salir", NPIE_BODY_FORM_MAX, npie_post_logout },
};

/* A form that brings its own proof, or needs none. */
static const struct {
    const char *name;
    apr_size_t limit; /* of the body, bytes */
    int (*act)(request_rec *r, const npie_form_t *form);
    int by_mail; /* 1: only where mails with links are sent */
} open_posts[] = {
    { "acceso.html", NPIE_BODY_FORM_MAX, npie_login_post, 0 },
    { NPIE_LINK_PAGE, NPIE_BODY_FORM_MAX, npie_mail_use_link, 1 },
    { NPIE_VERIFY_PAGE, NPIE_BODY_FILE_MAX, npie_verify_post, 0 },
    { NPIE_ADDITION_PAGE, NPIE_BODY_FORM_MAX, npie_additional_use_link, 1 },
};

/* A file for somebody with a session. */
static const struct {
    const char *name;
    int (*send)(request_rec *r, npie_flow_t *flow, const npie_place_t *place);
} files[] = {
    { NPIE_LETTER1_FILE, npie_file_letter1 },
    { NPIE_LETTER2_FILE, npie_file_letter2 },
    { "certificado.cer", npie_file_certificate },
    { "certificado.pem", npie_file_certificate_pem },
    { "certificado.json", npie_file_certificate_json },
    { "vencimiento.ics", npie_file_calendar },
    { NPIE_LETTER3_BEGIN, npie_additional_file },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define LOGIN "acceso.html"
#define CHALLENGE "reto"

static int find_post(const char *name)
{
    for (apr_size_t i = 0; i < COUNT(posts); ++i) {
        if (strcmp(posts[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int find_open_post(const char *name)
{
    for (apr_size_t i = 0; i < COUNT(open_posts); ++i) {
        if (strcmp(open_posts[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The letters of additional certificates have a number in their names. */
static int find_file(const request_rec *r, const char *name)
{
    if (npie_additional_letter(name, r->pool) != 0) {
        name = NPIE_LETTER3_BEGIN;
    }
    for (apr_size_t i = 0; i < COUNT(files); ++i) {
        if (strcmp(files[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int npie_actions_known(const request_rec *r, const char *name)
{
    if (find_file(r, name) >= 0 || strcmp(name, CHALLENGE) == 0) {
        return 1;
    }
    if (npie_where_page(name) != NULL && r->method_number != M_POST) {
        return 0;
    }
    return find_open_post(name) >= 0 || find_post(name) >= 0;
}

/* Did a page of ours send this? A browser says so in one of these headers; a
 * program without either has no cookies that somebody else could borrow. */
static int same_origin(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *origin = apr_table_get(r->headers_in, "Origin");
    const char *site = apr_table_get(r->headers_in, "Sec-Fetch-Site");

    if (origin != NULL) {
        return ap_cstr_casecmpn(origin, "https://", 8) == 0
            && ap_cstr_casecmp(origin + 8, runtime->conf->base.host) == 0;
    }
    return site == NULL || strcmp(site, "same-origin") == 0
        || strcmp(site, "none") == 0;
}

static int refuse(request_rec *r, int status, npie_problem_t problem,
                  const char *detail)
{
    npie_err_t err;

    npie_err_set(&err, NPIE_EPOLICY, problem, "%s", detail);
    return npie_answer_problem(r, status, &err);
}

static int read_form(const npie_form_t **form, request_rec *r,
                     apr_size_t limit)
{
    npie_form_t *parsed;
    npie_err_t err;

    if (npie_body_form(&parsed, r, limit, &err) != APR_SUCCESS) {
        return npie_answer_problem_with(r,
            err.problem == NPIE_P_TOO_LARGE ? HTTP_REQUEST_ENTITY_TOO_LARGE
            : err.problem == NPIE_P_MEDIA_TYPE ? HTTP_UNSUPPORTED_MEDIA_TYPE
            : HTTP_BAD_REQUEST, &err, json_pack("{s:s}", "reason", err.detail));
    }
    *form = parsed;
    return OK;
}

/* The session of an action; without one a person is sent to log in, and the
 * renewal goes on from there. */
static int need_session(npie_holder_t **holder, request_rec *r)
{
    npie_err_t err;
    apr_status_t rv = npie_holder_get(holder, r, &err);

    if (rv == APR_SUCCESS) {
        return OK;
    }
    if (rv != APR_NOTFOUND) {
        return npie_answer_error(r, &err);
    }
    if (npie_answer_wants_json(r)) {
        return npie_answer_no_session(r);
    }
    return npie_answer_redirect(r, apr_psprintf(r->pool,
                                                LOGIN "?problema=%d",
                                                (int)NPIE_P_SESSION));
}

/* A header of this name cannot be sent by a page of another site. */
static int token_matches(const request_rec *r, const npie_session_t *session,
                         const npie_form_t *form)
{
    const char *header = npie_gate_token(r);
    const char *token = header != NULL ? header
                                       : npie_form_text(form, "csrf");
    apr_size_t len = strlen(session->csrf);

    return len > 0 && strlen(token) == len
        && npie_text_equal_secret(token, session->csrf, len);
}

static int run_post(request_rec *r, int index)
{
    npie_post_t post = { .r = r };
    npie_err_t err;
    int status = need_session(&post.holder, r);

    if (status == OK) {
        status = read_form(&post.form, r, posts[index].limit);
    }
    if (status != OK) {
        return status;
    }
    if (!token_matches(r, post.holder->session, post.form)) {
        return refuse(r, HTTP_FORBIDDEN, NPIE_P_CSRF, "csrf token");
    }
    if (posts[index].act == npie_post_logout) {
        return npie_post_logout(&post);
    }
    if (post.holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_answer_wants_json(r) ? npie_json_refused(r, post.holder)
                                         : npie_answer_redirect(r, "");
    }
    if (npie_runtime_flow(&post.flow, r, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    post.who = npie_pages_who(post.holder->session);
    post.who.session = post.holder->key;
    return posts[index].act(&post);
}

static int run_open_post(request_rec *r, int index)
{
    const npie_form_t *form = NULL;
    int status;

    if (open_posts[index].by_mail && !npie_mail_is_on(r)) {
        npie_answer_headers(r);
        return HTTP_NOT_FOUND;
    }
    status = read_form(&form, r, open_posts[index].limit);
    return status == OK ? open_posts[index].act(r, form) : status;
}

static int send_file(request_rec *r, int index)
{
    npie_holder_t *holder;
    npie_flow_t *flow;
    npie_place_t place;
    npie_err_t err;
    int status = need_session(&holder, r);

    if (status != OK) {
        return status;
    }
    if (holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_answer_redirect(r, "");
    }
    status = npie_pages_place(&flow, &place, r, holder);
    if (status != OK) {
        return status;
    }
    if (place.verdict == NPIE_VERDICT_REFUSED) {
        return npie_pages_go_home(r, holder, flow, &place);
    }
    if (npie_flow_place_past(&place, flow, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    return files[index].send(r, flow, &place);
}

static int method_not_allowed(request_rec *r, int method)
{
    r->allowed = AP_METHOD_BIT << method;
    npie_answer_headers(r);
    apr_table_setn(r->err_headers_out, "Allow", method == M_GET ? "GET, HEAD"
                                                                : "POST");
    return HTTP_METHOD_NOT_ALLOWED;
}

int npie_actions_handler(request_rec *r)
{
    const char *name;
    int index;

    if (r->handler == NULL || strcmp(r->handler, "npie") != 0
        || !npie_conf_engine(r)) {
        return DECLINED;
    }
    name = npie_pages_name(r);
    if (name == NULL) {
        return HTTP_NOT_FOUND;
    }
    index = find_file(r, name);
    if (index >= 0 || strcmp(name, CHALLENGE) == 0) {
        if (r->method_number != M_GET) {
            return method_not_allowed(r, M_GET);
        }
        return index >= 0 ? send_file(r, index) : npie_login_challenge(r);
    }
    if (r->method_number == M_GET && npie_where_page(*name == '\0'
                                                     ? "aviso.html" : name)) {
        return npie_pages_json(r);
    }
    if (r->method_number != M_POST) {
        return method_not_allowed(r, M_POST);
    }
    if (!same_origin(r)) {
        return refuse(r, HTTP_FORBIDDEN, NPIE_P_ORIGIN,
                      "sent by a page of another site");
    }
    index = find_post(name);
    return index >= 0 ? run_post(r, index)
                      : run_open_post(r, find_open_post(name));
}
