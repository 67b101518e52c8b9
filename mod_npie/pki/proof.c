/* SPDX-License-Identifier: Apache-2.0
 * A signature by a bare key.
 */
#include "pki/proof.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/digest.h"
#include "pki/openssl.h"

/* The key of exactly these bytes, or NULL. */
static EVP_PKEY *read_key(npie_bytes_t spki)
{
    const unsigned char *at = spki.data;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.len);

    if (key != NULL
        && (at != spki.data + spki.len
            || EVP_PKEY_get_bits(key) > NPIE_RSA_MAX_BITS
            || (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA
                && EVP_PKEY_get_base_id(key) != EVP_PKEY_EC))) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

static int is_signed(EVP_PKEY *key, npie_bytes_t signature, npie_bytes_t text)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int good = ctx != NULL
        && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestVerify(ctx, signature.data, signature.len, text.data,
                            text.len) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

apr_status_t npie_proof_verify(char spki_sha256[NPIE_SHA256_HEX_SIZE],
                               npie_bytes_t spki, npie_bytes_t signature,
                               npie_bytes_t text, npie_err_t *err)
{
    EVP_PKEY *key = spki.len <= NPIE_RSA_MAX_BITS ? read_key(spki) : NULL;
    int good;

    if (key == NULL) {
        return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                                 "no public key of RSA or of a curve");
    }
    good = is_signed(key, signature, text);
    EVP_PKEY_free(key);
    if (!good) {
        return npie_openssl_fail(err, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                                 "the text is not signed by this key");
    }
    return npie_sha256_hex(spki_sha256, spki) == APR_SUCCESS ? APR_SUCCESS
        : npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, "no SHA-256");
}
