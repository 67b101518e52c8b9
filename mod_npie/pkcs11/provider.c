/* SPDX-License-Identifier: Apache-2.0
 * An OpenSSL provider for keys in tokens. It is built into the program and has
 * its own library context, so no other code finds it. libcrypto's default
 * provider handles the public keys.
 */
#include "pkcs11/session.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define NAME "npie-token"
#define PROPERTIES "provider=" NAME
#define DEFAULT_PROVIDER "provider=default"
/* Parameter with which npie_pkcs11_provider_key() passes its key. */
#define PARAM_KEY "npie-token-key"
#define ALGORITHM_MAX 64

/* A key, libcrypto's keydata. */
typedef struct keydata_t {
    const char *type;      /* "RSA", "EC" */
    npie_pkcs11_key_t *key; /* NULL: only the public half is known */
    EVP_PKEY *public_key;
} keydata_t;

/* A signature in progress. */
typedef struct signing_t {
    npie_pkcs11_key_t *key;
    EVP_MD *md;
    EVP_MD_CTX *digest;
} signing_t;

typedef void (*function_t)(void);

static void *new_rsa(void *provctx)
{
    keydata_t *data = OPENSSL_zalloc(sizeof(*data));

    (void)provctx;
    if (data != NULL) {
        data->type = "RSA";
    }
    return data;
}

static void *new_ec(void *provctx)
{
    keydata_t *data = new_rsa(provctx);

    if (data != NULL) {
        data->type = "EC";
    }
    return data;
}

static void key_free(void *keydata)
{
    keydata_t *data = keydata;

    if (data != NULL) {
        EVP_PKEY_free(data->public_key);
        OPENSSL_free(data);
    }
}

static int key_has(const void *keydata, int selection)
{
    const keydata_t *data = keydata;

    if (data == NULL || data->public_key == NULL) {
        return 0;
    }
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0
        || data->key != NULL;
}

static int key_match(const void *one, const void *other, int selection)
{
    const keydata_t *a = one, *b = other;

    (void)selection;
    return a->public_key != NULL && b->public_key != NULL
        && EVP_PKEY_eq(a->public_key, b->public_key) == 1;
}

static int import_public(keydata_t *data, const OSSL_PARAM params[])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, data->type,
                                                   DEFAULT_PROVIDER);
    int done = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1
        && EVP_PKEY_fromdata(ctx, &data->public_key, EVP_PKEY_PUBLIC_KEY,
                             (OSSL_PARAM *)(apr_uintptr_t)params) == 1;

    EVP_PKEY_CTX_free(ctx);
    return done;
}

static int key_import(void *keydata, int selection, const OSSL_PARAM params[])
{
    keydata_t *data = keydata;
    const OSSL_PARAM *own = OSSL_PARAM_locate_const(params, PARAM_KEY);
    const void *key = NULL;
    size_t len = 0;

    (void)selection;
    if (own == NULL) {
        return import_public(data, params);
    }
    if (OSSL_PARAM_get_octet_ptr(own, &key, &len) != 1) {
        return 0;
    }
    data->key = (npie_pkcs11_key_t *)(apr_uintptr_t)key;
    data->public_key = data->key->public_key;
    return EVP_PKEY_up_ref(data->public_key);
}

/* Refuses to export the private key, so libcrypto signs here and not with an
 * exported copy. */
static int key_export(void *keydata, int selection, OSSL_CALLBACK *take,
                      void *baton)
{
    const keydata_t *data = keydata;
    OSSL_PARAM *params = NULL;
    int done;

    if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0
        || data->public_key == NULL
        || EVP_PKEY_todata(data->public_key, EVP_PKEY_PUBLIC_KEY, &params)
           != 1) {
        return 0;
    }
    done = take(params, baton);
    OSSL_PARAM_free(params);
    return done;
}

/* Parameters are checked when they are set or read. */
static const OSSL_PARAM *key_types(int selection)
{
    static const OSSL_PARAM types[] = {
        OSSL_PARAM_octet_ptr(PARAM_KEY, NULL, 0), OSSL_PARAM_END
    };

    (void)selection;
    return types;
}

static int key_get(void *keydata, OSSL_PARAM params[])
{
    const keydata_t *data = keydata;

    return EVP_PKEY_get_params(data->public_key, params);
}

static const OSSL_PARAM *key_gettable(void *provctx)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
        OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
        OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
        OSSL_PARAM_END
    };

    (void)provctx;
    return list;
}

static const char *ec_operation(int operation)
{
    return operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL;
}

static void *signing_new(void *provctx, const char *properties)
{
    (void)provctx;
    (void)properties;
    return OPENSSL_zalloc(sizeof(signing_t));
}

static void signing_free(void *ctx)
{
    signing_t *signing = ctx;

    if (signing != NULL) {
        EVP_MD_CTX_free(signing->digest);
        EVP_MD_free(signing->md);
        OPENSSL_free(signing);
    }
}

static void *signing_dup(void *ctx)
{
    const signing_t *from = ctx;
    signing_t *to = OPENSSL_zalloc(sizeof(*to));

    if (to == NULL) {
        return NULL;
    }
    to->key = from->key;
    if (from->md != NULL && EVP_MD_up_ref(from->md) == 1) {
        to->md = from->md;
    }
    to->digest = EVP_MD_CTX_new();
    if (to->digest == NULL || from->digest == NULL
        || EVP_MD_CTX_copy_ex(to->digest, from->digest) != 1) {
        signing_free(to);
        return NULL;
    }
    return to;
}

/* Accepts PKCS#1 v1.5, the only padding, as a parameter. */
static int signing_set(void *ctx, const OSSL_PARAM params[])
{
    const OSSL_PARAM *pad = OSSL_PARAM_locate_const(
        params, OSSL_SIGNATURE_PARAM_PAD_MODE);
    const char *name = NULL;
    int mode = 0;

    (void)ctx;
    if (pad == NULL) {
        return 1;
    }
    if (pad->data_type == OSSL_PARAM_UTF8_STRING) {
        return OSSL_PARAM_get_utf8_string_ptr(pad, &name) == 1
            && strcmp(name, OSSL_PKEY_RSA_PAD_MODE_PKCSV15) == 0;
    }
    return OSSL_PARAM_get_int(pad, &mode) == 1 && mode == RSA_PKCS1_PADDING;
}

static int signing_init(void *ctx, const char *mdname, void *keydata,
                        const OSSL_PARAM params[])
{
    signing_t *signing = ctx;
    const keydata_t *data = keydata;

    if (data != NULL) {
        signing->key = data->key;
    }
    EVP_MD_free(signing->md);
    EVP_MD_CTX_free(signing->digest);
    signing->md = EVP_MD_fetch(NULL, mdname == NULL || *mdname == '\0'
                                     ? "SHA256" : mdname, NULL);
    signing->digest = EVP_MD_CTX_new();
    return signing->key != NULL && signing->md != NULL
        && signing->digest != NULL
        && EVP_DigestInit_ex2(signing->digest, signing->md, NULL) == 1
        && (params == NULL || signing_set(signing, params));
}

static int signing_update(void *ctx, const unsigned char *data, size_t len)
{
    signing_t *signing = ctx;

    return EVP_DigestUpdate(signing->digest, data, len);
}

static int signing_final(void *ctx, unsigned char *signature, size_t *plen,
                         size_t room)
{
    signing_t *signing = ctx;
    const int size = EVP_PKEY_get_size(signing->key->public_key);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (signature == NULL) {
        *plen = (size_t)size;
        return 1;
    }
    if (room < (size_t)size
        || EVP_DigestFinal_ex(signing->digest, digest, &len) != 1) {
        return 0;
    }
    if (npie_pkcs11_key_sign(signature, plen, signing->key, signing->md,
                            digest, len, &err) != APR_SUCCESS) {
        ERR_raise_data(ERR_LIB_USER, ERR_R_OPERATION_FAIL, "%s", err.detail);
        return 0;
    }
    return 1;
}

/* Returns the AlgorithmIdentifier for certificates. */
static int put_algorithm(OSSL_PARAM *param, const signing_t *signing)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    const int rsa = signing->key->type == CKK_RSA;
    unsigned char *der = NULL;
    int len = 0, nid = NID_undef, done;

    OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(signing->md),
                           rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey);
    if (nid != NID_undef && algorithm != NULL
        && X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid),
                           rsa ? V_ASN1_NULL : V_ASN1_UNDEF, NULL) == 1) {
        len = i2d_X509_ALGOR(algorithm, &der);
    }
    done = len > 0 && len <= ALGORITHM_MAX
        && OSSL_PARAM_set_octet_string(param, der, (size_t)len) == 1;
    OPENSSL_free(der);
    X509_ALGOR_free(algorithm);
    return done;
}

static int signing_get(void *ctx, OSSL_PARAM params[])
{
    const signing_t *signing = ctx;
    OSSL_PARAM *algorithm = OSSL_PARAM_locate(
        params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
    OSSL_PARAM *pad = OSSL_PARAM_locate(params,
                                        OSSL_SIGNATURE_PARAM_PAD_MODE);

    return (algorithm == NULL || put_algorithm(algorithm, signing))
        && (pad == NULL || OSSL_PARAM_set_int(pad, RSA_PKCS1_PADDING) == 1);
}

static const OSSL_PARAM *signing_gettable(void *ctx, void *provctx)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
        OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
        OSSL_PARAM_END
    };

    (void)ctx;
    (void)provctx;
    return list;
}

static const OSSL_PARAM *signing_settable(void *ctx, void *provctx)
{
    static const OSSL_PARAM list[] = {
        OSSL_PARAM_int(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
        OSSL_PARAM_END
    };

    (void)ctx;
    (void)provctx;
    return list;
}

#define KEY_FUNCTIONS(make)                                                 \
    { OSSL_FUNC_KEYMGMT_NEW, (function_t)(make) },                          \
    { OSSL_FUNC_KEYMGMT_FREE, (function_t)key_free },                       \
    { OSSL_FUNC_KEYMGMT_HAS, (function_t)key_has },                         \
    { OSSL_FUNC_KEYMGMT_MATCH, (function_t)key_match },                     \
    { OSSL_FUNC_KEYMGMT_IMPORT, (function_t)key_import },                   \
    { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (function_t)key_types },              \
    { OSSL_FUNC_KEYMGMT_EXPORT, (function_t)key_export },                   \
    { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (function_t)key_types },              \
    { OSSL_FUNC_KEYMGMT_GET_PARAMS, (function_t)key_get },                  \
    { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (function_t)key_gettable }

static const OSSL_DISPATCH rsa_functions[] = {
    KEY_FUNCTIONS(new_rsa),
    { 0, NULL }
};

static const OSSL_DISPATCH ec_functions[] = {
    KEY_FUNCTIONS(new_ec),
    { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (function_t)ec_operation },
    { 0, NULL }
};

static const OSSL_DISPATCH signing_functions[] = {
    { OSSL_FUNC_SIGNATURE_NEWCTX, (function_t)signing_new },
    { OSSL_FUNC_SIGNATURE_FREECTX, (function_t)signing_free },
    { OSSL_FUNC_SIGNATURE_DUPCTX, (function_t)signing_dup },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (function_t)signing_init },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, (function_t)signing_update },
    { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, (function_t)signing_final },
    { OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, (function_t)signing_get },
    { OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, (function_t)signing_gettable },
    { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (function_t)signing_set },
    { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, (function_t)signing_settable },
    { 0, NULL }
};

static const OSSL_ALGORITHM *query(void *provctx, int operation,
                                   int *no_cache)
{
    static const OSSL_ALGORITHM keys[] = {
        { "RSA:rsaEncryption", PROPERTIES, rsa_functions, "" },
        { "EC:id-ecPublicKey", PROPERTIES, ec_functions, "" },
        { NULL, NULL, NULL, NULL }
    };
    static const OSSL_ALGORITHM signatures[] = {
        { "RSA:rsaEncryption", PROPERTIES, signing_functions, "" },
        { "ECDSA", PROPERTIES, signing_functions, "" },
        { NULL, NULL, NULL, NULL }
    };

    (void)provctx;
    *no_cache = 0;
    return operation == OSSL_OP_KEYMGMT ? keys
        : operation == OSSL_OP_SIGNATURE ? signatures : NULL;
}

static int provide(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
                   const OSSL_DISPATCH **out, void **provctx)
{
    static const OSSL_DISPATCH functions[] = {
        { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function_t)query },
        { 0, NULL }
    };

    (void)in;
    *out = functions;
    *provctx = (void *)(apr_uintptr_t)handle;
    return 1;
}

int npie_pkcs11_provider_load(npie_pkcs11_t *tokens)
{
    tokens->libctx = OSSL_LIB_CTX_new();
    if (tokens->libctx == NULL
        || OSSL_PROVIDER_add_builtin(tokens->libctx, NAME, provide) != 1) {
        return 0;
    }
    tokens->provider = OSSL_PROVIDER_load(tokens->libctx, NAME);
    tokens->encoders = OSSL_PROVIDER_load(tokens->libctx, "base");
    return tokens->provider != NULL && tokens->encoders != NULL;
}

EVP_PKEY *npie_pkcs11_provider_key(const npie_pkcs11_t *tokens,
                                  npie_pkcs11_key_t *key)
{
    void *pointer = key;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_ptr(PARAM_KEY, &pointer, sizeof(*key)),
        OSSL_PARAM_construct_end()
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
        tokens->libctx, key->type == CKK_RSA ? "RSA" : "EC", PROPERTIES);
    EVP_PKEY *pkey = NULL;

    if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1) {
        pkey = NULL;
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}
