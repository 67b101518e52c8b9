/* SPDX-License-Identifier: Apache-2.0
 * Keys in a SoftHSM, and libcrypto signing with them.
 */
#include "unit/soft_token.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
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

static void check_signatures(const made_t *made, const char *type,
                             apr_pool_t *p)
{
    const npie_bytes_t content[] = { unit_bytes("carta "), unit_bytes("1") };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert = self_signed(made->key, EVP_sha256(), p);
    npie_bytes_t cms;

    self_signed(made->key, EVP_sha384(), p);
    assert_true(EVP_PKEY_is_a(made->key, type));
    if (npie_cms_make(&cms, made->key, cert, NULL, content, 2, &err, p)
        != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_signs(void **state)
{
    static const struct {
        const char *kind;
        const char *type;
    } kinds[] = { { "rsa:2048", "RSA" }, { "p256", "EC" }, { "p384", "EC" } };
    apr_pool_t *p = *state;
    npie_pkcs11_t *tokens;

    soft_token_make("one", p);
    tokens = tokens_of(p);
    for (int i = 0; i < 3; i++) {
        made_t made = make(tokens, kinds[i].kind, kinds[i].kind, p);

        check_signatures(&made, kinds[i].type, p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_signs),
    };
    int failed;

    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
