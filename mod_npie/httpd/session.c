/* SPDX-License-Identifier: Apache-2.0
 * Cookie and session.
 */
#include "httpd/session.h"

#include <apr_strings.h>

#include "base/cookie.h"
#include "base/random.h"
#include "pki/digest.h"

/* 256 bits, base64url. */
#define TOKEN_BYTES 32
#define TOKEN_LENGTH 43
#define CSRF_BYTES 24

/* The Cookie header as it came, once ours was taken out of it. */
#define HIDDEN_NOTE "npie-cookie"

/* What a request remembers of its look-up. */
typedef struct lookup_t {
    apr_status_t rv;
    npie_err_t err;
    npie_holder_t *holder;
} lookup_t;

/* Sub-requests and internal redirects share what it found. */
request_rec *npie_holder_request(request_rec *r)
{
    for (;;) {
        if (r->main != NULL) {
            r = r->main;
        }
        else if (r->prev != NULL) {
            r = r->prev;
        }
        else {
            return r;
        }
    }
}

/* The cookie's value when it has the form we give out, else NULL. */
static const char *cookie_value(request_rec *r)
{
    const char *header = apr_table_get(r->notes, HIDDEN_NOTE);
    const char *found = npie_cookie_find(
        header != NULL ? header : apr_table_get(r->headers_in, "Cookie"),
        NPIE_COOKIE, r->pool);

    return found != NULL && strlen(found) == TOKEN_LENGTH ? found : NULL;
}

static int is_cookie_of(const char *word)
{
    static const char prefix[] = NPIE_COOKIE "=";

    return strncmp(word, prefix, sizeof(prefix) - 1) == 0;
}

void npie_holder_hide(request_rec *r)
{
    request_rec *origin = npie_holder_request(r);
    const char *header = apr_table_get(r->headers_in, "Cookie");
    const char *rest = NULL;
    char *copy, *state = NULL;

    if (header == NULL || ap_strstr_c(header, NPIE_COOKIE "=") == NULL) {
        return;
    }
    apr_table_setn(origin->notes, HIDDEN_NOTE, header);
    copy = apr_pstrdup(r->pool, header);
    for (char *word = apr_strtok(copy, ";", &state); word != NULL;
         word = apr_strtok(NULL, ";", &state)) {
        while (*word == ' ') {
            ++word;
        }
        if (!is_cookie_of(word)) {
            rest = rest == NULL ? word
                : apr_pstrcat(r->pool, rest, "; ", word, NULL);
        }
    }
    if (rest == NULL) {
        apr_table_unset(r->headers_in, "Cookie");
    }
    else {
        apr_table_setn(r->headers_in, "Cookie", rest);
    }
}

/* Another server may have another registry and trust other authorities, and
 * yet the same Redis: who logged in there is nobody here. */
static apr_status_t key_of(const char **pkey, const request_rec *r,
                           const char *token, npie_err_t *err)
{
    char *hex = apr_palloc(r->pool, NPIE_SHA256_HEX_SIZE);
    const char *text = apr_pstrcat(r->pool, "cookie:",
                                   npie_conf_server(r->server)->base.url, "\n",
                                   token, NULL);
    npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };
    apr_status_t rv = npie_sha256_hex(hex, bytes);

    *pkey = hex;
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, rv, NPIE_P_INTERNAL, "no SHA-256");
}

static apr_status_t look_up_cookie(lookup_t *lookup, request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const char *token = cookie_value(r);
    npie_holder_t *holder;
    apr_status_t rv;

    if (token == NULL) {
        return APR_NOTFOUND;
    }
    if (runtime->sessions == NULL) {
        return npie_err_set(&lookup->err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                            "no pool of connections to Redis");
    }
    holder = apr_pcalloc(r->pool, sizeof(*holder));
    rv = key_of(&holder->key, r, token, &lookup->err);
    if (rv == APR_SUCCESS) {
        rv = npie_session_get(&holder->session, runtime->sessions, holder->key,
                              runtime->conf->session.idle, r->request_time,
                              &lookup->err, r->pool);
    }
    if (rv == APR_SUCCESS) {
        lookup->holder = holder;
    }
    return rv;
}

apr_status_t npie_holder_find(npie_holder_t **pholder, request_rec *r,
                              npie_holder_fn *other, npie_err_t *err)
{
    request_rec *origin = npie_holder_request(r);
    lookup_t *lookup = ap_get_module_config(origin->request_config,
                                            &npie_module);

    if (lookup == NULL) {
        lookup = apr_pcalloc(origin->pool, sizeof(*lookup));
        lookup->rv = look_up_cookie(lookup, origin);
        if (lookup->rv == APR_NOTFOUND && other != NULL) {
            lookup->rv = other(&lookup->holder, origin, &lookup->err);
        }
        ap_set_module_config(origin->request_config, &npie_module, lookup);
    }
    *pholder = lookup->holder;
    if (lookup->rv != APR_SUCCESS && err != NULL) {
        *err = lookup->err;
    }
    return lookup->rv;
}

apr_status_t npie_holder_get(npie_holder_t **pholder, request_rec *r,
                             npie_err_t *err)
{
    return npie_holder_find(pholder, r, NULL, err);
}

const npie_holder_t *npie_holder_known(const request_rec *r)
{
    const request_rec *origin = npie_holder_request((request_rec *)r);
    const lookup_t *lookup = ap_get_module_config(origin->request_config,
                                                  &npie_module);

    return lookup != NULL ? lookup->holder : NULL;
}

/* From here on a new session is the request's. */
static void remember(request_rec *r, const char *key,
                     npie_session_t *session)
{
    request_rec *origin = npie_holder_request(r);
    lookup_t *lookup = apr_pcalloc(origin->pool, sizeof(*lookup));

    lookup->holder = apr_pcalloc(origin->pool, sizeof(*lookup->holder));
    lookup->holder->key = key;
    lookup->holder->session = session;
    ap_set_module_config(origin->request_config, &npie_module, lookup);
}

static void set_cookie(request_rec *r, const char *value, const char *more)
{
    apr_table_addn(r->err_headers_out, "Set-Cookie",
                   apr_pstrcat(r->pool, NPIE_COOKIE "=", value,
                               "; Path=/; Secure; HttpOnly; SameSite=Lax",
                               more, NULL));
}

apr_status_t npie_holder_store(request_rec *r, const char *key,
                               npie_session_t *session, int life,
                               npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    char *csrf = NULL;

    if (session->csrf == NULL
        && npie_random_token(&csrf, CSRF_BYTES, r->pool) == APR_SUCCESS) {
        session->csrf = csrf;
    }
    if (session->csrf == NULL) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no random bytes");
    }
    if (runtime->sessions == NULL) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SESSIONS_DOWN,
                            "no pool of connections to Redis");
    }
    session->created = apr_time_now();
    session->expires = session->created + apr_time_from_sec(life);
    return npie_session_put(runtime->sessions, key, session,
                            runtime->conf->session.idle, err, r->pool);
}

apr_status_t npie_holder_open(request_rec *r, npie_session_t *session,
                              npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    char *token;
    const char *key;
    apr_status_t rv;

    if (npie_random_token(&token, TOKEN_BYTES, r->pool) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no random bytes");
    }
    rv = key_of(&key, r, token, err);
    if (rv == APR_SUCCESS) {
        rv = npie_holder_store(r, key, session, runtime->conf->session.max,
                               err);
    }
    if (rv == APR_SUCCESS) {
        set_cookie(r, token, "");
        remember(r, key, session);
    }
    return rv;
}

apr_status_t npie_holder_end(request_rec *r, npie_err_t *err)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    npie_holder_t *holder;
    apr_status_t rv = npie_holder_get(&holder, r, err);

    set_cookie(r, "", "; Max-Age=0");
    if (rv == APR_NOTFOUND) {
        return APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_session_end(runtime->sessions, holder->key, err, r->pool);
    }
    return rv;
}
