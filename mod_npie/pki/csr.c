/* SPDX-License-Identifier: Apache-2.0
 * Reading of certification requests, and the rules for new keys.
 */
#include "pki/csr.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki/openssl.h"

#define EXPONENT_MIN 65537
#define EXPONENT_MAX_BITS 256 /* FIPS 186-5, A.1.1 */
#define TRIAL_LIMIT 2048      /* factors below are looked for */
#define UNCOMPRESSED 0x04     /* SEC 1 section 2.3.3 */

/* The digest inside RSASSA-PSS parameters (RFC 4055); NID_undef when they
 * cannot be read. The default, SHA-1, is not taken anyway. */
static int pss_digest(const X509_ALGOR *algor)
{
    const void *value = NULL;
    const ASN1_OBJECT *hash = NULL;
    RSA_PSS_PARAMS *pss = NULL;
    int type = 0, nid = NID_undef;

    X509_ALGOR_get0(NULL, &type, &value, algor);
    if (type == V_ASN1_SEQUENCE) {
        pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
    }
    if (pss != NULL && pss->hashAlgorithm != NULL) {
        X509_ALGOR_get0(&hash, NULL, NULL, pss->hashAlgorithm);
        nid = OBJ_obj2nid(hash);
    }
    RSA_PSS_PARAMS_free(pss);
    return nid;
}

/* Is the request signed with SHA-256 or better? */
static int is_strong(const X509_REQ *req)
{
    const X509_ALGOR *algor = NULL;
    int digest = NID_undef, kind = NID_undef;

    X509_REQ_get0_signature(req, NULL, &algor);
    if (X509_REQ_get_signature_nid(req) == NID_rsassaPss) {
        digest = pss_digest(algor);
    } else {
        OBJ_find_sigid_algs(X509_REQ_get_signature_nid(req), &digest, &kind);
    }
    return digest == NID_sha256 || digest == NID_sha384
        || digest == NID_sha512;
}

/* RSA keys that are no product of two big primes, or whose exponent makes
 * padding attacks easy, come from broken generators or from mischief. */
static const char *rsa_fault(const EVP_PKEY *pkey)
{
    const char *fault = "the RSA key is unreadable";
    BIGNUM *n = NULL, *e = NULL;

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1
        || EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1) {
        goto cleanup;
    }
    fault = "the exponent of the RSA key is even or out of range";
    if (!BN_is_odd(e) || BN_num_bits(e) > EXPONENT_MAX_BITS
        || (BN_num_bits(e) < 64 && BN_get_word(e) < EXPONENT_MIN)) {
        goto cleanup;
    }
    fault = "the modulus of the RSA key has a small factor";
    if (!BN_is_odd(n)) {
        goto cleanup;
    }
    for (BN_ULONG divisor = 3; divisor < TRIAL_LIMIT; divisor += 2) {
        if (BN_mod_word(n, divisor) == 0) {
            goto cleanup;
        }
    }
    fault = NULL;
cleanup:
    BN_free(n);
    BN_free(e);
    return fault;
}

/* NULL when the rules take this key, else why not. */
static const char *key_fault(const EVP_PKEY *pkey,
                             const npie_public_key_t *key,
                             const npie_key_rules_t *rules)
{
    if (strcmp(key->type, "RSA") == 0) {
        if (rules->rsa_min_bits == 0) {
            return "RSA keys are not accepted";
        }
        if (key->bits < rules->rsa_min_bits) {
            return "the RSA key is too short";
        }
        return key->bits > NPIE_RSA_MAX_BITS ? "the RSA key is too long"
                                             : rsa_fault(pkey);
    }
    if ((rules->p256 && strcmp(key->type, "P-256") == 0)
        || (rules->p384 && strcmp(key->type, "P-384") == 0)) {
        return NULL;
    }
    return "keys of this kind are not accepted";
}

/* NULL, or the known fault of the generator that made the key. */
static const char *generator_fault(const EVP_PKEY *pkey,
                                   const npie_public_key_t *key,
                                   const npie_key_rules_t *rules)
{
    BIGNUM *n = NULL;
    const char *fault = "the RSA key is unreadable";

    if (strcmp(key->type, "RSA") != 0) {
        return NULL;
    }
    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1) {
        fault = npie_weak_rsa(n, rules->known_weak);
    }
    BN_free(n);
    return fault;
}

/* A key has one SubjectPublicKeyInfo here: the registry knows keys by its
 * hash, and a second encoding would make a used key look new. */
static int is_canonical(const EVP_PKEY *pkey, const X509_PUBKEY *pub,
                        const npie_public_key_t *key)
{
    const unsigned char *bits = NULL;
    unsigned char *der = NULL;
    X509_ALGOR *algor = NULL;
    int bits_len = 0, parameters = 0, rsa = strcmp(key->type, "RSA") == 0;
    int len = i2d_PUBKEY(pkey, &der);
    int same = len > 0 && (apr_size_t)len == key->spki.len
        && memcmp(der, key->spki.data, key->spki.len) == 0;

    OPENSSL_free(der);
    X509_PUBKEY_get0_param(NULL, &bits, &bits_len, &algor, pub);
    X509_ALGOR_get0(NULL, &parameters, NULL, algor);
    if (!same || bits_len == 0) {
        return 0;
    }
    /* libcrypto writes a curve's parameters and a point as it read them. */
    return rsa ? parameters == V_ASN1_NULL
               : parameters == V_ASN1_OBJECT && bits[0] == UNCOMPRESSED;
}

/* The rest once the request is parsed; the errors as npie_csr_parse(). */
static apr_status_t judge(npie_csr_t *csr, X509_REQ *req,
                          const npie_key_rules_t *rules, npie_err_t *err,
                          apr_pool_t *p)
{
    X509_PUBKEY *pub = X509_REQ_get_X509_PUBKEY(req);
    EVP_PKEY *pkey = X509_PUBKEY_get0(pub);
    npie_public_key_t key;
    const char *fault;

    if (npie_openssl_public_key(&key, pub, p) != APR_SUCCESS) {
        return npie_openssl_fail(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_WEAK,
                                 "the request's key is unreadable");
    }
    fault = key_fault(pkey, &key, rules);
    if (fault != NULL) {
        return npie_openssl_fail(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_WEAK,
                                 fault);
    }
    fault = generator_fault(pkey, &key, rules);
    if (fault != NULL) {
        return npie_openssl_fail(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_BROKEN,
                                 fault);
    }
    if (!is_canonical(pkey, pub, &key)) {
        return npie_openssl_fail(err, NPIE_EPOLICY, NPIE_P_NEW_KEY_WEAK,
                                 "the key is not encoded in its plain form");
    }
    if (!is_strong(req) || X509_REQ_verify(req, pkey) != 1) {
        return npie_openssl_fail(err, NPIE_ESIGNATURE, NPIE_P_CSR_SIGNATURE,
                                 "the request's signature is weak or wrong");
    }
    csr->spki = key.spki;
    memcpy(csr->spki_sha256, key.spki_sha256, sizeof(csr->spki_sha256));
    csr->public_key = key.bit_string;
    csr->key_type = key.type;
    csr->key_bits = key.bits;
    return APR_SUCCESS;
}

apr_status_t npie_csr_parse(npie_csr_t **pcsr, npie_bytes_t bytes,
                            const npie_key_rules_t *rules, npie_err_t *err,
                            apr_pool_t *p)
{
    static const char *const labels[] = {
        PEM_STRING_X509_REQ, PEM_STRING_X509_REQ_OLD, NULL
    };
    npie_csr_t *csr = apr_pcalloc(p, sizeof(*csr));
    const unsigned char *at;
    X509_REQ *req;
    apr_status_t rv;

    *pcsr = NULL;
    if (npie_openssl_der(&csr->der, bytes, labels, NPIE_CSR_MAX, p)
        != APR_SUCCESS) {
        return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_CSR,
                                 "no certification request");
    }
    at = csr->der.data;
    req = d2i_X509_REQ(NULL, &at, (long)csr->der.len);
    if (req == NULL || at != csr->der.data + csr->der.len) {
        X509_REQ_free(req);
        return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_CSR,
                                 "the request cannot be parsed");
    }
    rv = judge(csr, req, rules, err, p);
    X509_REQ_free(req);
    ERR_clear_error();
    if (rv == APR_SUCCESS) {
        *pcsr = csr;
    }
    return rv;
}
