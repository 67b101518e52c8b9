/* SPDX-License-Identifier: Apache-2.0
 * From address and method to what a page's row says, with the checks that all
 * of them share.
 */
#include "httpd/router.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/additional.h"
#include "httpd/answer.h"
#include "httpd/asset.h"
#include "httpd/authority.h"
#include "httpd/body.h"
#include "httpd/draft.h"
#include "httpd/files.h"
#include "httpd/gate.h"
#include "httpd/health.h"
#include "httpd/json.h"
#include "httpd/languages.h"
#include "httpd/login.h"
#include "httpd/mail.h"
#include "httpd/mail_view.h"
#include "httpd/posts.h"
#include "httpd/rate.h"
#include "httpd/revoke.h"
#include "httpd/show.h"
#include "httpd/support.h"
#include "httpd/vars.h"
#include "httpd/verify.h"
#include "httpd/visit.h"

#define HANDLER "npie"

/* What is done for a row. */
static const struct {
    npie_page_fn *show; /* GET; NULL: it is no page */
    npie_page_fn *post; /* POST; NULL: it takes no form */
    apr_size_t limit;   /* of the POST's body, bytes */
} rows[] = {
#define NPIE_PAGE(id, name, step, script, who, home, also, show_, post_, \
                  limit_) \
    [NPIE_PAGE_##id] = { show_, post_, NPIE_BODY_##limit_##_MAX },
#define NPIE_REFUSAL(id, ...) [NPIE_PAGE_##id] = { npie_show_place, NULL, 0 },
#define NPIE_FILE(id, name, who, label, type, send) \
    [NPIE_PAGE_##id] = { send, NULL, 0 },
#define NPIE_ACTION(id, name, who, post_) \
    [NPIE_PAGE_##id] = { NULL, post_, NPIE_BODY_FORM_MAX },
#define NPIE_PART(id, name, show_) [NPIE_PAGE_##id] = { show_, NULL, 0 },
#define NPIE_ERROR NPIE_PART
#include "httpd/page.def"
};

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

static int read_form(npie_visit_t *visit)
{
    npie_form_t *form;
    npie_err_t err;

    if (npie_body_form(&form, visit->r, rows[visit->page->id].limit, &err)
        != APR_SUCCESS) {
        return npie_answer_problem_with(visit->r,
            err.problem == NPIE_P_TOO_LARGE ? HTTP_REQUEST_ENTITY_TOO_LARGE
            : err.problem == NPIE_P_MEDIA_TYPE ? HTTP_UNSUPPORTED_MEDIA_TYPE
            : HTTP_BAD_REQUEST, &err, json_pack("{s:s}", "reason", err.detail));
    }
    visit->form = form;
    return OK;
}

/* The session of a form or file; without one a person is sent to log in, and
 * the renewal goes on from there. */
static int need_session(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_err_t err;
    apr_status_t rv = npie_gate_holder(&visit->holder, r, &err);

    if (rv == APR_SUCCESS) {
        return OK;
    }
    if (rv != APR_NOTFOUND) {
        return npie_answer_error(r, &err);
    }
    return npie_answer_wants_json(r) ? npie_answer_no_session(r)
        : npie_answer_lead(r, NPIE_PAGE_LOGIN,
                           apr_psprintf(r->pool, "problema=%d",
                                        (int)NPIE_P_SESSION));
}

/* A header of this name cannot be sent by a page of another site. */
static int token_matches(const npie_visit_t *visit)
{
    const npie_session_t *session = visit->holder->session;
    const char *header = npie_gate_token(visit->r);
    const char *token = header != NULL ? header
                                       : npie_form_text(visit->form, "csrf");
    apr_size_t len = strlen(session->csrf);

    return len > 0 && strlen(token) == len
        && npie_text_equal_secret(token, session->csrf, len);
}

/* A token of an earlier session, as after a login in another tab: a person gets
 * the page again, with a token that is good and whose session it is. */
static int refuse_token(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_page_t *page = visit->page;
    npie_err_t err;
    int status;

    if (npie_answer_wants_json(r)
        || *npie_form_text(visit->form, "csrf") == '\0'
        || visit->holder->session->access == NPIE_ACCESS_REFUSED) {
        return refuse(r, HTTP_FORBIDDEN, NPIE_P_CSRF, "csrf token");
    }
    status = npie_visit_read(visit);
    if (status != OK) {
        return status;
    }
    if (page->kind != NPIE_KIND_PAGE
        || !npie_page_allowed(page, &visit->place)) {
        page = npie_page_home(&visit->place);
    }
    npie_err_set(&err, NPIE_EPOLICY, NPIE_P_CSRF, "csrf token");
    if (page == NULL
        || npie_draft_save(r, visit->holder, page->id,
                           npie_draft_new(err.problem, NULL), NULL)
           != APR_SUCCESS) {
        return npie_answer_problem(r, HTTP_FORBIDDEN, &err);
    }
    npie_answer_log(r, &err);
    return npie_answer_lead(r, page->id, page == visit->page ? r->args : NULL);
}

/* A form of somebody with a session. */
static int post_in_session(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_err_t err;
    int status = need_session(visit);

    if (status == OK) {
        status = read_form(visit);
    }
    if (status != OK) {
        return status;
    }
    if (!token_matches(visit)) {
        return refuse_token(visit);
    }
    if (visit->page->who == NPIE_WHO_LOGGED_IN) {
        return rows[visit->page->id].post(visit);
    }
    if (visit->holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_answer_wants_json(r)
            ? npie_json_refused(r, visit->holder)
            : npie_answer_lead(r, NPIE_PAGE_HOME, NULL);
    }
    if (npie_runtime_flow(&visit->flow, r, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    visit->who = npie_visit_who(visit->holder->session);
    visit->who.session = visit->holder->key;
    if (npie_rate_today(visit, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    return rows[visit->page->id].post(visit);
}

/* Is there no such page on this server? Links come in mails alone. */
static int is_missing(const npie_visit_t *visit)
{
    return visit->page->who == NPIE_WHO_LINK && !npie_mail_is_on(visit->r);
}

static int take_form(npie_visit_t *visit)
{
    npie_holder_t *holder;
    int status;

    if (!same_origin(visit->r)) {
        return refuse(visit->r, HTTP_FORBIDDEN, NPIE_P_ORIGIN,
                      "sent by a page of another site");
    }
    if (visit->page->who >= NPIE_WHO_SESSION) {
        return post_in_session(visit);
    }
    if (is_missing(visit)) {
        npie_answer_headers(visit->r);
        return HTTP_NOT_FOUND;
    }
    status = read_form(visit);
    if (status != OK) {
        return status;
    }
    npie_gate_holder(&holder, visit->r, NULL);
    return rows[visit->page->id].post(visit);
}

static int post_form(npie_visit_t *visit)
{
    const apr_interval_time_t began = npie_ticks();
    const int status = take_form(visit);

    npie_timed((npie_timer_t)(NPIE_TIME_PAGE + (int)visit->page->id),
               npie_ticks() - began);
    return status;
}

static int send_file(npie_visit_t *visit)
{
    npie_err_t err;
    int status;

    if (visit->page->who == NPIE_WHO_PUBLIC) {
        return rows[visit->page->id].show(visit);
    }
    status = need_session(visit);
    if (status != OK) {
        return status;
    }
    if (visit->holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_answer_lead(visit->r, NPIE_PAGE_HOME, NULL);
    }
    status = npie_visit_read(visit);
    if (status != OK) {
        return status;
    }
    if (visit->place.verdict == NPIE_VERDICT_REFUSED) {
        return npie_visit_home(visit);
    }
    if (npie_flow_place_past(&visit->place, visit->flow, &err)
        != APR_SUCCESS) {
        return npie_answer_error(visit->r, &err);
    }
    return rows[visit->page->id].show(visit);
}

/* Without a session. Who asked for a page, as a mail has it, is not to end up
 * in the application. */
static int lead_to_login(const npie_visit_t *visit)
{
    request_rec *r = visit->r;

    if (npie_answer_wants_json(r)) {
        return npie_answer_no_session(r);
    }
    if (visit->page->id == NPIE_PAGE_HOME) {
        return npie_answer_lead(r, NPIE_PAGE_START, NULL);
    }
    return npie_answer_lead(r, NPIE_PAGE_LOGIN,
        apr_pstrcat(r->pool, "volver=",
                      ap_escape_urlencoded(r->pool, apr_pstrcat(r->pool,
                          r->uri, r->args != NULL ? "?" : "", r->args, NULL)),
                      NULL));
}

static int show_in_session(npie_visit_t *visit)
{
    int status;

    if (visit->holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_show_refused(visit);
    }
    status = npie_visit_read(visit);
    if (status != OK) {
        return status;
    }
    return npie_page_allowed(visit->page, &visit->place)
        ? rows[visit->page->id].show(visit) : npie_visit_home(visit);
}

static int show_page(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_err_t err;
    apr_status_t rv = npie_gate_holder(&visit->holder, r, &err);

    npie_answer_headers(r);
    npie_vars_common(r, visit->page);
    npie_languages_vars(r, visit->page);
    npie_support_vars(r, "");
    if (rv == APR_SUCCESS) {
        npie_vars_session(r, visit->holder->session);
    }
    if (visit->page->kind == NPIE_KIND_ERROR) {
        return rows[visit->page->id].show(visit);
    }
    npie_answer_error_pages(r);
    if (is_missing(visit)) {
        return HTTP_NOT_FOUND;
    }
    if (visit->page->who == NPIE_WHO_LINK) {
        /* The page's own address is the secret; no-referrer would take the
         * Origin from its form too. */
        apr_table_setn(r->err_headers_out, "Referrer-Policy", "strict-origin");
    }
    if (visit->page->who < NPIE_WHO_SESSION) {
        return rows[visit->page->id].show(visit);
    }
    if (rv != APR_SUCCESS) {
        return rv == APR_NOTFOUND ? lead_to_login(visit)
                                  : npie_answer_error(r, &err);
    }
    return show_in_session(visit);
}

/* Does the module answer, rather than the file be rendered? */
static int is_for_handler(const npie_visit_t *visit)
{
    if (visit->page->kind == NPIE_KIND_FILE
        || visit->page->kind == NPIE_KIND_ACTION) {
        return 1;
    }
    return visit->r->method_number == M_POST
        ? rows[visit->page->id].post != NULL
        : visit->r->method_number == M_GET && npie_answer_wants_json(visit->r);
}

static int is_kind(const npie_visit_t *visit, npie_page_kind_t kind)
{
    return visit->page != NULL && visit->page->kind == kind;
}

/* Is it something that clients may ask for? */
static int is_asked_for(const npie_visit_t *visit)
{
    return visit->page != NULL && visit->page->kind < NPIE_KIND_PART;
}

/* The page, in the request's language, for mod_include. */
static int show_file(npie_visit_t *visit, const char *name)
{
    const int status = show_page(visit);

    if (status == OK) {
        npie_languages_file(visit->r, name);
    }
    return status;
}

int npie_router_fixups(request_rec *r)
{
    npie_visit_t visit = { .r = r };
    const char *name = npie_conf_engine(r) && !npie_authority_serves(r)
        ? npie_runtime_name(r) : NULL;

    if (name == NULL) {
        return DECLINED;
    }
    visit.page = npie_page_find(&visit.number, name, r->pool);
    if (r->main != NULL) {
        npie_languages_file(r, name);
        return is_kind(&visit, NPIE_KIND_PART)
            ? rows[visit.page->id].show(&visit) : DECLINED;
    }
    if (is_kind(&visit, NPIE_KIND_ERROR) && r->prev != NULL) {
        return show_file(&visit, name);
    }
    if (is_asked_for(&visit) && is_for_handler(&visit)) {
        npie_answer_error_pages(r);
        r->handler = HANDLER;
        return OK;
    }
    if (is_asked_for(&visit) && r->method_number == M_GET) {
        return show_file(&visit, name);
    }
    npie_answer_headers(r);
    npie_answer_error_pages(r);
    if (is_asked_for(&visit)) {
        r->allowed |= AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    return ap_strstr_c(name, ".html") != NULL ? HTTP_NOT_FOUND
                                              : npie_asset_serve(r);
}

static int method_not_allowed(request_rec *r, int method)
{
    r->allowed = AP_METHOD_BIT << method;
    npie_answer_headers(r);
    apr_table_setn(r->err_headers_out, "Allow", method == M_GET ? "GET, HEAD"
                                                                : "POST");
    return HTTP_METHOD_NOT_ALLOWED;
}

/* A file of a page that nothing would read before it is sent. httpd -t finds
 * that; a change since then, or a .htaccess, is met here. */
static int refuse_unread(request_rec *r)
{
    npie_err_t err;

    npie_err_set(&err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "mod_include does not "
                 "read %s: httpd -t says what is missing", r->uri);
    return npie_answer_plain(r, &err);
}

int npie_router_handler(request_rec *r)
{
    npie_visit_t visit = { .r = r };
    const char *name = npie_conf_engine(r) ? npie_runtime_name(r) : NULL;
    int is_ours = r->handler != NULL && strcmp(r->handler, HANDLER) == 0;

    if (name != NULL) {
        visit.page = npie_page_find(&visit.number, name, r->pool);
    }
    if (!is_ours) {
        return r->main == NULL && visit.page != NULL
            && (is_asked_for(&visit) || is_kind(&visit, NPIE_KIND_ERROR))
            && !npie_answer_is_included(r) ? refuse_unread(r) : DECLINED;
    }
    if (!npie_conf_engine(r)) {
        return DECLINED;
    }
    if (!is_asked_for(&visit)) {
        return HTTP_NOT_FOUND;
    }
    if (is_kind(&visit, NPIE_KIND_FILE)) {
        return r->method_number == M_GET ? send_file(&visit)
                                         : method_not_allowed(r, M_GET);
    }
    if (r->method_number == M_GET && !is_kind(&visit, NPIE_KIND_ACTION)) {
        return show_page(&visit);
    }
    return r->method_number == M_POST && rows[visit.page->id].post != NULL
        ? post_form(&visit) : method_not_allowed(r, M_POST);
}
