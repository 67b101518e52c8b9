/* SPDX-License-Identifier: Apache-2.0
 * The page that mails' links open.
 */
#include "httpd/mail.h"

#include <apr_strings.h>

#include "flow/mail.h"
#include "httpd/answer.h"
#include "httpd/json.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/vars.h"
#include "httpd/visit.h"

static const char *const purposes[NPIE_LINK_PURPOSES] = {
    [NPIE_LINK_CONTINUE] = "continuar",
    [NPIE_LINK_STOP] = "detener",
};

/* The move of each, for programs. */
static const char *const moves[NPIE_LINK_PURPOSES] = {
    [NPIE_LINK_CONTINUE] = "confirm",
    [NPIE_LINK_STOP] = "stop",
};

/* Is its query something that only who was given it may have: a mail's link, or
 * a printed letter's code? */
static int has_secret(const npie_page_t *page)
{
    return page->who == NPIE_WHO_LINK || page->id == NPIE_PAGE_VERIFY;
}

/* Is this a page of links, however its address is written? The address
 * is not decoded yet when a request was just read. */
static int is_link_page(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    char *path = apr_pstrdup(r->pool, r->uri != NULL ? r->uri : "");
    const npie_page_t *page;
    apr_int64_t number;
    apr_size_t len;

    if (ap_unescape_url(path) != OK) {
        return 0;
    }
    ap_getparents(path);
    ap_no2slash(path);
    len = strlen(runtime->conf->base.path);
    if (strncmp(path, runtime->conf->base.path, len) != 0) {
        return 0;
    }
    page = npie_page_find(&number, path + len, r->pool);
    return page != NULL && has_secret(page);
}

/* Does an address name a page of links, with a query? */
static int names_link_page(const char *address, apr_pool_t *p)
{
    for (int id = 0; id < NPIE_PAGES; ++id) {
        if (has_secret(npie_page((npie_page_id_t)id))
            && ap_strstr_c(address, apr_pstrcat(p,
                   npie_page_name((npie_page_id_t)id), "?", NULL)) != NULL) {
            return 1;
        }
    }
    return 0;
}

/* An address without its query. What follows a blank is kept. */
static char *without_query(const char *address, apr_pool_t *p)
{
    const apr_size_t len = strcspn(address, "?");

    return apr_pstrcat(p, apr_pstrmemdup(p, address, len),
                       address + len + strcspn(address + len, " "), NULL);
}

int npie_mail_hide_token(request_rec *r)
{
    const char *referer = apr_table_get(r->headers_in, "Referer");

    if (npie_runtime_get(r->server) == NULL) {
        return DECLINED;
    }
    if (referer != NULL && names_link_page(referer, r->pool)) {
        apr_table_setn(r->headers_in, "Referer",
                       without_query(referer, r->pool));
    }
    if (r->args != NULL && is_link_page(r)) {
        apr_table_setn(r->notes, NPIE_QUERY_NOTE, r->args);
        r->args = NULL;
        r->parsed_uri.query = NULL;
        r->the_request = without_query(r->the_request, r->pool);
        r->unparsed_uri = without_query(r->unparsed_uri, r->pool);
    }
    return DECLINED;
}

/* A link for a program: the move that it is good for, or why there is none. */
static int tell_link(request_rec *r, const npie_link_view_t *view,
                     const char *token)
{
    npie_err_t err;

    if (view->state != NPIE_LINK_GOOD) {
        npie_err_set(&err, NPIE_EPOLICY, view->problem, "a link was opened");
        return npie_answer_error(r, &err);
    }
    return npie_json_link(r, moves[view->purpose], token,
                          view->renewal->key_name);
}

/* After the button was pressed; the address says what it was. */
static int show_done(request_rec *r, const char *what)
{
    for (int i = 0; i < NPIE_LINK_PURPOSES; ++i) {
        if (strcmp(what, purposes[i]) == 0) {
            npie_vars_set(r, "npie_link_done", purposes[i]);
        }
    }
    return npie_answer_wants_json(r) ? npie_json_login(r) : OK;
}

int npie_mail_show_link(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const char *done = npie_query_text(r, "hecho");
    const char *token = npie_query_text(r, "t");
    npie_link_view_t view;
    npie_flow_t *flow;
    npie_err_t err;

    if (*done != '\0') {
        return show_done(r, done);
    }
    if (npie_rate_within(r, "liga", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_runtime_flow(&flow, r, &err) != APR_SUCCESS
        || npie_flow_link_open(&view, flow, token, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_answer_wants_json(r)) {
        return tell_link(r, &view, token);
    }
    if (view.state != NPIE_LINK_GOOD) {
        npie_vars_problem(r, (int)view.problem, NULL);
        return OK;
    }
    npie_vars_set(r, "npie_link_purpose", purposes[view.purpose]);
    npie_vars_set(r, "npie_link_token", token);
    npie_vars_set(r, "npie_key_name", view.renewal->key_name);
    return OK;
}

static int is_about_link(npie_problem_t problem)
{
    return problem >= NPIE_P_LINK_USED && problem <= NPIE_P_LINK_OVER;
}

/* What a link is not good for, its page says. */
static int refuse(request_rec *r, const char *token, const npie_err_t *err)
{
    if (!is_about_link(err->problem) || npie_answer_wants_json(r)) {
        return npie_answer_error(r, err);
    }
    npie_answer_log(r, err);
    return npie_answer_lead(r, NPIE_PAGE_LINK,
                            apr_pstrcat(r->pool, "t=",
                                        ap_escape_urlencoded(r->pool, token),
                                        NULL));
}

/* Whoever uses the link where they are logged in goes on with the renewal. */
static int go_on(request_rec *r, npie_link_purpose_t purpose)
{
    npie_holder_t *holder;

    if (npie_answer_wants_json(r)) {
        return npie_visit_tell(r);
    }
    if (purpose == NPIE_LINK_CONTINUE
        && npie_holder_get(&holder, r, NULL) == APR_SUCCESS) {
        return npie_answer_lead(r, NPIE_PAGE_HOME, NULL);
    }
    return npie_answer_lead(r, NPIE_PAGE_LINK,
                            apr_pstrcat(r->pool, "hecho=", purposes[purpose],
                                        NULL));
}

int npie_mail_use_link(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const char *token = npie_form_text(visit->form, "t");
    npie_link_view_t view;
    npie_flow_t *flow;
    npie_err_t err;
    apr_status_t rv;

    if (npie_rate_within(r, "liga", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    rv = npie_runtime_flow(&flow, r, &err);
    if (rv == APR_SUCCESS) {
        rv = npie_flow_link_open(&view, flow, token, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = view.purpose == NPIE_LINK_STOP
            ? npie_flow_link_stop(flow, token, &err)
            : npie_flow_link_confirm(flow, token, &err);
    }
    return rv == APR_SUCCESS ? go_on(r, view.purpose)
                             : refuse(r, token, &err);
}
