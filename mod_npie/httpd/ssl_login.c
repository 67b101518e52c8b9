/* SPDX-License-Identifier: Apache-2.0
 * Logging in by the TLS handshake.
 */
#include "httpd/ssl_login.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/login.h"
#include "httpd/ssl.h"
#include "pki/digest.h"

/* No cookie logs in again to be judged again: a refusal is kept this long. */
#define REFUSED_SECONDS 60

/* Certificates that the client sent beside its own, at most. */
#define CHAIN_MAX 8

static npie_bytes_t bytes_of(const char *text)
{
    npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return bytes;
}

/* The verified certificate, PEM; "" when there is none. */
static const char *client_certificate(request_rec *r)
{
    if (npie_conf_server(r->server)->tls_expired == 0
        || strcmp(npie_ssl_variable(r, "SSL_CLIENT_VERIFY"), "SUCCESS") != 0) {
        return "";
    }
    return npie_ssl_variable(r, "SSL_CLIENT_CERT");
}

/* Another server may trust other authorities, so its judgement is another. */
static apr_status_t key_of(const char **pkey, request_rec *r, const char *pem,
                           npie_err_t *err)
{
    char *hex = apr_palloc(r->pool, NPIE_SHA256_HEX_SIZE);
    const char *text = apr_pstrcat(r->pool, "tls:",
                                   npie_conf_server(r->server)->base.url, "\n",
                                   pem, NULL);

    *pkey = hex;
    return npie_sha256_hex(hex, bytes_of(text)) == APR_SUCCESS ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "no SHA-256");
}

/* What came along that can be read; what cannot does not help anybody. */
static apr_array_header_t *client_chain(request_rec *r)
{
    apr_array_header_t *chain = apr_array_make(r->pool, 2,
                                               sizeof(npie_bytes_t));

    for (int i = 0; i < CHAIN_MAX; ++i) {
        const char *pem = npie_ssl_variable(r,
            apr_psprintf(r->pool, "SSL_CLIENT_CERT_CHAIN_%d", i));
        npie_cert_t *cert;

        if (*pem == '\0') {
            break;
        }
        if (npie_cert_parse(&cert, bytes_of(pem), NULL, r->pool)
            == APR_SUCCESS) {
            APR_ARRAY_PUSH(chain, npie_bytes_t) = cert->der;
        }
    }
    return chain;
}

static apr_status_t log_in(npie_holder_t *holder, request_rec *r,
                           const char *pem, npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_login_t login = { 0 };
    npie_flow_t *flow;
    apr_status_t rv = npie_runtime_flow(&flow, r, err);

    if (rv == APR_SUCCESS) {
        rv = npie_flow_login_cert(&login, flow, bytes_of(pem), client_chain(r),
                                  err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    holder->session = npie_login_session(&login, r->pool);
    rv = npie_holder_store(r, holder->key, holder->session,
                           login.verdict == NPIE_VERDICT_REFUSED
                           ? REFUSED_SECONDS : runtime->conf->session.max,
                           err);
    if (rv == APR_SUCCESS && login.verdict != NPIE_VERDICT_REFUSED
        && !npie_login_stands(flow, login.certificate)) {
        npie_session_end(runtime->sessions, holder->key, NULL, r->pool);
        return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                            "the certificate changed during the login");
    }
    if (rv == APR_SUCCESS) {
        npie_login_note(r, &login);
    }
    return rv;
}

apr_status_t npie_ssl_holder(npie_holder_t **pholder, request_rec *r,
                             npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *pem = client_certificate(r);
    npie_holder_t *holder;
    apr_status_t rv;

    if (*pem == '\0') {
        return APR_NOTFOUND;
    }
    if (runtime->sessions == NULL) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                            "no pool of connections to Redis");
    }
    holder = apr_pcalloc(r->pool, sizeof(*holder));
    holder->tls = 1;
    rv = key_of(&holder->key, r, pem, err);
    if (rv == APR_SUCCESS) {
        rv = npie_session_get(&holder->session, runtime->sessions, holder->key,
                              runtime->conf->session.idle, r->request_time,
                              err, r->pool);
    }
    if (rv == APR_NOTFOUND) {
        rv = log_in(holder, r, pem, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (holder->session->not_after - r->request_time
        <= runtime->conf->before) {
        apr_table_setn(r->err_headers_out, NPIE_EXPIRES_HEADER,
                       npie_text_time(holder->session->not_after, r->pool));
    }
    *pholder = holder;
    return APR_SUCCESS;
}
