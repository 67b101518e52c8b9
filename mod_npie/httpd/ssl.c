/* SPDX-License-Identifier: Apache-2.0
 * The handshake: a certificate whose only fault is that it has expired.
 */
#include "httpd/ssl.h"

#include <http_connection.h>
#include <http_ssl.h>
#ifdef HAVE_MOD_SSL_OPENSSL_H
#include <mod_ssl_openssl.h>
#endif

#include "httpd/config.h"

/* A connection in which something was verified. */
typedef struct connection_t {
    const npie_server_conf_t *conf; /* of the verification going on */
    int failed;    /* it found another fault, or mod_ssl did */
    int forgiven;  /* it forgave the leaf's end */
    int tolerated; /* one verification of this connection did */
} connection_t;

int npie_ssl_tolerated(const conn_rec *c)
{
    const conn_rec *first = c->master != NULL ? c->master : c;
    const connection_t *connection = ap_get_module_config(first->conn_config,
                                                          &npie_module);

    return connection != NULL && connection->tolerated;
}

const char *npie_ssl_variable(request_rec *r, const char *name)
{
    const char *value = ap_ssl_var_lookup(r->pool, r->server, r->connection, r,
                                          name);

    return value != NULL ? value : "";
}

#ifdef HAVE_MOD_SSL_OPENSSL_H

/* The session of a forgiven certificate carries this as its context. No
 * server has it as its own, so that none resumes the session: it would be
 * without a verification, and on a server that forgives nothing too. */
static const unsigned char NEVER_RESUMED[] = "npie expired";

static SSL *ssl_of(X509_STORE_CTX *store)
{
    return X509_STORE_CTX_get_ex_data(store,
                                      SSL_get_ex_data_X509_STORE_CTX_idx());
}

/* mod_ssl keeps the connection in the SSL's application data, where its own
 * callback looks for it. */
static connection_t *connection_of(SSL *ssl)
{
    conn_rec *c = ssl != NULL ? SSL_get_app_data(ssl) : NULL;
    connection_t *connection;

    if (c == NULL) {
        return NULL;
    }
    connection = ap_get_module_config(c->conn_config, &npie_module);
    if (connection == NULL) {
        connection = apr_pcalloc(c->pool, sizeof(*connection));
        ap_set_module_config(c->conn_config, &npie_module, connection);
    }
    return connection;
}

/* Did it end within the longest time that is forgiven? */
static int is_young_enough(const npie_server_conf_t *conf, const X509 *x509)
{
    time_t oldest = apr_time_sec(apr_time_now() - conf->tls_expired);

    return conf->tls_expired < 0
        || X509_cmp_time(X509_get0_notAfter(x509), &oldest) > 0;
}

/* Is this fault the end of the leaf, issued by somebody, and the first one?
 * A verification with a parent is that of a CRL's own chain. */
static int is_forgivable(const connection_t *connection, X509_STORE_CTX *store)
{
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);

    return !connection->failed
        && X509_STORE_CTX_get_error(store) == X509_V_ERR_CERT_HAS_EXPIRED
        && X509_STORE_CTX_get_error_depth(store) == 0
        && leaf != NULL && X509_STORE_CTX_get_current_cert(store) == leaf
        && X509_STORE_CTX_get0_parent_ctx(store) == NULL
        && sk_X509_num(X509_STORE_CTX_get0_chain(store)) >= 2
        && is_young_enough(connection->conf, leaf);
}

/* In the place of mod_ssl's callback, which changes with each renegotiation.
 * What is forgiven mod_ssl hears of as good, in OpenSSL's next call for the
 * same certificate; its limits of depth and OCSP are looked at there. */
static int verify_one(int ok, X509_STORE_CTX *store)
{
    SSL *ssl = ssl_of(store);
    connection_t *connection = connection_of(ssl);
    SSL_verify_cb next = SSL_get_verify_callback(ssl);
    int good;

    if (!ok && is_forgivable(connection, store)) {
        X509_STORE_CTX_set_error(store, X509_V_OK);
        connection->forgiven = 1;
        return 1;
    }
    good = next != NULL ? next(ok, store) : ok;
    /* mod_ssl clears what its directives allow (no_crl_for_cert_ok), and lets
     * pass without clearing what optional_no_ca only puts up with. */
    if (!ok && (!good || X509_STORE_CTX_get_error(store) != X509_V_OK)) {
        connection->failed = 1;
    }
    return good;
}

static int verify(X509_STORE_CTX *store, void *conf)
{
    SSL *ssl = ssl_of(store);
    connection_t *connection = connection_of(ssl);
    int ok;

    if (connection == NULL) {
        return X509_verify_cert(store);
    }
    connection->conf = conf;
    connection->failed = 0;
    connection->forgiven = 0;
    X509_STORE_CTX_set_verify_cb(store, verify_one);
    ok = X509_verify_cert(store);
    if (!connection->forgiven) {
        return ok;
    }
    connection->tolerated = 1;
    if (SSL_SESSION_set1_id_context(SSL_get_session(ssl), NEVER_RESUMED,
                                    sizeof(NEVER_RESUMED) - 1) != 1) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
        return 0;
    }
    return ok;
}

static int init_server(server_rec *s, apr_pool_t *p, int is_proxy,
                       SSL_CTX *ctx)
{
    npie_server_conf_t *conf = npie_conf_server(s);

    (void)p;
    if (!is_proxy && conf->tls_expired != 0) {
        SSL_CTX_set_cert_verify_callback(ctx, verify, conf);
    }
    return OK;
}

void npie_ssl_register(void)
{
    APR_OPTIONAL_HOOK(ssl, init_server, init_server, NULL, NULL,
                      APR_HOOK_MIDDLE);
}

const char *npie_ssl_obstacle(void)
{
    return ap_find_linked_module("mod_ssl.c") != NULL ? NULL
        : "NPIETLSExpired needs mod_ssl: load it, or set NPIETLSExpired off";
}

#else

void npie_ssl_register(void)
{
}

const char *npie_ssl_obstacle(void)
{
    return "NPIETLSExpired needs a mod_npie built with mod_ssl_openssl.h "
           "(Debian: apache2-ssl-dev): build it so, or set NPIETLSExpired off";
}

#endif
