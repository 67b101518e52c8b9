/* SPDX-License-Identifier: Apache-2.0
 * Keys in tokens: the public functions of this folder.
 */
#include "pkcs11/token.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "pkcs11/session.h"
#include "pki/openssl.h"

static apr_status_t end(void *data)
{
    npie_pkcs11_t *tokens = data;

    npie_pkcs11_modules_end(tokens);
    if (tokens->provider != NULL) {
        OSSL_PROVIDER_unload(tokens->provider);
    }
    if (tokens->encoders != NULL) {
        OSSL_PROVIDER_unload(tokens->encoders);
    }
    OSSL_LIB_CTX_free(tokens->libctx);
    return APR_SUCCESS;
}

apr_status_t npie_pkcs11_create(npie_pkcs11_t **ptokens, const char *module,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_pkcs11_t *tokens = apr_pcalloc(p, sizeof(*tokens));

    tokens->p = p;
    tokens->module = module;
    tokens->made = apr_array_make(p, 8, sizeof(npie_pkcs11_made_t));
    apr_pool_cleanup_register(p, tokens, end, apr_pool_cleanup_null);
    if (!npie_pkcs11_provider_load(tokens)) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                 "tokens' keys cannot be offered to libcrypto");
    }
    *ptokens = tokens;
    return APR_SUCCESS;
}

static apr_status_t free_public(void *data)
{
    npie_pkcs11_key_t *key = data;

    EVP_PKEY_free(key->public_key);
    return APR_SUCCESS;
}

/* Any text, for a trial signature. */
static apr_status_t try_key(npie_pkcs11_key_t *key, npie_err_t *err)
{
    static const unsigned char text[] = "npie-token";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char signature[2048];
    unsigned len = 0;
    size_t siglen = 0;

    if (EVP_PKEY_get_size(key->public_key) > (int)sizeof(signature)
        || EVP_Digest(text, sizeof(text), digest, &len, EVP_sha256(), NULL)
           != 1) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                 "the key cannot be tried");
    }
    return npie_pkcs11_key_sign(signature, &siglen, key, EVP_sha256(), digest,
                               len, err);
}

apr_status_t npie_pkcs11_key(EVP_PKEY **pkey, npie_pkcs11_t *tokens,
                             const npie_pkcs11_uri_t *uri,
                             const npie_pkcs11_pin_t *pin,
                             EVP_PKEY *public_key, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_pkcs11_key_t *key = apr_pcalloc(p, sizeof(*key));
    apr_status_t rv;

    if (!EVP_PKEY_is_a(public_key, "RSA") && !EVP_PKEY_is_a(public_key, "EC")) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "the certificate's key is neither RSA nor EC");
    }
    key->uri = uri;
    key->type = EVP_PKEY_is_a(public_key, "RSA") ? CKK_RSA : CKK_EC;
    key->public_key = public_key;
    EVP_PKEY_up_ref(public_key);
    apr_pool_cleanup_register(p, key, free_public, apr_pool_cleanup_null);
    rv = npie_pkcs11_get(&key->token, tokens, uri, pin, 0, err);
    if (rv == APR_SUCCESS) {
        rv = try_key(key, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pkey = npie_pkcs11_provider_key(tokens, key);
    return *pkey != NULL ? APR_SUCCESS
        : npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                            "the token's key cannot be offered to libcrypto");
}
