/* SPDX-License-Identifier: Apache-2.0
 * Showing the renewal's pages.
 */
#include "httpd/pages.h"

#include <apr_strings.h>

#include "httpd/actions.h"
#include "httpd/additional.h"
#include "httpd/answer.h"
#include "httpd/authority.h"
#include "httpd/draft.h"
#include "httpd/json.h"
#include "httpd/login.h"
#include "httpd/mail.h"
#include "httpd/vars.h"
#include "httpd/verify.h"

#define HANDLER "npie"

const char *npie_pages_name(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *path;
    apr_size_t len;

    if (runtime == NULL) {
        return NULL;
    }
    path = runtime->conf->base.path;
    len = strlen(path);
    return r->uri != NULL && strncmp(r->uri, path, len) == 0 ? r->uri + len
                                                             : NULL;
}

npie_who_t npie_pages_who(const npie_session_t *session)
{
    return (npie_who_t){ .employer = session->employer,
                         .certificate = session->certificate,
                         .actor = session->serial };
}

/* What an action leads to is its answer, for a program; asking for a page
 * leads to the right one. */
static int answers_json(const request_rec *r)
{
    return r->method_number == M_POST && npie_answer_wants_json(r);
}

/* Lets a session into the application. It has proved a certificate whose letter
 * 2 was signed elsewhere meanwhile, or else has only outlived its renewal: then
 * its holder may see how that ended, and logs in anew. */
static int enter_application(request_rec *r, const npie_holder_t *holder,
                             npie_flow_t *flow, const npie_place_t *place)
{
    static const char end[] = "listo.html";
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_session_t *session = holder->session;
    npie_err_t err;
    apr_status_t rv = APR_SUCCESS;

    if (session->access == NPIE_ACCESS_TERMS) {
        session->access = NPIE_ACCESS_APPLICATION;
        rv = npie_session_change(runtime->sessions, holder->key, session,
                                 runtime->conf->session.idle, &err, r->pool);
    }
    if (rv == APR_NOTFOUND) {
        return answers_json(r) ? npie_answer_no_session(r)
                               : npie_answer_redirect(r, "acceso.html");
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (session->access == NPIE_ACCESS_APPLICATION) {
        return answers_json(r)
            ? npie_json_place(r, holder, flow, place, NULL)
            : npie_answer_redirect(r, runtime->conf->application);
    }
    return *npie_pages_name(r) != '\0' && npie_where_allowed(place, end)
        ? npie_pages_lead(r, holder, flow, place, end)
        : npie_answer_redirect(r, "acceso.html");
}

int npie_pages_lead(request_rec *r, const npie_holder_t *holder,
                    npie_flow_t *flow, const npie_place_t *place,
                    const char *page)
{
    return answers_json(r) ? npie_json_place(r, holder, flow, place, page)
                           : npie_answer_redirect(r, page);
}

int npie_pages_go_home(request_rec *r, const npie_holder_t *holder,
                       npie_flow_t *flow, const npie_place_t *place)
{
    const char *home = npie_where_home(place);

    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r,
                  "%s: renewal %s, led to %s", holder->session->user,
                  place->renewal != NULL
                  ? npie_renewal_state_name(place->renewal->state) : "none",
                  home != NULL ? home : "the application");
    return home != NULL ? npie_pages_lead(r, holder, flow, place, home)
                        : enter_application(r, holder, flow, place);
}

int npie_pages_place(npie_flow_t **pflow, npie_place_t *place, request_rec *r,
                     const npie_holder_t *holder)
{
    npie_who_t who = npie_pages_who(holder->session);
    npie_err_t err;
    apr_status_t rv = npie_runtime_flow(pflow, r, &err);

    memset(place, 0, sizeof(*place));
    if (rv == APR_SUCCESS) {
        rv = npie_flow_place(place, *pflow, &who, &err);
    }
    if (rv == APR_NOTFOUND) {
        npie_holder_end(r, NULL);
        return npie_answer_redirect(r, "acceso.html");
    }
    return rv == APR_SUCCESS ? OK : npie_answer_error(r, &err);
}

int npie_pages_tell(request_rec *r)
{
    npie_holder_t *holder;
    npie_place_t place;
    npie_flow_t *flow;
    npie_err_t err;
    apr_status_t rv = npie_holder_get(&holder, r, &err);
    int status;

    if (rv != APR_SUCCESS) {
        return rv == APR_NOTFOUND ? npie_json_login(r)
                                  : npie_answer_error(r, &err);
    }
    if (holder->session->access == NPIE_ACCESS_REFUSED) {
        return npie_json_refused(r, holder);
    }
    status = npie_pages_place(&flow, &place, r, holder);
    return status == OK ? npie_pages_go_home(r, holder, flow, &place) : status;
}

/* error.html, by httpd's internal redirect. */
static int show_error(request_rec *r, const char *name)
{
    npie_holder_t *holder;

    npie_answer_headers(r);
    if (npie_answer_wants_json(r)) {
        npie_answer_json(r, r->prev->status,
                         npie_answer_problem_json(r->prev->status,
                                                  npie_answer_noted(r->prev)));
        return DONE;
    }
    npie_vars_common(r, name, 0);
    npie_vars_problem(r, (int)npie_answer_noted(r->prev), NULL);
    if (npie_holder_get(&holder, r, NULL) == APR_SUCCESS) {
        npie_vars_session(r, holder->session);
    }
    return OK;
}

/* A number from the address may be shown, but only as the table's own text. */
static void show_number_asked_for(request_rec *r)
{
    static const char name[] = "problema=";

    if (r->args != NULL && strncmp(r->args, name, sizeof(name) - 1) == 0) {
        npie_vars_problem(r, atoi(r->args + sizeof(name) - 1), NULL);
    }
}

/* Where to go after login; a path of this host only. */
static void show_return(request_rec *r)
{
    static const char name[] = "volver=";
    char *path;

    if (r->args == NULL || strncmp(r->args, name, sizeof(name) - 1) != 0) {
        return;
    }
    path = apr_pstrdup(r->pool, r->args + sizeof(name) - 1);
    if (ap_unescape_urlencoded(path) == OK && npie_login_leads_back(path)) {
        npie_vars_set(r, "npie_return", path);
    }
}

/* Pages of a login that was refused. */
static int show_refusal(request_rec *r, const char *name,
                        const npie_holder_t *holder)
{
    const char *page =
        npie_where_refusal((npie_problem_t)holder->session->problem);

    if (strcmp(name, page) != 0) {
        return npie_answer_redirect(r, page);
    }
    if (npie_answer_wants_json(r)) {
        return npie_json_refused(r, holder);
    }
    npie_vars_problem(r, holder->session->problem, NULL);
    return OK;
}

static int show_place(request_rec *r, const char *name,
                      const npie_holder_t *holder)
{
    npie_flow_t *flow;
    npie_place_t place = { 0 };
    npie_err_t err;
    int status = npie_pages_place(&flow, &place, r, holder);

    if (status != OK) {
        return status;
    }
    if (!npie_where_allowed(&place, name)) {
        return npie_pages_go_home(r, holder, flow, &place);
    }
    if (npie_additional_is_page(name)) {
        npie_vars_place(r, &place);
        return npie_additional_show(r, holder, flow, &place, name);
    }
    if (npie_answer_wants_json(r)) {
        return npie_json_place(r, holder, flow, &place, name);
    }
    if (strcmp(name, "aviso.html") == 0
        && npie_flow_place_past(&place, flow, &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    npie_vars_place(r, &place);
    npie_vars_letters(r, flow, &place);
    npie_mail_vars(r, &place);
    if (strcmp(name, "listo.html") == 0) {
        npie_additional_past(r, flow, holder->session->employer);
    }
    if (place.verdict == NPIE_VERDICT_REFUSED) {
        npie_vars_problem(r, (int)place.problem, NULL);
    }
    if (place.lapsed) {
        npie_vars_problem(r, NPIE_P_LAPSED, NULL);
    }
    npie_draft_show(r, holder, name);
    return OK;
}

/* Without a session. Whoever comes to renew while the certificate is still
 * valid, as a reminder has it, is not to end up in the application. */
static int lead_to_login(request_rec *r, const char *name)
{
    if (strcmp(name, "aviso.html") != 0) {
        return npie_answer_redirect(r, "acceso.html");
    }
    return npie_answer_redirect(r, apr_pstrcat(r->pool, "acceso.html?volver=",
                                               ap_escape_urlencoded(r->pool,
                                                                    r->uri),
                                               NULL));
}

/* The pages' path itself is where the employer is. */
static const npie_page_t *page_of(const char *name)
{
    return npie_where_page(*name == '\0' ? "aviso.html" : name);
}

static int show_page(request_rec *r, const char *name, int step)
{
    int is_login = strcmp(name, "acceso.html") == 0;
    npie_holder_t *holder;
    npie_err_t err;
    apr_status_t rv = npie_holder_get(&holder, r, &err);

    npie_answer_headers(r);
    npie_answer_error_pages(r);
    npie_vars_common(r, name, step);
    if (rv == APR_SUCCESS) {
        npie_vars_session(r, holder->session);
    }
    if (is_login) {
        if (npie_answer_wants_json(r)) {
            return npie_json_login(r);
        }
        show_number_asked_for(r);
        show_return(r);
        return OK;
    }
    if (strcmp(name, NPIE_VERIFY_PAGE) == 0) {
        return npie_verify_show(r);
    }
    if (strcmp(name, NPIE_LINK_PAGE) == 0) {
        return npie_mail_is_on(r) ? npie_mail_show_link(r) : HTTP_NOT_FOUND;
    }
    if (strcmp(name, NPIE_ADDITION_PAGE) == 0) {
        apr_table_setn(r->err_headers_out, "Referrer-Policy", "strict-origin");
        return npie_mail_is_on(r) ? npie_additional_link(r) : HTTP_NOT_FOUND;
    }
    if (rv == APR_NOTFOUND) {
        return npie_answer_wants_json(r) ? npie_answer_no_session(r)
                                         : lead_to_login(r, name);
    }
    if (rv != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    return holder->session->access == NPIE_ACCESS_REFUSED
        ? show_refusal(r, name, holder)
        : show_place(r, name, holder);
}

int npie_pages_json(request_rec *r)
{
    const char *name = npie_pages_name(r);
    const npie_page_t *page = page_of(name);

    return page != NULL ? show_page(r, name, page->step) : DECLINED;
}

/* Pages that are nothing but a form to begin with. */
static int is_for_people(const char *name)
{
    return strcmp(name, NPIE_ADDITION_PAGE) == 0
        || strcmp(name, NPIE_VERIFY_PAGE) == 0;
}

/* Scripts, styles and pictures: files like any other, with the headers that
 * protect but without the one against caching. */
static int serve_asset(request_rec *r)
{
    npie_answer_headers(r);
    apr_table_setn(r->err_headers_out, "Cache-Control", "no-cache");
    apr_table_unset(r->err_headers_out, "Vary");
    npie_answer_error_pages(r);
    return DECLINED;
}

int npie_pages_fixups(request_rec *r)
{
    const char *name;
    const npie_page_t *page;

    name = npie_conf_engine(r) && !npie_authority_serves(r)
        ? npie_pages_name(r) : NULL;
    if (name == NULL) {
        return DECLINED;
    }
    if (r->main != NULL) {
        return strcmp(name, NPIE_ADDITIONAL_ROW) == 0 ? npie_additional_row(r)
                                                      : DECLINED;
    }
    if (r->prev != NULL && strcmp(name, "error.html") == 0) {
        return show_error(r, name);
    }
    if (npie_actions_known(r, name)) {
        npie_answer_error_pages(r);
        r->handler = HANDLER;
        return OK;
    }
    page = page_of(name);
    if (page != NULL && r->method_number == M_GET) {
        if (npie_answer_wants_json(r) && !is_for_people(name)) {
            npie_answer_error_pages(r);
            r->handler = HANDLER;
            return OK;
        }
        return show_page(r, name, page->step);
    }
    npie_answer_headers(r);
    npie_answer_error_pages(r);
    if (page != NULL) {
        r->allowed |= AP_METHOD_BIT << M_GET;
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (ap_strstr_c(name, ".html") != NULL) {
        return HTTP_NOT_FOUND;
    }
    return serve_asset(r);
}
