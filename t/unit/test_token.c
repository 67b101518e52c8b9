/* SPDX-License-Identifier: Apache-2.0
 * Keys in a SoftHSM, and libcrypto signing with them.
 */
#include "unit/soft_token.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "pki/cert.h"
#include "pki/cms.h"
#include "pki/cms_make.h"
#include "pki/openssl.h"

/* A key made on the token. */
typedef struct made_t {
    npie_pkcs11_t *tokens;
    EVP_PKEY *key;
    const char *uri;
} made_t;

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

static npie_pkcs11_t *tokens_of(apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_t *tokens = NULL;

    if (npie_pkcs11_create(&tokens, SOFT_MODULE, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    return tokens;
}

static made_t make(npie_pkcs11_t *tokens, const char *kind, const char *label,
                   apr_pool_t *p)
{
    const npie_pkcs11_pin_t pin = soft_token_pin();
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    made_t made = { tokens, NULL, NULL };

    if (npie_pkcs11_generate(&made.key, &made.uri, tokens,
                             soft_token_uri("one", p), &pin, kind, label,
                             &err, p) != APR_SUCCESS) {
        fail_msg("%s: %s", kind, err.detail);
    }
    apr_pool_cleanup_register(p, made.key, free_key, apr_pool_cleanup_null);
    return made;
}

static npie_cert_t *self_signed(EVP_PKEY *key, const EVP_MD *md,
                                apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    X509 *x509 = X509_new();
    npie_cert_t *cert = NULL;
    npie_bytes_t bytes;
    unsigned char *der = NULL;
    int len;

    assert_int_equal(X509_set_version(x509, 2), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x509), 7), 1);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)"Sello", -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x509), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x509), 3600));
    assert_int_equal(X509_set_pubkey(x509, key), 1);
    if (X509_sign(x509, key, md) <= 0) {
        npie_openssl_fail(&err, NPIE_EINTERNAL, NPIE_P_NONE, "X509_sign");
        fail_msg("%s", err.detail);
    }
    len = i2d_X509(x509, &der);
    bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    OPENSSL_free(der);
    X509_free(x509);
    assert_int_equal(npie_cert_parse(&cert, bytes, &err, p), APR_SUCCESS);
    assert_int_equal(X509_verify(cert->x509, X509_get0_pubkey(cert->x509)), 1);
    assert_int_equal(X509_check_private_key(cert->x509, key), 1);
    return cert;
}

static void check_signatures(EVP_PKEY *key, const char *type, apr_pool_t *p)
{
    const npie_bytes_t content[] = { unit_bytes("carta "), unit_bytes("1") };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert = self_signed(key, EVP_sha256(), p);
    npie_bytes_t cms;

    self_signed(key, EVP_sha384(), p);
    assert_true(EVP_PKEY_is_a(key, type));
    if (npie_cms_make(&cms, key, cert, NULL, content, 2, &err, p)
        != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

/* A key in the token of that label, for that public half, and what is said
 * when there is none. */
static apr_status_t take(EVP_PKEY **pkey, npie_pkcs11_t *tokens,
                         const char *uri, npie_pkcs11_pin_t pin,
                         EVP_PKEY *public_key, npie_err_t *err, apr_pool_t *p)
{
    npie_pkcs11_uri_t *parsed;
    apr_status_t rv = npie_pkcs11_uri_parse(&parsed, uri, NPIE_PKCS11_URI_KEY,
                                            err, p);

    return rv != APR_SUCCESS ? rv
        : npie_pkcs11_key(pkey, tokens, parsed, &pin, public_key, err, p);
}

/* An RSA key made elsewhere and put in: to make one in SoftHSM takes minutes
 * under valgrind. */
static EVP_PKEY *rsa_key(const soft_token_t *soft, npie_pkcs11_t *tokens,
                         apr_pool_t *p)
{
    const char *file = apr_pstrcat(p, soft->dir, "/rsa.pem", NULL);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    EVP_PKEY *own, *key = NULL;
    BIO *in;

    assert_int_equal(system(apr_psprintf(
        p, "openssl genpkey -quiet -algorithm RSA -pkeyopt "
        "rsa_keygen_bits:2048 -out '%s' 2> '%s/said'", file, soft->dir)), 0);
    soft_token_import(soft, "one", file, "rsa", p);
    in = BIO_new_file(file, "r");
    own = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    BIO_free(in);
    assert_non_null(own);
    if (take(&key, tokens, "pkcs11:token=one;object=rsa", soft_token_pin(),
             own, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    EVP_PKEY_free(own);
    apr_pool_cleanup_register(p, key, free_key, apr_pool_cleanup_null);
    return key;
}

static void test_signs(void **state)
{
    apr_pool_t *p = *state;
    soft_token_t *soft = soft_token_make("one", p);
    npie_pkcs11_t *tokens = tokens_of(p);

    check_signatures(make(tokens, "p256", "one", p).key, "EC", p);
    check_signatures(make(tokens, "p384", "two", p).key, "EC", p);
    check_signatures(rsa_key(soft, tokens, p), "RSA", p);
}

static void not_taken(npie_pkcs11_t *tokens, const char *uri,
                      npie_pkcs11_pin_t pin, EVP_PKEY *public_key,
                      const char *why, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    EVP_PKEY *pkey = NULL;

    assert_int_equal(take(&pkey, tokens, uri, pin, public_key, &err, p),
                     NPIE_ECONFIG);
    assert_null(pkey);
    if (strstr(err.detail, why) == NULL) {
        fail_msg("%s: %s", uri, err.detail);
    }
    assert_null(strstr(err.detail, SOFT_PIN));
}

/* A fresh login in the same process: the first one has ended. */
static npie_pkcs11_t *again(apr_pool_t **pnew, apr_pool_t *p)
{
    apr_pool_create(pnew, p);
    return tokens_of(*pnew);
}

static EVP_PKEY *public_of(EVP_PKEY *key)
{
    EVP_PKEY *copy = NULL;
    OSSL_PARAM *params = NULL;
    EVP_PKEY_CTX *ctx;

    assert_int_equal(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &params), 1);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, EVP_PKEY_is_a(key, "RSA") ? "RSA"
                                     : "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &copy, EVP_PKEY_PUBLIC_KEY,
                                       params), 1);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return copy;
}

/* A token with two keys; what was logged in has ended. */
static EVP_PKEY *two_keys(apr_pool_t *p)
{
    apr_pool_t *own;
    npie_pkcs11_t *tokens = again(&own, p);
    made_t made = make(tokens, "p256", "npie-a", own);
    EVP_PKEY *public_key = public_of(made.key);

    make(tokens, "p256", "npie-b", own);
    apr_pool_destroy(own);
    apr_pool_cleanup_register(p, public_key, free_key, apr_pool_cleanup_null);
    return public_key;
}

static void test_start(void **state)
{
    apr_pool_t *p = *state, *own;
    const npie_pkcs11_pin_t good = soft_token_pin();
    npie_pkcs11_pin_t wrong = { "PIN file wrong", unit_bytes("999999\n") };
    npie_pkcs11_pin_t none = { NULL, { NULL, 0 } };
    npie_pkcs11_pin_t empty = { "PIN file empty", unit_bytes("\n") };
    soft_token_t *soft = soft_token_make("one", p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    EVP_PKEY *public_key = two_keys(p);
    EVP_PKEY *pkey = NULL;
    npie_pkcs11_t *tokens = again(&own, p);

    assert_int_equal(take(&pkey, tokens, "pkcs11:token=one;object=npie-a",
                          good, public_key, &err, p), APR_SUCCESS);
    EVP_PKEY_free(pkey);
    not_taken(tokens, "pkcs11:token=one;object=npie-b", good, public_key,
              "not by the certificate's key", p);
    not_taken(tokens, "pkcs11:token=one;object=npie-c", good, public_key,
              "has no such private key", p);
    not_taken(tokens, "pkcs11:token=two;object=npie-a", good, public_key,
              "there is no such token", p);
    not_taken(tokens, "pkcs11:token=one;object=a?module-path=/nowhere.so",
              good, public_key, "/nowhere.so", p);
    not_taken(tokens, apr_pstrcat(p, "pkcs11:token=one;object=a?module-path=",
                                  soft->conf, NULL), good, public_key,
              soft->conf, p);
    soft_token_add(soft, "one", p);
    apr_pool_destroy(own);

    tokens = again(&own, p);
    not_taken(tokens, "pkcs11:token=one;object=npie-a", good, public_key,
              "more than one token", p);
    not_taken(tokens, "pkcs11:token=uno;object=npie-a", wrong, public_key,
              "no such token", p);
    apr_pool_destroy(own);
    soft_token_add(soft, "uno", p);
    tokens = again(&own, p);
    not_taken(tokens, "pkcs11:token=uno;object=npie-a", wrong, public_key,
              "refuses this PIN", p);
    not_taken(tokens, "pkcs11:token=uno;object=npie-a", none, public_key,
              "wants a PIN", p);
    not_taken(tokens, "pkcs11:token=uno;object=npie-a", empty, public_key,
              "no PIN", p);
    apr_pool_destroy(own);
}

static int sign(EVP_PKEY *key, npie_err_t *err)
{
    unsigned char signature[512];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int done = EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(ctx, signature, &len,
                          (const unsigned char *)"uno", 3) == 1;

    EVP_MD_CTX_free(ctx);
    if (!done) {
        assert_int_equal(npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                           "signing"), NPIE_EBACKEND);
    }
    assert_int_equal(ERR_peek_error(), 0);
    return done;
}

/* Pulled out it fails, plugged in it is found again, and what has come in its
 * place, with another key or another PIN, is not used. */
static void test_taken_away(void **state)
{
    apr_pool_t *p = *state;
    soft_token_t *soft = soft_token_make("one", p);
    npie_pkcs11_t *tokens = tokens_of(p);
    made_t made = make(tokens, "p256", "npie-a", p);
    made_t other = make(tokens, "p384", "npie-b", p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_true(sign(made.key, &err));
    soft_token_pull(soft, p);
    for (int i = 0; i < 2; i++) {
        assert_false(sign(made.key, &err));
        assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
        assert_non_null(strstr(err.detail, "pkcs11:token=one"));
        assert_false(sign(other.key, &err));
    }
    soft_token_plug(soft, p);
    assert_true(sign(made.key, &err));
    assert_true(sign(other.key, &err));
}

/* Another token of the name: its PIN is tried once, and never again, not even
 * when the right one is back. */
static void test_replaced(void **state)
{
    apr_pool_t *p = *state;
    soft_token_t *soft = soft_token_make("one", p);
    npie_pkcs11_t *tokens = tokens_of(p);
    made_t made = make(tokens, "p256", "npie-a", p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    soft_token_pull(soft, p);
    soft_token_add_pin(soft, "one", "161803", p);
    assert_false(sign(made.key, &err));
    assert_non_null(strstr(err.detail, "refuses this PIN"));
    soft_token_plug(soft, p);
    assert_false(sign(made.key, &err));
    assert_non_null(strstr(err.detail, "not tried again until the next start"));
}

/* Labels in use, and taking back what was made. */
static void test_room(void **state)
{
    apr_pool_t *p = *state;
    const npie_pkcs11_pin_t pin = soft_token_pin();
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_uri_t *uri;
    EVP_PKEY *pkey = NULL;
    const char *text;
    npie_pkcs11_t *tokens;

    soft_token_make("one", p);
    tokens = tokens_of(p);
    uri = soft_token_uri("one", p);
    assert_int_equal(npie_pkcs11_room(tokens, uri, &pin, "npie-a", &err, p),
                     APR_SUCCESS);
    make(tokens, "p256", "npie-a", p);
    assert_int_equal(npie_pkcs11_room(tokens, uri, &pin, "npie-a", &err, p),
                     NPIE_ECONFLICT);
    assert_int_equal(npie_pkcs11_generate(&pkey, &text, tokens, uri, &pin,
                                          "p256", "npie-a", &err, p),
                     NPIE_ECONFLICT);
    assert_int_equal(npie_pkcs11_generate(&pkey, &text, tokens, uri, &pin,
                                          "dsa", "npie-b", &err, p),
                     NPIE_EINPUT);
    npie_pkcs11_undo(tokens);
    assert_int_equal(npie_pkcs11_room(tokens, uri, &pin, "npie-a", &err, p),
                     APR_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_signs),
        pool_test(test_start),
        pool_test(test_taken_away),
        pool_test(test_replaced),
        pool_test(test_room),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
