/* SPDX-License-Identifier: Apache-2.0
 * Letting employers through to the application, and nobody else.
 */
#include "httpd/gate.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_request.h>

#include "base/text.h"
#include "httpd/answer.h"
#include "httpd/authority.h"
#include "httpd/notice.h"
#include "httpd/ssl_login.h"

#define TOKEN_NOTE "npie-token"

apr_status_t npie_gate_holder(npie_holder_t **pholder, request_rec *r,
                              npie_err_t *err)
{
    return npie_holder_find(pholder, r, npie_ssl_holder, err);
}

/* Is a header's name, its hyphens and underscores taken as the same, one that
 * only we may set? */
static int is_ours(const char *name)
{
    static const char user[] = "remote-user";
    apr_size_t i;

    if (ap_cstr_casecmpn(name, "npie", 4) == 0
        && (name[4] == '-' || name[4] == '_' || name[4] == '\0')) {
        return 1;
    }
    for (i = 0; user[i] != '\0' && name[i] != '\0'; ++i) {
        char c = name[i] == '_' ? '-' : (char)apr_tolower(name[i]);

        if (c != user[i]) {
            return 0;
        }
    }
    return user[i] == '\0' && name[i] == '\0';
}

int npie_gate_scrub(request_rec *r)
{
    const apr_array_header_t *headers;

    if (npie_runtime_get(r->server) == NULL) {
        return DECLINED;
    }
    headers = apr_table_elts(r->headers_in);
    for (int i = headers->nelts - 1; i >= 0; --i) {
        const apr_table_entry_t *entry =
            &APR_ARRAY_IDX(headers, i, apr_table_entry_t);

        if (entry->key != NULL && is_ours(entry->key)) {
            const char *name = apr_pstrdup(r->pool, entry->key);

            if (ap_cstr_casecmp(name, NPIE_TOKEN_HEADER) == 0) {
                apr_table_setn(r->notes, TOKEN_NOTE, entry->val);
            }
            else {
                npie_notice(APLOG_MARK, 0, r->server, r, NPIE_N_HEADER_DROPPED,
                            "%.40s", name);
            }
            apr_table_unset(r->headers_in, name);
            headers = apr_table_elts(r->headers_in);
            i = headers->nelts;
        }
    }
    return DECLINED;
}

const char *npie_gate_token(const request_rec *r)
{
    return apr_table_get(r->notes, TOKEN_NOTE);
}

/* Would a redirect reach a person? Programs and fetches get a status. */
static int is_navigation(const request_rec *r)
{
    const char *mode = apr_table_get(r->headers_in, "Sec-Fetch-Mode");
    const char *with = apr_table_get(r->headers_in, "X-Requested-With");

    if (r->method_number != M_GET || npie_answer_wants_json(r)
        || with != NULL) {
        return 0;
    }
    return mode == NULL || strcmp(mode, "navigate") == 0;
}

static int turn_away(request_rec *r, npie_page_id_t page, const char *query,
                     int status, npie_problem_t problem, const char *detail)
{
    npie_err_t err;

    npie_count(NPIE_COUNT_TURNED);
    ap_log_rerror(APLOG_MARK, APLOG_DEBUG, 0, r, "turned away at the gate: %s",
                  detail);
    if (is_navigation(r)) {
        return npie_answer_lead(r, page, query);
    }
    npie_err_set(&err, NPIE_EINPUT, problem, "%s", detail);
    if (status == HTTP_UNAUTHORIZED) {
        apr_table_setn(r->err_headers_out, "WWW-Authenticate", "NPIE");
    }
    return npie_answer_problem(r, status, &err);
}

static int ask_to_log_in(request_rec *r)
{
    const char *query = NULL;

    if (r->unparsed_uri != NULL && r->unparsed_uri[0] == '/'
        && r->unparsed_uri[1] != '/') {
        query = apr_pstrcat(r->pool, "volver=",
                            ap_escape_urlencoded(r->pool, r->unparsed_uri),
                            NULL);
    }
    return turn_away(r, NPIE_PAGE_LOGIN, query, HTTP_UNAUTHORIZED,
                     NPIE_P_SESSION, "no live session");
}

/* What the application sees of the employer, as environment variables. */
static void tell_application(request_rec *r, const npie_session_t *session)
{
    apr_table_t *env = r->subprocess_env;

    apr_table_setn(env, "NPIE_USER", session->user);
    apr_table_setn(env, "NPIE_NAME", session->name);
    apr_table_setn(env, "NPIE_RP", session->rp);
    apr_table_setn(env, "NPIE_RFC", session->rfc);
    apr_table_setn(env, "NPIE_CERT_CN", session->common_name);
    apr_table_setn(env, "NPIE_HOLDER", session->common_name);
    if (session->additional) {
        apr_table_setn(env, "NPIE_ADDITIONAL", "1");
    }
    apr_table_setn(env, "NPIE_CERT_SERIAL", session->serial);
    apr_table_setn(env, "NPIE_CERT_NUMBER",
                   npie_cert_serial_text(session->serial, r->pool));
    apr_table_setn(env, "NPIE_CERT_END",
                   npie_text_time(session->not_after, r->pool));
    apr_table_setn(env, "NPIE_EMAIL", session->email);
    /* The application's own way to log out: a form with this in it. */
    apr_table_setn(env, "NPIE_CSRF", session->csrf);
    if (session->not_after - r->request_time
        <= npie_conf_server(r->server)->before) {
        apr_table_setn(env, "NPIE_RENEW", "1");
    }
}

int npie_gate_turn_expired(request_rec *r)
{
    return turn_away(r, NPIE_PAGE_HOME, NULL, HTTP_FORBIDDEN, NPIE_P_NOT_NOW,
                     "the certificate has expired");
}

static int admit(request_rec *r, npie_session_t *session)
{
    apr_time_t now = r->request_time;

    if (session->access == NPIE_ACCESS_REFUSED) {
        return turn_away(r, NPIE_PAGE_HOME, NULL, HTTP_FORBIDDEN,
                         (npie_problem_t)session->problem,
                         "the certificate was refused at login");
    }
    if (session->access == NPIE_ACCESS_TERMS) {
        return turn_away(r, NPIE_PAGE_LETTER2, NULL, HTTP_FORBIDDEN,
                         NPIE_P_NOT_NOW, "letter 2 is not signed yet");
    }
    if (session->access != NPIE_ACCESS_APPLICATION
        || now < session->not_before || now >= session->not_after) {
        return npie_gate_turn_expired(r);
    }
    /* A cookie does not keep caches off, as Authorization would; what else
     * the application says of caching stands beside it. */
    apr_table_setn(r->err_headers_out, "Cache-Control", "private");
    r->user = apr_pstrdup(r->pool, session->user);
    r->ap_auth_type = apr_pstrdup(r->pool, "NPIE");
    tell_application(r, session);
    npie_count(NPIE_COUNT_PASSED);
    return OK;
}

static int is_gate(request_rec *r)
{
    const char *type = ap_auth_type(r);

    return type != NULL && ap_cstr_casecmp(type, "NPIE") == 0;
}

int npie_gate_exempt(request_rec *r)
{
    const core_dir_config *core = ap_get_core_module_config(r->per_dir_config);

    if (!is_gate(r)) {
        return DECLINED;
    }
    return (npie_conf_engine(r) && npie_runtime_name(r) != NULL)
        || npie_authority_is_handler(core->handler) ? OK : DECLINED;
}

static int check(request_rec *r)
{
    npie_holder_t *holder;
    npie_err_t err;
    apr_status_t rv;

    if (npie_runtime_get(r->server) == NULL) {
        npie_notice(APLOG_MARK, 0, r->server, r, NPIE_N_GATE_WITHOUT_BASE,
                    NULL);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    rv = npie_gate_holder(&holder, r, &err);
    if (rv == APR_NOTFOUND) {
        return ask_to_log_in(r);
    }
    if (rv != APR_SUCCESS) {
        npie_count(NPIE_COUNT_TURNED);
        return npie_answer_error(r, &err);
    }
    return admit(r, holder->session);
}

int npie_gate_check(request_rec *r)
{
    const apr_interval_time_t began = npie_ticks();
    int status;

    if (!is_gate(r)) {
        return DECLINED;
    }
    status = check(r);
    npie_timed(NPIE_TIME_GATE, npie_ticks() - began);
    return status;
}

int npie_gate_hide_cookie(request_rec *r)
{
    if (npie_runtime_get(r->server) != NULL && !npie_conf_engine(r)) {
        npie_holder_hide(r);
    }
    return DECLINED;
}
