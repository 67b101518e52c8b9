/* SPDX-License-Identifier: Apache-2.0
 * Generates keys on a token.
 */
#include "pkcs11/token.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <p11-kit/uri.h>

#include "base/random.h"
#include "pkcs11/session.h"
#include "pki/openssl.h"

#define ID_SIZE 8

/* A kind of key. */
typedef struct kind_t {
    const char *name;
    CK_ULONG bits;           /* RSA; 0: EC */
    const char *group;       /* EC */
    unsigned char oid[10];   /* of the group, DER */
    CK_ULONG oid_len;
} kind_t;

static const kind_t kinds[] = {
    { "rsa:2048", 2048, NULL, { 0 }, 0 },
    { "rsa:3072", 3072, NULL, { 0 }, 0 },
    { "rsa:4096", 4096, NULL, { 0 }, 0 },
    { "p256", 0, "P-256",
      { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 10 },
    { "p384", 0, "P-384", { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 }, 7 },
};

apr_status_t npie_pkcs11_room(npie_pkcs11_t *tokens,
                              const npie_pkcs11_uri_t *uri,
                              const npie_pkcs11_pin_t *pin, const char *label,
                              npie_err_t *err, apr_pool_t *p)
{
    CK_ATTRIBUTE wanted = { CKA_LABEL, apr_pstrdup(p, label),
                            (CK_ULONG)strlen(label) };
    CK_OBJECT_HANDLE found;
    CK_ULONG count = 1;
    npie_pkcs11_token_t *token;
    CK_TOKEN_INFO info;
    apr_status_t rv = npie_pkcs11_get(&token, tokens, uri, pin, 1, err);
    CK_RV rc;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (token->module->call->C_GetTokenInfo(token->slot, &info) == CKR_OK
        && (info.flags & CKF_WRITE_PROTECTED) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%.150s: the token is write protected",
                            uri->text);
    }
    rc = npie_pkcs11_find(&found, &count, token, &wanted, 1);
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, uri, "its objects cannot be listed", rc);
    }
    return count == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NONE, "%.120s: an object "
                       "of the label %.60s is there already: nothing is "
                       "overwritten", uri->text, label);
}

static CK_RV generate(npie_pkcs11_made_t made[2], npie_pkcs11_token_t *token,
                      const kind_t *kind, const char *label,
                      unsigned char *id)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_BYTE exponent[] = { 1, 0, 1 };
    CK_ULONG bits = kind->bits;
    CK_MECHANISM mechanism = { kind->group == NULL ? CKM_RSA_PKCS_KEY_PAIR_GEN
                               : CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    void *name = (void *)(apr_uintptr_t)label;
    CK_ATTRIBUTE open[7] = {
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_VERIFY, &yes, sizeof(yes) },
        { CKA_LABEL, name, (CK_ULONG)strlen(label) },
        { CKA_ID, id, ID_SIZE },
    };
    CK_ATTRIBUTE secret[] = {
        { CKA_TOKEN, &yes, sizeof(yes) },
        { CKA_PRIVATE, &yes, sizeof(yes) },
        { CKA_SENSITIVE, &yes, sizeof(yes) },
        { CKA_EXTRACTABLE, &no, sizeof(no) },
        { CKA_SIGN, &yes, sizeof(yes) },
        { CKA_DECRYPT, &no, sizeof(no) },
        { CKA_LABEL, name, (CK_ULONG)strlen(label) },
        { CKA_ID, id, ID_SIZE },
    };
    CK_ULONG nopen = 4;

    if (kind->group == NULL) {
        open[nopen++] = (CK_ATTRIBUTE){ CKA_MODULUS_BITS, &bits,
                                        sizeof(bits) };
        open[nopen++] = (CK_ATTRIBUTE){ CKA_PUBLIC_EXPONENT, exponent,
                                        sizeof(exponent) };
    }
    else {
        open[nopen++] = (CK_ATTRIBUTE){
            CKA_EC_PARAMS, (void *)(apr_uintptr_t)kind->oid, kind->oid_len };
    }
    made[0].token = made[1].token = token;
    return token->module->call->C_GenerateKeyPair(
        token->session, &mechanism, open, nopen, secret,
        sizeof(secret) / sizeof(secret[0]), &made[0].handle, &made[1].handle);
}

/* CKA_EC_POINT is an OCTET STRING in DER; some tokens omit tag and length. */
static npie_bytes_t bare_point(npie_bytes_t value, apr_pool_t *p)
{
    const unsigned char *at = value.data;
    ASN1_OCTET_STRING *octets = d2i_ASN1_OCTET_STRING(NULL, &at,
                                                      (long)value.len);
    npie_bytes_t point = value;

    if (octets != NULL && at == value.data + value.len) {
        point.len = (apr_size_t)ASN1_STRING_length(octets);
        point.data = apr_pmemdup(p, ASN1_STRING_get0_data(octets), point.len);
    }
    ASN1_OCTET_STRING_free(octets);
    ERR_clear_error();
    return point;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;

    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static EVP_PKEY *read_rsa(const npie_pkcs11_made_t *made, apr_pool_t *p)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *params = NULL;
    BIGNUM *n = NULL, *e = NULL;
    npie_bytes_t modulus, exponent;
    EVP_PKEY *pkey = NULL;

    if (npie_pkcs11_attribute(&modulus, made->token, made->handle, CKA_MODULUS,
                             p)
        && npie_pkcs11_attribute(&exponent, made->token, made->handle,
                                CKA_PUBLIC_EXPONENT, p)) {
        n = BN_bin2bn(modulus.data, (int)modulus.len, NULL);
        e = BN_bin2bn(exponent.data, (int)exponent.len, NULL);
    }
    if (build != NULL && n != NULL && e != NULL
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e)) {
        params = OSSL_PARAM_BLD_to_param(build);
        pkey = from_params("RSA", params);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return pkey;
}

static EVP_PKEY *read_ec(const npie_pkcs11_made_t *made, const kind_t *kind,
                         apr_pool_t *p)
{
    npie_bytes_t value;
    OSSL_PARAM params[3];

    if (!npie_pkcs11_attribute(&value, made->token, made->handle, CKA_EC_POINT,
                              p)) {
        return NULL;
    }
    value = bare_point(value, p);
    params[0] = OSSL_PARAM_construct_utf8_string(
        OSSL_PKEY_PARAM_GROUP_NAME, apr_pstrdup(p, kind->group), 0);
    params[1] = OSSL_PARAM_construct_octet_string(
        OSSL_PKEY_PARAM_PUB_KEY, (void *)(apr_uintptr_t)value.data, value.len);
    params[2] = OSSL_PARAM_construct_end();
    return from_params("EC", params);
}

/* Returns the attributes of the token followed by those of the key. */
static const char *format(const npie_pkcs11_uri_t *token, const char *label,
                          unsigned char *id, apr_pool_t *p)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE attributes[] = {
        { CKA_LABEL, (void *)(apr_uintptr_t)label, (CK_ULONG)strlen(label) },
        { CKA_ID, id, ID_SIZE },
        { CKA_CLASS, &class, sizeof(class) },
    };
    P11KitUri *uri = p11_kit_uri_new();
    char *text = NULL;

    if (uri != NULL) {
        *p11_kit_uri_get_token_info(uri) =
            *p11_kit_uri_get_token_info(token->parsed);
        for (int i = 0; i < 3; i++) {
            p11_kit_uri_set_attribute(uri, &attributes[i]);
        }
        if (p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &text)
            == P11_KIT_URI_OK) {
            char *kept = apr_pstrdup(p, text);

            free(text);
            text = kept;
        }
    }
    p11_kit_uri_free(uri);
    return text;
}

static const kind_t *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

apr_status_t npie_pkcs11_generate(EVP_PKEY **pkey, const char **puri,
                                  npie_pkcs11_t *tokens,
                                  const npie_pkcs11_uri_t *uri,
                                  const npie_pkcs11_pin_t *pin,
                                  const char *kind, const char *label,
                                  npie_err_t *err, apr_pool_t *p)
{
    const kind_t *which = find_kind(kind);
    unsigned char id[ID_SIZE];
    npie_pkcs11_made_t made[2];
    npie_pkcs11_uri_t *own;
    npie_pkcs11_token_t *token;
    EVP_PKEY *public_key;
    apr_status_t rv = npie_pkcs11_room(tokens, uri, pin, label, err, p);
    CK_RV rc;

    if (which == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "no key: the kinds "
                            "are rsa:2048, rsa:3072, rsa:4096, p256 and p384");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_pkcs11_get(&token, tokens, uri, pin, 1, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_random_bytes(id, sizeof(id));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rc = generate(made, token, which, label, id);
    if (rc != CKR_OK) {
        return npie_pkcs11_fail(err, uri, "the token makes no such key", rc);
    }
    APR_ARRAY_PUSH(tokens->made, npie_pkcs11_made_t) = made[0];
    APR_ARRAY_PUSH(tokens->made, npie_pkcs11_made_t) = made[1];
    public_key = which->group == NULL ? read_rsa(&made[0], p)
                 : read_ec(&made[0], which, p);
    *puri = format(uri, label, id, p);
    if (public_key == NULL || *puri == NULL) {
        EVP_PKEY_free(public_key);
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                 "the new key's public half cannot be read");
    }
    rv = npie_pkcs11_uri_parse(&own, *puri, NPIE_PKCS11_URI_KEY, err, p);
    if (rv == APR_SUCCESS) {
        own->module = token->module->path;
        rv = npie_pkcs11_key(pkey, tokens, own, pin, public_key, err, p);
    }
    EVP_PKEY_free(public_key);
    return rv;
}

void npie_pkcs11_undo(npie_pkcs11_t *tokens)
{
    for (int i = 0; i < tokens->made->nelts; i++) {
        const npie_pkcs11_made_t *made =
            &APR_ARRAY_IDX(tokens->made, i, npie_pkcs11_made_t);

        made->token->module->call->C_DestroyObject(made->token->session,
                                                   made->handle);
    }
    tokens->made->nelts = 0;
}
