/* SPDX-License-Identifier: Apache-2.0
 * pki/proof.h: whose signature is a proof, and what is none.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <openssl/err.h>

#include "pki/proof.h"
#include "unit/identity.h"

static const npie_bytes_t text = { (const unsigned char *)"NPIE-LOGIN-1\n",
                                   13 };

static npie_bytes_t signature_of(EVP_PKEY *key, npie_bytes_t over,
                                 apr_pool_t *p)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *out = apr_palloc(p, 1024);
    size_t len = 1024;

    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, out, &len, over.data, over.len), 1);
    EVP_MD_CTX_free(ctx);
    return (npie_bytes_t){ out, len };
}

static npie_bytes_t spki_of(EVP_PKEY *key, apr_pool_t *p)
{
    unsigned char *out = apr_palloc(p, 2048), *at = out;
    int len = i2d_PUBKEY(key, &at);

    assert_true(len > 0);
    return (npie_bytes_t){ out, (apr_size_t)len };
}

static void proved(apr_status_t status, npie_bytes_t spki,
                   npie_bytes_t signature)
{
    char hex[NPIE_SHA256_HEX_SIZE] = "";
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(npie_proof_verify(hex, spki, signature, text, &err),
                     status);
    assert_int_equal(err.problem, status == APR_SUCCESS ? NPIE_P_NONE
                                                        : NPIE_P_SIGNATURE);
    assert_int_equal(strlen(hex), status == APR_SUCCESS ? 64 : 0);
    assert_int_equal(ERR_peek_error(), 0);
}

static void test_kinds(void **state)
{
    static const char *const kinds[] = { "RSA-1024", "RSA-2048", "P-256",
                                         "P-384" };
    const npie_bytes_t other = { (const unsigned char *)"other", 5 };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        EVP_PKEY *key = identity_key(kinds[i], p)->key;
        EVP_PKEY *stranger = identity_key(i == 2 ? "P-384" : "P-256", p)->key;
        npie_bytes_t spki = spki_of(key, p);
        npie_bytes_t good = signature_of(key, text, p);
        npie_bytes_t cut = { good.data, good.len - 1 };

        proved(APR_SUCCESS, spki, good);
        proved(NPIE_ESIGNATURE, spki, signature_of(key, other, p));
        proved(NPIE_ESIGNATURE, spki, signature_of(stranger, text, p));
        proved(NPIE_ESIGNATURE, spki, cut);
        proved(NPIE_ESIGNATURE, spki, (npie_bytes_t){ good.data, 0 });
        proved(NPIE_ESIGNATURE, spki_of(stranger, p), good);
    }
}

static void test_no_key(void **state)
{
    apr_pool_t *p = *state;
    EVP_PKEY *key = identity_key("P-256", p)->key;
    EVP_PKEY *edwards = identity_key("ED25519", p)->key;
    npie_bytes_t spki = spki_of(key, p), good = signature_of(key, text, p);
    unsigned char *more = apr_pcalloc(p, spki.len + 1);

    memcpy(more, spki.data, spki.len);
    proved(NPIE_EINPUT, (npie_bytes_t){ more, spki.len + 1 }, good);
    proved(NPIE_EINPUT, (npie_bytes_t){ spki.data, spki.len - 1 }, good);
    proved(NPIE_EINPUT, (npie_bytes_t){ spki.data, 0 }, good);
    proved(NPIE_EINPUT, spki_of(edwards, p), good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_kinds), pool_test(test_no_key),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
