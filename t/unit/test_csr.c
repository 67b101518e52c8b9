/* SPDX-License-Identifier: Apache-2.0
 * pki/csr.h: which requests and which new keys are taken.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "pki/csr.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const npie_key_rules_t usual = { 2048, 1, 1, NULL };

/* Parses and sees that the outcome is whole: a request or a problem. */
static npie_csr_t *parsed(npie_bytes_t bytes, const npie_key_rules_t *rules,
                          apr_status_t status, npie_problem_t problem,
                          apr_pool_t *p)
{
    npie_csr_t *csr = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(npie_csr_parse(&csr, bytes, rules, &err, p), status);
    assert_int_equal(err.problem, problem);
    assert_int_equal(ERR_peek_error(), 0);
    assert_true((csr != NULL) == (status == APR_SUCCESS));
    return csr;
}

static void refused_key(npie_bytes_t bytes, const npie_key_rules_t *rules,
                        apr_pool_t *p)
{
    parsed(bytes, rules, NPIE_EPOLICY, NPIE_P_NEW_KEY_WEAK, p);
}

static void test_takes(void **state)
{
    static const struct {
        const char *kind, *type;
        int bits;
    } kinds[] = {
        { "RSA-2048", "RSA", 2048 }, { "RSA-3072", "RSA", 3072 },
        { "P-256", "P-256", 256 }, { "P-384", "P-384", 384 },
    };

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        identity_t *id = identity_key(kinds[i].kind, *state);
        npie_csr_t *csr = parsed(identity_csr(id, id, *state), &usual, 0,
                                 NPIE_P_NONE, *state);
        unsigned char *der = NULL;
        int len = i2d_PUBKEY(id->key, &der);

        assert_string_equal(csr->key_type, kinds[i].type);
        assert_int_equal(csr->key_bits, kinds[i].bits);
        assert_int_equal(csr->spki.len, len);
        assert_memory_equal(csr->spki.data, der, len);
        assert_memory_equal(csr->public_key.data,
                            der + len - csr->public_key.len,
                            csr->public_key.len);
        assert_int_equal(strlen(csr->spki_sha256), 64);
        OPENSSL_free(der);
    }
}

static void test_rules(void **state)
{
    static const npie_key_rules_t no_rsa = { 0, 1, 1, NULL };
    static const npie_key_rules_t long_rsa = { 3072, 0, 0, NULL };
    identity_t *rsa = identity_key("RSA-2048", *state);
    identity_t *p256 = identity_key("P-256", *state);
    identity_t *p384 = identity_key("P-384", *state);
    identity_t *p521 = identity_key("P-521", *state);
    identity_t *weak = identity_key("RSA-1024", *state);

    refused_key(identity_csr(rsa, rsa, *state), &no_rsa, *state);
    refused_key(identity_csr(rsa, rsa, *state), &long_rsa, *state);
    refused_key(identity_csr(p256, p256, *state), &long_rsa, *state);
    refused_key(identity_csr(p384, p384, *state), &long_rsa, *state);
    refused_key(identity_csr(p521, p521, *state), &usual, *state);
    refused_key(identity_csr(weak, weak, *state), &usual, *state);
}

static void test_possession(void **state)
{
    identity_t *mine = identity_key("P-256", *state);
    identity_t *other = identity_key("P-256", *state);
    npie_bytes_t bytes = identity_csr(mine, other, *state);
    unsigned char *changed;

    parsed(bytes, &usual, NPIE_ESIGNATURE, NPIE_P_CSR_SIGNATURE, *state);
    bytes = identity_csr(mine, mine, *state);
    changed = apr_pmemdup(*state, bytes.data, bytes.len);
    changed[bytes.len - 1] ^= 1;
    bytes.data = changed;
    parsed(bytes, &usual, NPIE_ESIGNATURE, NPIE_P_CSR_SIGNATURE, *state);
}

/* What openssl's own request command makes, with these arguments. */
static npie_bytes_t made_by_openssl(const char *arguments, apr_pool_t *p)
{
    const char *out = NULL;

    if (forge_run(&out, p, "openssl req -new -subj /CN=NPIE -nodes "
                  "-keyout key.pem -out csr.pem %s", arguments) != 0) {
        fail_msg("%s", out);
    }
    return forge_read("csr.pem", p);
}

static void test_digests(void **state)
{
    static const struct {
        const char *arguments;
        int taken;
    } cases[] = {
        { "-newkey rsa:2048 -sha256", 1 },
        { "-newkey rsa:2048 -sha512", 1 },
        { "-newkey rsa:2048 -sha1", 0 },
        { "-newkey rsa:2048 -md5", 0 },
        { "-newkey rsa:2048 -sha256 -sigopt rsa_padding_mode:pss", 1 },
        { "-newkey rsa:2048 -sha1 -sigopt rsa_padding_mode:pss", 0 },
        { "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha384", 1 },
        { "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha1", 0 },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        parsed(made_by_openssl(cases[i].arguments, *state), &usual,
               cases[i].taken ? APR_SUCCESS : NPIE_ESIGNATURE,
               cases[i].taken ? NPIE_P_NONE : NPIE_P_CSR_SIGNATURE, *state);
    }
}

/* Other kinds of keys, and the accepted ones written another way. */
static void test_unusual_keys(void **state)
{
    static const char *const arguments[] = {
        "-newkey rsa:2048 -pkeyopt rsa_keygen_pubexp:3",
        "-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048",
        "-newkey ed25519",
        "-newkey ec -pkeyopt ec_paramgen_curve:secp256k1",
        ("-newkey ec -pkeyopt ec_paramgen_curve:P-256 "
         "-pkeyopt ec_param_enc:explicit"),
    };

    for (size_t i = 0; i < COUNT(arguments); ++i) {
        refused_key(made_by_openssl(arguments[i], *state), &usual, *state);
    }
    assert_int_equal(forge_run(
        NULL, *state, "openssl ecparam -name P-256 -genkey -noout "
        "-conv_form compressed -out ec.pem && openssl ec -in ec.pem "
        "-conv_form compressed -out compressed.pem && openssl req -new "
        "-subj /CN=NPIE -key compressed.pem -out csr.pem"), 0);
    refused_key(forge_read("csr.pem", *state), &usual, *state);
}

/* A request for an RSA key of this modulus (hex) and exponent, signed by
 * somebody else: such keys have no owner who could sign. */
static npie_bytes_t rsa_request(const BIGNUM *n, const BIGNUM *e,
                                apr_pool_t *p)
{
    identity_t *signer = identity_key("RSA-2048", p);
    identity_t id = { NULL, NULL, { NULL, 0 } };
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params;
    npie_bytes_t bytes;

    assert_true(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n));
    assert_true(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e));
    params = OSSL_PARAM_BLD_to_param(builder);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &id.key, EVP_PKEY_PUBLIC_KEY,
                                       params), 1);
    bytes = identity_csr(&id, signer, p);
    EVP_PKEY_free(id.key);
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_BLD_free(builder);
    return bytes;
}

static void test_bad_rsa(void **state)
{
    identity_t *good = identity_key("RSA-2048", *state);
    BIGNUM *n = NULL, *bad = BN_new(), *e = BN_new();
    BN_CTX *ctx = BN_CTX_new();

    assert_int_equal(EVP_PKEY_get_bn_param(good->key, OSSL_PKEY_PARAM_RSA_N,
                                           &n), 1);
    /* The key itself passes up to the signature, which is another's. */
    BN_set_word(e, 65537);
    parsed(rsa_request(n, e, *state), &usual, NPIE_ESIGNATURE,
           NPIE_P_CSR_SIGNATURE, *state);
    BN_set_word(e, 65535);
    refused_key(rsa_request(n, e, *state), &usual, *state);
    BN_set_word(e, 65538);
    refused_key(rsa_request(n, e, *state), &usual, *state);
    BN_set_word(e, 1);
    refused_key(rsa_request(n, e, *state), &usual, *state);
    BN_lshift(e, e, 256);
    BN_add_word(e, 1);
    refused_key(rsa_request(n, e, *state), &usual, *state);
    BN_set_word(e, 65537);
    BN_copy(bad, n);
    BN_add_word(bad, 1);
    refused_key(rsa_request(bad, e, *state), &usual, *state);
    /* 2039 is the last prime below the limit, and the only small factor. */
    BN_copy(bad, n);
    BN_mul_word(bad, 2039);
    refused_key(rsa_request(bad, e, *state), &usual, *state);
    /* The fifth power has no small factor, but too many bits. */
    BN_copy(bad, n);
    for (int i = 0; i < 4; ++i) {
        BN_mul(bad, bad, n, ctx);
    }
    refused_key(rsa_request(bad, e, *state), &usual, *state);
    BN_CTX_free(ctx);
    BN_free(n);
    BN_free(bad);
    BN_free(e);
}

static void refused_broken(const BIGNUM *n, const npie_key_rules_t *rules,
                           apr_pool_t *p)
{
    BIGNUM *e = BN_new();

    BN_set_word(e, 65537);
    parsed(rsa_request(n, e, p), rules, NPIE_EPOLICY, NPIE_P_NEW_KEY_BROKEN,
           p);
    BN_free(e);
}

/* The next prime from there on. */
static void next_prime(BIGNUM *n, BN_CTX *ctx)
{
    BN_set_bit(n, 0);
    while (BN_check_prime(n, ctx, NULL) != 1) {
        BN_add_word(n, 2);
    }
}

/* Primes that are close to each other, as some programs have made them: side
 * by side, and with the difference of half the bits' square root or so. */
static void test_close_primes(void **state)
{
    static const int apart[] = { 2, 500, 512 }; /* bits of the difference */
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new(), *d = BN_new();

    assert_int_equal(BN_generate_prime_ex(p, 1024, 0, NULL, NULL, NULL), 1);
    for (size_t i = 0; i < COUNT(apart); ++i) {
        BN_one(d);
        BN_lshift(d, d, apart[i]);
        BN_add(q, p, d);
        next_prime(q, ctx);
        BN_mul(n, p, q, ctx);
        refused_broken(n, &usual, *state);
    }
    BN_free(p);
    BN_free(q);
    BN_free(n);
    BN_free(d);
    BN_CTX_free(ctx);
}

/* A prime as Infineon's library made them (CVE-2017-15361): a power of 65537
 * modulo the product of the first primes. */
static void roca_prime(BIGNUM *prime, const BIGNUM *product, BN_CTX *ctx)
{
    BIGNUM *base = BN_new(), *power = BN_new(), *k = BN_new();

    BN_set_word(base, 65537);
    do {
        BN_rand(k, 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
        BN_mod_exp(power, base, k, product, ctx);
        BN_rand(k, 1024 - BN_num_bits(product), BN_RAND_TOP_TWO,
                BN_RAND_BOTTOM_ANY);
        BN_mul(prime, k, product, ctx);
        BN_add(prime, prime, power);
    } while (BN_num_bits(prime) != 1024
             || BN_check_prime(prime, ctx, NULL) != 1);
    BN_free(base);
    BN_free(power);
    BN_free(k);
}

static void test_roca(void **state)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *product = BN_new(), *small = BN_new(), *p = BN_new();
    BIGNUM *q = BN_new(), *n = BN_new();

    BN_one(product);
    BN_set_word(small, 2);
    /* 2 and the 125 primes after it, for keys of 2048 bits. */
    for (int i = 0; i < 126; ++i) {
        BN_mul(product, product, small, ctx);
        BN_add_word(small, 1);
        next_prime(small, ctx);
    }
    roca_prime(p, product, ctx);
    roca_prime(q, product, ctx);
    BN_mul(n, p, q, ctx);
    refused_broken(n, &usual, *state);
    BN_free(product);
    BN_free(small);
    BN_free(p);
    BN_free(q);
    BN_free(n);
    BN_CTX_free(ctx);
}

/* A list as the package openssl-blacklist has them: the last 80 bits of SHA-1
 * of what "openssl rsa -modulus" prints. */
static void test_known(void **state)
{
    static const char *const made =
        "openssl rsa -in known.pem -modulus -noout | sha1sum | "
        "cut -c 21-40 > hash && mkdir -p lists && { echo '# a list'; "
        "echo 00000000000000000000; cat hash; "
        "echo ffffffffffffffffffff; } > lists/blacklist.RSA-2048";
    identity_t *known = identity_key("RSA-2048", *state);
    identity_t *other = identity_key("RSA-2048", *state);
    npie_key_rules_t rules = usual;
    npie_weak_list_t *list = NULL;
    BIGNUM *n = NULL;

    assert_int_equal(npie_weak_list_load(&list, forge_path("none", *state),
                                         NULL, *state), APR_SUCCESS);
    assert_null(list);
    identity_write_key(known, forge_path("known.pem", *state));
    assert_int_equal(forge_run(NULL, *state, "%s", made), 0);
    assert_int_equal(npie_weak_list_load(&list, forge_path("lists", *state),
                                         NULL, *state), APR_SUCCESS);
    assert_non_null(list);
    rules.known_weak = list;
    assert_int_equal(EVP_PKEY_get_bn_param(known->key, OSSL_PKEY_PARAM_RSA_N,
                                           &n), 1);
    refused_broken(n, &rules, *state);
    parsed(identity_csr(known, known, *state), &usual, 0, NPIE_P_NONE,
           *state);
    parsed(identity_csr(other, other, *state), &rules, 0, NPIE_P_NONE,
           *state);
    assert_int_equal(forge_run(NULL, *state, "echo 12345 >> "
                               "lists/blacklist.RSA-2048"), 0);
    assert_int_equal(npie_weak_list_load(&list, forge_path("lists", *state),
                                         NULL, *state), NPIE_ECONFIG);
    BN_free(n);
}

/* The byte at `at`, one of several in DER that count what follows. */
static void one_less(unsigned char *der, apr_size_t at)
{
    assert_int_not_equal(der[at], 0);
    --der[at];
}

/* libcrypto reads a modulus without the zero before its first bit as well:
 * the same key in other bytes, and so with another hash. */
static void test_second_encoding(void **state)
{
    static const unsigned char spki[] = {
        0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09
    };
    identity_t *id = identity_key("RSA-2048", *state);
    npie_bytes_t bytes = identity_csr(id, id, *state);
    unsigned char *der = apr_pmemdup(*state, bytes.data, bytes.len);
    unsigned char *at = memmem(der, bytes.len, spki, sizeof(spki));
    apr_size_t start;

    assert_non_null(at);
    start = (apr_size_t)(at - der);
    /* SubjectPublicKeyInfo, its BIT STRING, the key and the modulus, whose
     * contents begin 33 bytes on; before them request and its information. */
    assert_memory_equal(at + 28, "\x02\x82\x01\x01\x00", 5);
    one_less(der, 3);
    one_less(der, 7);
    one_less(der, start + 3);
    one_less(der, start + 22);
    one_less(der, start + 27);
    one_less(der, start + 31);
    memmove(at + 32, at + 33, bytes.len - start - 33);
    bytes.data = der;
    bytes.len -= 1;
    refused_key(bytes, &usual, *state);
}

static void test_forms(void **state)
{
    static const char new_label[] = "NEW CERTIFICATE REQUEST";
    identity_t *id = identity_key("P-256", *state);
    npie_bytes_t der = identity_csr(id, id, *state), longer;
    unsigned char *copy = apr_pcalloc(*state, der.len + 1);
    const char *pem;
    npie_csr_t *csr;

    forge_file("csr.der", der, *state);
    assert_int_equal(forge_run(&pem, *state, "openssl req -inform DER "
                               "-in csr.der"), 0);
    csr = parsed(unit_bytes(pem), &usual, 0, NPIE_P_NONE, *state);
    assert_int_equal(csr->der.len, der.len);
    assert_memory_equal(csr->der.data, der.data, der.len);
    forge_run(&pem, *state, "openssl req -inform DER -in csr.der | sed "
              "'s/CERTIFICATE REQUEST/%s/'", new_label);
    assert_non_null(strstr(pem, new_label));
    parsed(unit_bytes(pem), &usual, 0, NPIE_P_NONE, *state);
    memcpy(copy, der.data, der.len);
    longer.data = copy;
    longer.len = der.len + 1;
    parsed(longer, &usual, NPIE_EINPUT, NPIE_P_CSR, *state);
    parsed(unit_bytes("hola"), &usual, NPIE_EINPUT, NPIE_P_CSR, *state);
    parsed(unit_bytes(""), &usual, NPIE_EINPUT, NPIE_P_CSR, *state);
    parsed(unit_bytes(apr_pstrcat(*state, pem, pem, NULL)), &usual,
           NPIE_EINPUT, NPIE_P_CSR, *state);
}

static void test_hostile_bytes(void **state)
{
    identity_t *id = identity_key("P-256", *state);
    npie_bytes_t der = identity_csr(id, id, *state), bytes;
    npie_csr_t *csr = NULL;
    apr_pool_t *p = NULL;

    apr_pool_create(&p, *state);
    for (apr_size_t n = 0; n < der.len; n += unit_stride(31)) {
        unsigned char *cut = malloc(n > 0 ? n : 1);

        memcpy(cut, der.data, n);
        bytes.data = cut;
        bytes.len = n;
        assert_int_equal(npie_csr_parse(&csr, bytes, &usual, NULL, p),
                         NPIE_EINPUT);
        free(cut);
    }
    for (apr_size_t n = 0; n < der.len; n += unit_stride(31)) {
        unsigned char *copy = apr_pmemdup(p, der.data, der.len);

        copy[n] ^= 0x04;
        bytes.data = copy;
        bytes.len = der.len;
        /* The signature covers all that counts. */
        assert_int_not_equal(npie_csr_parse(&csr, bytes, &usual, NULL, p),
                             APR_SUCCESS);
        assert_int_equal(ERR_peek_error(), 0);
        apr_pool_clear(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_takes), pool_test(test_rules),
        pool_test(test_possession), pool_test(test_digests),
        pool_test(test_unusual_keys), pool_test(test_bad_rsa),
        pool_test(test_close_primes), pool_test(test_roca),
        pool_test(test_known),
        pool_test(test_second_encoding), pool_test(test_forms),
        pool_test(test_hostile_bytes),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
