/* SPDX-License-Identifier: Apache-2.0
 * Pages about the mail and its links.
 */
#include "httpd/mail.h"

#include <apr_strings.h>

#include "base/text.h"
#include "flow/addition.h"
#include "flow/mail.h"
#include "httpd/answer.h"
#include "httpd/json.h"
#include "httpd/pages.h"
#include "httpd/query.h"
#include "httpd/rate.h"
#include "httpd/vars.h"


static const char *const purposes[NPIE_LINK_PURPOSES] = {
    [NPIE_LINK_CONTINUE] = "continuar",
    [NPIE_LINK_STOP] = "detener",
};

/* The move of each, for programs. */
static const char *const moves[NPIE_LINK_PURPOSES] = {
    [NPIE_LINK_CONTINUE] = "confirm",
    [NPIE_LINK_STOP] = "stop",
};

int npie_mail_is_on(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);

    return runtime != NULL && runtime->policy.mail;
}

/* What became of the mail, in one word: for the page to choose its sentence,
 * and for programs. */
typedef enum fate_t {
    NONE,
    QUEUED,
    RETRYING,
    DELIVERED,
    REFUSED
} fate_t;

static const char *const fates[][2] = {
    [NONE] = { "", "none" },
    [QUEUED] = { "encolado", "queued" },
    [RETRYING] = { "reintento", "retrying" },
    [DELIVERED] = { "entregado", "delivered" },
    [REFUSED] = { "rechazado", "refused" },
};

static fate_t fate_of(const npie_outbox_t *mail)
{
    return mail == NULL ? NONE
        : mail->sent != 0 ? DELIVERED
        : mail->gave_up != 0 ? REFUSED
        : *mail->reason != '\0' ? RETRYING : QUEUED;
}

/* When it came to be so; of one to be tried again, when it will be. */
static apr_time_t time_of(const npie_outbox_t *mail)
{
    return mail->sent != 0 ? mail->sent
        : mail->gave_up != 0 ? mail->gave_up
        : *mail->reason != '\0' ? mail->next_try : mail->queued;
}

/* What stands on pages before and after the wait for the mail. */
static void set_beside(request_rec *r, const npie_place_t *place)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const npie_outbox_t *issued = place->mail.issued;

    if (!runtime->policy.mail) {
        return;
    }
    npie_vars_set(r, "npie_mail",
                  runtime->policy.mail_link_required ? "required"
                                                     : "optional");
    npie_vars_set(r, "npie_reminders",
                  runtime->conf->reminders.count > 0 ? "1" : NULL);
    if (issued != NULL) {
        npie_vars_set(r, "npie_issued_mail", fates[fate_of(issued)][0]);
        npie_vars_set(r, "npie_issued_mail_to", issued->address);
        npie_vars_set(r, "npie_issued_mail_when",
                      npie_text_moment_es(time_of(issued), r->pool));
    }
}

void npie_mail_vars(request_rec *r, const npie_place_t *place)
{
    const npie_outbox_t *mail = place->mail.last;

    set_beside(r, place);
    if (!place->mail.waits) {
        return;
    }
    npie_vars_set(r, "npie_mail_required",
                  place->mail.link_required ? "1" : NULL);
    npie_vars_set(r, "npie_mail_left",
                  place->mail.left > 0 ? apr_itoa(r->pool, place->mail.left)
                                       : NULL);
    npie_vars_set(r, "npie_mail_to", place->renewal->contact.email);
    npie_vars_set(r, "npie_mail_state", fates[fate_of(mail)][0]);
    if (mail != NULL) {
        npie_vars_set(r, "npie_mail_when",
                      npie_text_moment_es(time_of(mail), r->pool));
        npie_vars_set(r, "npie_mail_reason", mail->reason);
        npie_vars_set(r, "npie_mail_said", mail->server_said);
    }
}

json_t *npie_mail_json(request_rec *r, const npie_place_t *place)
{
    const npie_outbox_t *mail = place->mail.last;
    json_t *json = json_pack("{s:s, s:s, s:b, s:i}",
                             "state", fates[fate_of(mail)][1],
                             "to", place->renewal->contact.email,
                             "required", place->mail.link_required,
                             "left", place->mail.left);

    if (mail != NULL) {
        json_object_set_new(json, "at",
                            json_string(npie_text_time(time_of(mail),
                                                       r->pool)));
    }
    if (mail != NULL && *mail->reason != '\0') {
        json_object_set_new(json, "reason", json_string(mail->reason));
    }
    if (mail != NULL && *mail->server_said != '\0') {
        json_object_set_new(json, "said", json_string(mail->server_said));
    }
    return json;
}

/* Is this a page of links, however its address is written? The address
 * is not decoded yet when a request was just read. */
static int is_link_page(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    char *path = apr_pstrdup(r->pool, r->uri != NULL ? r->uri : "");
    apr_size_t len;

    if (ap_unescape_url(path) != OK) {
        return 0;
    }
    ap_getparents(path);
    ap_no2slash(path);
    len = strlen(runtime->conf->base.path);
    return strncmp(path, runtime->conf->base.path, len) == 0
        && (strcmp(path + len, NPIE_LINK_PAGE) == 0
            || strcmp(path + len, NPIE_ADDITION_PAGE) == 0);
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
    if (referer != NULL
        && (ap_strstr_c(referer, NPIE_LINK_PAGE "?") != NULL
            || ap_strstr_c(referer, NPIE_ADDITION_PAGE "?") != NULL)) {
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

int npie_mail_show_link(request_rec *r)
{
    const char *done = npie_query_text(r, "hecho");
    const char *token = npie_query_text(r, "t");
    npie_link_view_t view;
    npie_flow_t *flow;
    npie_err_t err;

    /* The page's own address is the secret; no-referrer would take the Origin
     * from its form too. */
    apr_table_setn(r->err_headers_out, "Referrer-Policy", "strict-origin");
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
    return npie_answer_redirect(r, apr_pstrcat(r->pool, NPIE_LINK_PAGE "?t=",
                                               ap_escape_urlencoded(r->pool,
                                                                    token),
                                               NULL));
}

/* Whoever uses the link where they are logged in goes on with the renewal. */
static int go_on(request_rec *r, npie_link_purpose_t purpose)
{
    npie_holder_t *holder;

    if (npie_answer_wants_json(r)) {
        return npie_pages_tell(r);
    }
    if (purpose == NPIE_LINK_CONTINUE
        && npie_holder_get(&holder, r, NULL) == APR_SUCCESS) {
        return npie_answer_redirect(r, "");
    }
    return npie_answer_redirect(r, apr_pstrcat(r->pool,
                                               NPIE_LINK_PAGE "?hecho=",
                                               purposes[purpose], NULL));
}

int npie_mail_use_link(request_rec *r, const npie_form_t *form)
{
    const char *token = npie_form_text(form, "t");
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
