/* SPDX-License-Identifier: Apache-2.0
 * Challenge and login.
 */
#include "httpd/login.h"

#include <apr_strings.h>

#include "base/random.h"
#include "base/text.h"
#include "httpd/accept.h"
#include "httpd/answer.h"
#include "httpd/files.h"
#include "httpd/rate.h"
#include "httpd/subject.h"
#include "httpd/upload.h"
#include "httpd/visit.h"
#include "pki/digest.h"

#define CHALLENGE_SECONDS 300
#define CHALLENGE_BYTES 32
/* Domain separation: what is signed here cannot be taken for a letter. */
#define CHALLENGE_HEAD "NPIE-LOGIN-1\nhost: "
#define CHALLENGE_TIME "\ntime: "

static apr_status_t challenge_id(const char **pid, const char *text,
                                 npie_err_t *err, apr_pool_t *p)
{
    char *hex = apr_palloc(p, NPIE_SHA256_HEX_SIZE);
    npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    *pid = hex;
    return npie_sha256_hex(hex, bytes) == APR_SUCCESS ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "no SHA-256");
}

int npie_login_challenge(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_bytes_t bytes;
    npie_err_t err;
    const char *id, *text;
    char *token;

    if (npie_rate_within(r, "reto", &err) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_random_token(&token, CHALLENGE_BYTES, r->pool) != APR_SUCCESS) {
        npie_err_set(&err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "no random bytes");
        return npie_answer_error(r, &err);
    }
    text = apr_pstrcat(r->pool, CHALLENGE_HEAD, runtime->conf->base.host,
                       CHALLENGE_TIME, npie_text_time(apr_time_now(), r->pool),
                       "\nrandom: ", token, "\n", NULL);
    if (challenge_id(&id, text, &err, r->pool) != APR_SUCCESS
        || npie_once_put(runtime->sessions, id, CHALLENGE_SECONDS, &err,
                         r->pool) != APR_SUCCESS) {
        return npie_answer_error(r, &err);
    }
    if (npie_accept_prefers(r, "application/json", visit->page->type)) {
        return npie_answer_json(r, HTTP_OK,
                                json_pack("{s:s}", "challenge", text));
    }
    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    return npie_answer_file(r, apr_pstrcat(r->pool, visit->page->type,
                                           "; charset=us-ascii", NULL),
                            NULL, bytes);
}

/* Form posts turn LF into CR LF, and who pastes a text easily loses its last
 * line's end; what was signed had LF, at the end too. */
static char *as_signed(const char *text, apr_pool_t *p)
{
    apr_size_t len = strlen(text);
    char *out = apr_pstrcat(p, text, len > 0 && text[len - 1] != '\n' ? "\n"
                                                                     : "",
                            NULL);
    char *to = out;

    for (const char *from = out; *from != '\0'; ++from) {
        if (*from != '\r') {
            *to++ = *from;
        }
    }
    *to = '\0';
    return out;
}

/* Is this one of ours, for this host, young enough, and not used before? */
static apr_status_t take_challenge(request_rec *r, const char *text,
                                   npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *head = apr_pstrcat(r->pool, CHALLENGE_HEAD,
                                   runtime->conf->base.host, CHALLENGE_TIME,
                                   NULL);
    const char *id;
    apr_time_t made;
    apr_size_t len = strlen(head);
    apr_status_t rv;

    if (strncmp(text, head, len) != 0
        || npie_text_time_parse(&made, apr_pstrmemdup(r->pool, text + len,
                                                      strcspn(text + len,
                                                              "\n")))
           != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_CHALLENGE,
                            "no challenge of this host");
    }
    if (apr_time_now() - made > apr_time_from_sec(CHALLENGE_SECONDS)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_CHALLENGE,
                            "the challenge has expired");
    }
    rv = challenge_id(&id, text, err, r->pool);
    if (rv == APR_SUCCESS) {
        rv = npie_once_take(runtime->sessions, id, err, r->pool);
    }
    return rv == APR_NOTFOUND
        ? npie_err_set(err, NPIE_EINPUT, NPIE_P_CHALLENGE,
                       "the challenge is spent or was never given out")
        : rv;
}

int npie_login_by_key(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    const npie_form_t *form = visit->form;
    const char *text = as_signed(npie_upload_text(form, "reto", r->pool),
                                 r->pool);
    const npie_bytes_t challenge = { (const unsigned char *)text,
                                     strlen(text) };
    npie_certificate_t *row;
    npie_bytes_t spki, signature;
    npie_flow_t *flow;
    npie_err_t err;
    apr_status_t rv = npie_rate_within(r, "acceso", &err);

    if (rv == APR_SUCCESS) {
        rv = take_challenge(r, text, &err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_runtime_flow(&flow, r, &err);
    }
    if (rv == APR_SUCCESS
        && (npie_upload_der(&spki, form, "llave", r->pool) != APR_SUCCESS
            || npie_upload_der(&signature, form, "firma", r->pool)
               != APR_SUCCESS)) {
        rv = npie_err_set(&err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                          "key or signature is neither DER nor base64");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_flow_by_key(&row, flow, challenge, spki, signature, &err);
    }
    return rv == APR_SUCCESS
        ? npie_file_issued_json(r, flow, row, row->serial, "")
        : npie_answer_error(r, &err);
}

static void describe(npie_session_t *session, const npie_cert_t *cert,
                     const npie_employer_t *employer,
                     const npie_certificate_t *certificate)
{
    session->user = employer != NULL ? employer->user : "";
    session->name = employer != NULL ? employer->name : cert->organization;
    session->rp = employer != NULL ? employer->rp : "";
    session->rfc = employer != NULL ? employer->rfc : cert->rfc;
    session->employer = employer != NULL ? employer->id : 0;
    session->email = employer != NULL ? employer->contact.email : cert->email;
    session->common_name = cert->common_name;
    session->serial = cert->serial;
    session->spki = cert->spki_sha256;
    session->not_before = cert->not_before;
    session->not_after = cert->not_after;
    session->certificate = certificate != NULL ? certificate->id : 0;
    session->additional = certificate != NULL && certificate->additional;
    if (session->additional && *certificate->holder_email != '\0') {
        session->email = certificate->holder_email;
    }
    session->event = certificate != NULL ? certificate->ended : 0;
}

static npie_access_t access_for(npie_verdict_t verdict)
{
    switch (verdict) {
    case NPIE_VERDICT_APPLICATION:
    case NPIE_VERDICT_EARLY:
        return NPIE_ACCESS_APPLICATION;
    case NPIE_VERDICT_TERMS:
        return NPIE_ACCESS_TERMS;
    case NPIE_VERDICT_RENEWAL:
        return NPIE_ACCESS_RENEWAL;
    default:
        return NPIE_ACCESS_REFUSED;
    }
}

npie_session_t *npie_login_session(const npie_login_t *login, apr_pool_t *p)
{
    npie_session_t *session = apr_pcalloc(p, sizeof(*session));

    session->access = access_for(login->verdict);
    session->problem = (int)login->problem;
    describe(session, login->cert, login->employer, login->certificate);
    return session;
}

apr_status_t npie_login_open(request_rec *r, npie_access_t access,
                             npie_problem_t problem, const npie_cert_t *cert,
                             const npie_employer_t *employer,
                             const npie_certificate_t *certificate,
                             const char *csrf, npie_err_t *err)
{
    npie_session_t *session = apr_pcalloc(r->pool, sizeof(*session));

    session->access = access;
    session->problem = (int)problem;
    session->csrf = csrf;
    describe(session, cert, employer, certificate);
    return npie_holder_open(r, session, err);
}

/* The session that a login came with, whosever it was. */
static void end_before(request_rec *r)
{
    npie_holder_t *before;

    if (npie_holder_get(&before, r, NULL) == APR_SUCCESS) {
        npie_session_end(npie_runtime_get(r->server)->sessions, before->key,
                         NULL, r->pool);
    }
}

int npie_login_leads_back(const char *path)
{
    if (path[0] != '/' || path[1] == '/') {
        return 0;
    }
    while (*path > ' ' && *path <= '~' && *path != '\\') {
        ++path;
    }
    return *path == '\0';
}

static int lead_on(request_rec *r, const npie_login_t *login,
                   const char *back)
{
    switch (login->verdict) {
    case NPIE_VERDICT_APPLICATION:
    case NPIE_VERDICT_EARLY: /* the application shows NPIE_RENEW's notice */
        return npie_answer_redirect(r, npie_login_leads_back(back) ? back
            : npie_runtime_get(r->server)->conf->application);
    case NPIE_VERDICT_TERMS:
        return npie_answer_lead(r, NPIE_PAGE_LETTER2, NULL);
    case NPIE_VERDICT_RENEWAL:
        return npie_answer_lead(r, NPIE_PAGE_HOME, NULL);
    default:
        return npie_answer_lead(r, npie_page_refusal(login->problem)->id,
                                NULL);
    }
}

static int refuse(request_rec *r, const npie_err_t *err)
{
    if (npie_answer_status(err->status) >= 500 || npie_answer_wants_json(r)) {
        return npie_answer_error(r, err);
    }
    npie_answer_log(r, err);
    return npie_answer_lead(r, NPIE_PAGE_LOGIN,
                            apr_psprintf(r->pool, "problema=%d",
                                         (int)err->problem));
}

int npie_login_stands(npie_flow_t *flow, const npie_certificate_t *certificate)
{
    npie_certificate_t *now;

    return npie_certificate_get(&now, flow->registry, certificate->id, NULL)
            == APR_SUCCESS && now->status == NPIE_CERTIFICATE_ACTIVE;
}

apr_status_t npie_login_confirm(request_rec *r, npie_flow_t *flow,
                                const npie_certificate_t *certificate,
                                npie_err_t *err)
{
    if (npie_login_stands(flow, certificate)) {
        return APR_SUCCESS;
    }
    npie_holder_end(r, NULL);
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                        "the certificate changed during the login");
}

/* Who it was, as the admin is asked about it: by the certificate. */
static void identify(request_rec *r, const npie_login_t *login)
{
    const npie_cert_t *cert = login->cert;

    npie_subject_certificate(r, login->employer != NULL ? login->employer->rp
                                                        : cert->rp10,
                             cert->serial_text);
}

static apr_status_t log_in(npie_login_t *login, request_rec *r,
                           const npie_form_t *form, npie_err_t *err)
{
    const char *text = as_signed(npie_upload_text(form, "reto", r->pool),
                                 r->pool);
    npie_bytes_t challenge = { (const unsigned char *)text, strlen(text) };
    npie_bytes_t cms;
    npie_flow_t *flow;
    apr_status_t rv;

    npie_subject_typed(r, npie_form_text(form, "usuario"));
    rv = npie_rate_within(r, "acceso", err);
    if (rv == APR_SUCCESS) {
        rv = take_challenge(r, text, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_runtime_flow(&flow, r, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_upload_der(&cms, form, "firma", r->pool) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the signature is neither PEM nor base64");
    }
    rv = npie_flow_login(login, flow, challenge, cms,
                         npie_form_text(form, "usuario"), err);
    if (rv != APR_SUCCESS) {
        if (login->cert != NULL) {
            identify(r, login);
        }
        return rv;
    }
    identify(r, login);
    if (login->problem == NPIE_P_USER) {
        /* A slip of the pen, said at its field: there is nobody to refuse. */
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_USER, "at login");
    }
    end_before(r);
    rv = npie_login_open(r, access_for(login->verdict), login->problem,
                         login->cert, login->employer, login->certificate,
                         NULL, err);
    return rv == APR_SUCCESS && login->verdict != NPIE_VERDICT_REFUSED
        ? npie_login_confirm(r, flow, login->certificate, err) : rv;
}

void npie_login_note(request_rec *r, const npie_login_t *login)
{
    npie_err_t err;

    if (login->verdict == NPIE_VERDICT_REFUSED) {
        npie_count(NPIE_COUNT_REFUSALS);
        identify(r, login);
        npie_err_set(&err, NPIE_EPOLICY, login->problem, "at login");
        npie_answer_log(r, &err);
        return;
    }
    npie_count(NPIE_COUNT_LOGINS);
    ap_log_rerror(APLOG_MARK, APLOG_INFO, 0, r,
                  "login of %s with certificate %s", login->employer->user,
                  login->cert->serial_text);
}

int npie_login_post(npie_visit_t *visit)
{
    request_rec *r = visit->r;
    npie_login_t login = { 0 };
    npie_err_t err;

    if (log_in(&login, r, visit->form, &err) != APR_SUCCESS) {
        return err.problem == NPIE_P_TOO_MANY ? npie_answer_error(r, &err)
                                              : refuse(r, &err);
    }
    npie_login_note(r, &login);
    if (npie_answer_wants_json(r)) {
        return npie_visit_tell(r);
    }
    return lead_on(r, &login, npie_form_text(visit->form, "volver"));
}
