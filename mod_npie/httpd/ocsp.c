/* SPDX-License-Identifier: Apache-2.0
 * From a request to npie-signer's answer, and answers without a nonce kept in
 * Redis for everybody else who asks.
 */
#include "httpd/ocsp.h"

#include <apr_strings.h>

#include "base/text.h"
#include "flow/answers.h"
#include "httpd/answer.h"
#include "httpd/body.h"
#include "pki/digest.h"
#include "pki/ocsp.h"
#include "store/revocation.h"
#include "store/status.h"

/* More parts of the handler's own path than begin with an M. */
#define TRIES_MAX 8

static int send_answer(request_rec *r, npie_bytes_t der)
{
    if (der.len == 0) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    ap_set_content_type(r, "application/ocsp-response");
    ap_set_content_length(r, (apr_off_t)der.len);
    if (!r->header_only) {
        ap_rwrite(der.data, (int)der.len, r);
    }
    return OK;
}

static int send_error(request_rec *r, npie_ocsp_error_t error)
{
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    return send_answer(r, npie_ocsp_error(error, r->pool));
}

/* RFC 5019 section 6.2, for what came by GET and holds for everybody. */
static int send_kept(request_rec *r, const npie_signer_ocsp_t *answer)
{
    const apr_time_t left = answer->next_update - r->request_time;
    char *date = apr_palloc(r->pool, APR_RFC822_DATE_LEN);
    char digest[NPIE_SHA256_HEX_SIZE];
    int status;

    if (r->method_number != M_GET || left <= 0
        || npie_sha256_hex(digest, answer->response) != APR_SUCCESS) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
        return send_answer(r, answer->response);
    }
    apr_rfc822_date(date, answer->next_update);
    apr_table_setn(r->headers_out, "Expires", date);
    apr_table_setn(r->headers_out, "Cache-Control",
                   apr_psprintf(r->pool, "max-age=%" APR_TIME_T_FMT
                                ", public, no-transform, must-revalidate",
                                apr_time_sec(left)));
    apr_table_setn(r->headers_out, "ETag",
                   apr_psprintf(r->pool, "\"%.40s\"", digest));
    ap_update_mtime(r, answer->this_update);
    ap_set_last_modified(r);
    status = ap_meets_conditions(r);
    return status == OK ? send_answer(r, answer->response) : status;
}

/* One as Redis keeps it: two times and base64. */
static apr_status_t unpack(npie_signer_ocsp_t *answer, const char *text,
                           apr_pool_t *p)
{
    char *end;

    answer->this_update = apr_time_from_sec(apr_strtoi64(text, &end, 10));
    if (*end != ' ') {
        return NPIE_EINPUT;
    }
    answer->next_update = apr_time_from_sec(apr_strtoi64(end + 1, &end, 10));
    return *end == ' '
        ? npie_text_base64_decode(&answer->response, end + 1, strlen(end + 1),
                                  p)
        : NPIE_EINPUT;
}

/* @param pknown set to how many of the certificates the registry has */
static apr_status_t ask_signer(npie_signer_ocsp_t *answer, int *pknown,
                               npie_flow_t *flow, npie_bytes_t der,
                               const npie_ocsp_request_t *request,
                               npie_err_t *err)
{
    const npie_signer_t signer =
        npie_signer_within(flow->signer, NPIE_SIGNER_PUBLIC_TIMEOUT);
    apr_array_header_t *known = apr_array_make(flow->p, request->count,
                                               sizeof(npie_bytes_t));
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < request->count; ++i) {
        rv = npie_certificate_by_serial(known, flow->registry,
                                        request->serials[i], err);
    }
    *pknown = known->nelts;
    return rv == APR_SUCCESS
        ? npie_signer_ocsp(answer, &signer, der, known, err, flow->p)
        : rv;
}

/* What is kept under the request's name; a Redis that fails costs time only. */
static int find_kept(npie_signer_ocsp_t *answer, request_rec *r,
                     const char *name)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *text;

    return name != NULL && runtime->sessions != NULL
        && npie_status_get(&text, runtime->sessions, name, NULL, r->pool)
           == APR_SUCCESS
        && unpack(answer, text, r->pool) == APR_SUCCESS
        && r->request_time < answer->next_update;
}

static int answer_request(request_rec *r, npie_bytes_t der)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_ocsp_request_t request;
    npie_signer_ocsp_t answer;
    npie_flow_t *flow;
    npie_err_t err;
    int known = 0;
    apr_status_t rv;

    if (npie_ocsp_parse(&request, der, &err, r->pool) != APR_SUCCESS) {
        npie_answer_log(r, &err);
        return send_error(r, NPIE_OCSP_MALFORMED);
    }
    if (find_kept(&answer, r, request.name)) {
        return send_kept(r, &answer);
    }
    rv = npie_runtime_flow(&flow, r, &err);
    if (rv == APR_SUCCESS) {
        rv = ask_signer(&answer, &known, flow, der, &request, &err);
    }
    if (rv != APR_SUCCESS) {
        npie_answer_log(r, &err);
        return send_error(r, NPIE_OCSP_LATER);
    }
    /* Anybody may ask for any number of serials that nobody has: their
     * answers must not fill the memory that sessions are in. */
    if (request.name == NULL || answer.this_update == 0 || known == 0) {
        apr_table_setn(r->headers_out, "Cache-Control", "no-store");
        return send_answer(r, answer.response);
    }
    if (runtime->sessions != NULL) {
        npie_answer_keep(runtime->sessions, request.name, &answer, 0, NULL, r->pool);
    }
    return send_kept(r, &answer);
}

/* Base64 as RFC 6960 appendix A.1 asks for, or as clients have it: for URLs
 * (RFC 4648 section 5), without the padding. */
static apr_status_t decode(npie_bytes_t *der, char *text, apr_pool_t *p)
{
    static const char padding[] = "===";
    const apr_size_t len = strcspn(text, "=");

    for (char *c = text; *c != '\0'; ++c) {
        *c = *c == '-' ? '+' : *c == '_' ? '/' : *c;
    }
    if (text[len] == '\0') {
        text = apr_pstrcat(p, text, padding + 3 - (4 - len % 4) % 4, NULL);
    }
    return npie_text_base64_decode(der, text, strlen(text), p);
}

/* The request in the path: base64, its '+', '/' and '=' escaped or not. Where
 * the handler's own part of the path ends only the admin knows: it is the
 * rest behind one of the slashes, and DER says which. */
static int answer_path(request_rec *r)
{
    const char *path = r->unparsed_uri != NULL ? r->unparsed_uri : "";
    npie_ocsp_request_t request;
    int tries = 0;

    for (const char *at = strchr(path, '/'); at != NULL && tries < TRIES_MAX;
         at = strchr(at + 1, '/')) {
        char *text;
        npie_bytes_t der;

        /* DER begins with a SEQUENCE, and that with an M. */
        if (at[1] != 'M' || strlen(at) > 2 * NPIE_OCSP_MAX) {
            continue;
        }
        ++tries;
        text = apr_pstrdup(r->pool, at + 1);
        if (ap_unescape_url_keep2f(text, 1) == OK
            && decode(&der, text, r->pool) == APR_SUCCESS
            && npie_ocsp_parse(&request, der, NULL, r->pool)
               == APR_SUCCESS) {
            return answer_request(r, der);
        }
    }
    return send_error(r, NPIE_OCSP_MALFORMED);
}

int npie_ocsp_handler(request_rec *r)
{
    const char *type = apr_table_get(r->headers_in, "Content-Type");
    npie_bytes_t body;
    npie_err_t err;

    if (r->handler == NULL || strcmp(r->handler, "npie-ocsp") != 0) {
        return DECLINED;
    }
    if (npie_runtime_get(r->server) == NULL) {
        return HTTP_NOT_FOUND;
    }
    r->allowed |= (AP_METHOD_BIT << M_GET) | (AP_METHOD_BIT << M_POST);
    if (r->method_number == M_GET) {
        return answer_path(r);
    }
    if (r->method_number != M_POST) {
        return HTTP_METHOD_NOT_ALLOWED;
    }
    if (type == NULL
        || ap_cstr_casecmpn(type, "application/ocsp-request", 24) != 0) {
        return HTTP_UNSUPPORTED_MEDIA_TYPE;
    }
    if (npie_body_bytes(&body, r, NPIE_OCSP_MAX, &err) != APR_SUCCESS) {
        npie_answer_log(r, &err);
        return send_error(r, NPIE_OCSP_MALFORMED);
    }
    return answer_request(r, body);
}

apr_status_t npie_ocsp_renew(void *baton,
                             const npie_certificate_t *certificate,
                             npie_err_t *err, apr_pool_t *p)
{
    const npie_runtime_t *runtime = baton;
    const npie_ocsp_keeper_t answers = { runtime->sessions, &runtime->signer,
                                     runtime->trust };

    return npie_answers_renew(&answers, certificate, err, p);
}
