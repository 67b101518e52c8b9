/* SPDX-License-Identifier: Apache-2.0
 * Signs with a key in a token.
 */
#include "pkcs11/session.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <p11-kit/uri.h>

#include "pki/openssl.h"

#define RAW_MAX 1024 /* an RSA signature of 8192 bits */

static const char *take_attributes(npie_pkcs11_key_t *key)
{
    const npie_pkcs11_token_t *token = key->token;
    CK_KEY_TYPE type = 0;
    CK_BBOOL asks = CK_FALSE;
    CK_ATTRIBUTE kind = { CKA_KEY_TYPE, &type, sizeof(type) };
    CK_ATTRIBUTE always = { CKA_ALWAYS_AUTHENTICATE, &asks, sizeof(asks) };

    if (token->module->call->C_GetAttributeValue(token->session, key->handle,
                                                 &kind, 1) != CKR_OK
        || type != key->type) {
        return "it is a key of another kind than the certificate's";
    }
    /* Older tokens lack this attribute. */
    if (token->module->call->C_GetAttributeValue(token->session, key->handle,
                                                 &always, 1) == CKR_OK) {
        key->asks_always = asks == CK_TRUE;
    }
    return NULL;
}

static apr_status_t find_key(npie_pkcs11_key_t *key, npie_err_t *err)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted[3] = { { CKA_CLASS, &class, sizeof(class) } };
    const CK_ATTRIBUTE *label =
        p11_kit_uri_get_attribute(key->uri->parsed, CKA_LABEL);
    const CK_ATTRIBUTE *id =
        p11_kit_uri_get_attribute(key->uri->parsed, CKA_ID);
    CK_OBJECT_HANDLE found[2];
    CK_ULONG count = 2;
    CK_ULONG n = 1;
    const char *wrong = NULL;
    CK_RV rc;

    if (label != NULL) {
        wanted[n++] = *label;
    }
    if (id != NULL) {
        wanted[n++] = *id;
    }
    rc = npie_pkcs11_find(found, &count, key->token, wanted, n);
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, key->uri, "the key cannot be looked for",
                               rc);
    }
    if (count == 1) {
        key->handle = found[0];
        wrong = take_attributes(key);
    }
    else {
        wrong = count == 0 ? "the token has no such private key"
                : "the token has more than one such key: give object= and id=";
    }
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%.150s: %s",
                            key->uri->text, wrong);
    }
    key->generation = key->token->generation;
    return APR_SUCCESS;
}

/* Makes the DigestInfo that CKM_RSA_PKCS pads (RFC 8017 section 9.2). Returns
 * its length, 0 when out of memory. The caller frees *pinput. */
static int digest_info(unsigned char **pinput, const EVP_MD *md,
                       const unsigned char *digest, size_t len)
{
    X509_SIG *info = X509_SIG_new();
    X509_ALGOR *algorithm;
    ASN1_OCTET_STRING *octets;
    int size = 0;

    *pinput = NULL;
    if (info != NULL) {
        X509_SIG_getm(info, &algorithm, &octets);
        if (X509_ALGOR_set0(algorithm, OBJ_nid2obj(EVP_MD_get_type(md)),
                            V_ASN1_NULL, NULL) == 1
            && ASN1_OCTET_STRING_set(octets, digest, (int)len) == 1) {
            size = i2d_X509_SIG(info, pinput);
        }
    }
    X509_SIG_free(info);
    return size > 0 ? size : 0;
}

/* Converts r and s, concatenated by the token, to DER. */
static size_t ecdsa_der(unsigned char *out, size_t room,
                        const unsigned char *raw, size_t len)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, (int)(len / 2), NULL);
    BIGNUM *s = BN_bin2bn(raw + len / 2, (int)(len / 2), NULL);
    int size = -1;

    if (pair != NULL && r != NULL && s != NULL
        && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL;
        size = i2d_ECDSA_SIG(pair, NULL);
        size = size > 0 && (size_t)size <= room ? i2d_ECDSA_SIG(pair, &out)
               : -1;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

static CK_RV sign_raw(unsigned char *raw, CK_ULONG *plen,
                      const npie_pkcs11_key_t *key, CK_MECHANISM_TYPE type,
                      unsigned char *input, CK_ULONG len)
{
    const npie_pkcs11_token_t *token = key->token;
    CK_FUNCTION_LIST *call = token->module->call;
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_RV rc = call->C_SignInit(token->session, &mechanism, key->handle);

    if (rc == CKR_OK && key->asks_always) {
        rc = call->C_Login(token->session, CKU_CONTEXT_SPECIFIC,
                           (CK_UTF8CHAR *)token->pin, token->pin_len);
    }
    return rc == CKR_OK ? call->C_Sign(token->session, input, len, raw, plen)
                        : rc;
}

/* Verifies the signature: another token with the same name may be connected,
 * and a faulty signature can reveal the key. */
static int holds(const npie_pkcs11_key_t *key, const EVP_MD *md,
                 const unsigned char *signature, size_t siglen,
                 const unsigned char *digest, size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->public_key,
                                                   NULL);
    int good = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1
        && EVP_PKEY_CTX_set_signature_md(ctx, md) == 1
        && EVP_PKEY_verify(ctx, signature, siglen, digest, len) == 1;

    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

static apr_status_t sign_once(unsigned char *signature, size_t *plen,
                              const npie_pkcs11_key_t *key, const EVP_MD *md,
                              const unsigned char *digest, size_t len,
                              npie_err_t *err)
{
    const size_t room = (size_t)EVP_PKEY_get_size(key->public_key);
    const size_t order = (size_t)(EVP_PKEY_get_bits(key->public_key) + 7) / 8;
    unsigned char raw[RAW_MAX];
    unsigned char *info = NULL;
    CK_ULONG rawlen = sizeof(raw);
    CK_RV rc = CKR_HOST_MEMORY;

    *plen = 0;
    if (key->type == CKK_RSA) {
        int size = digest_info(&info, md, digest, len);

        if (size > 0) {
            rc = sign_raw(raw, &rawlen, key, CKM_RSA_PKCS, info,
                          (CK_ULONG)size);
        }
        OPENSSL_free(info);
        if (rc == CKR_OK && rawlen <= room) {
            memcpy(signature, raw, rawlen);
            *plen = rawlen;
        }
    }
    else {
        /* FIPS 186-4 section 6.4: the leftmost bits. Some tokens do not cut. */
        rc = sign_raw(raw, &rawlen, key, CKM_ECDSA,
                      (unsigned char *)(apr_uintptr_t)digest,
                      len < order ? len : order);
        if (rc == CKR_OK) {
            *plen = ecdsa_der(signature, room, raw, rawlen);
        }
    }
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, key->uri, "the token does not sign", rc);
    }
    return *plen > 0 && holds(key, md, signature, *plen, digest, len)
        ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%.120s: what the token "
                       "signs is not by the certificate's key",
                       key->uri->text);
}

apr_status_t npie_pkcs11_key_sign(unsigned char *signature, size_t *plen,
                                 npie_pkcs11_key_t *key, const EVP_MD *md,
                                 const unsigned char *digest, size_t len,
                                 npie_err_t *err)
{
    npie_pkcs11_token_t *token = key->token;
    apr_status_t rv = APR_SUCCESS;

    for (int tries = 0; tries < 2; tries++) {
        if (tries > 0) {
            rv = npie_pkcs11_module_restart(token->module, err);
        }
        if (tries == 0 || rv == APR_SUCCESS) {
            rv = npie_pkcs11_open(token, err);
        }
        if (rv == APR_SUCCESS && key->generation != token->generation) {
            rv = find_key(key, err);
        }
        if (rv == APR_SUCCESS) {
            rv = sign_once(signature, plen, key, md, digest, len, err);
        }
        if (rv == APR_SUCCESS || token->given_up) {
            break;
        }
    }
    return rv;
}
