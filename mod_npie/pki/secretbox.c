/* SPDX-License-Identifier: Apache-2.0
 * Names and values that a store can neither read nor make, by libcrypto.
 */
#include "pki/secretbox.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "base/random.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define BLOCK_BYTES 128 /* of SHA-512 */
#define HASH_BYTES 64

/* HMAC's two hashes after their first blocks, which the secret alone makes:
 * copied for each name, which saves half the work. */
typedef struct keyed_t {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer;
} keyed_t;

struct npie_secretbox_t {
    int count;
    keyed_t keyed[NPIE_SECRETS_MAX];
    EVP_CIPHER *cipher; /* fetched once: looking it up costs as much as use */
    EVP_MD *hash;
};

static apr_status_t failed(void)
{
    ERR_clear_error();
    return NPIE_EINTERNAL;
}

static apr_status_t destroy(void *data)
{
    npie_secretbox_t *box = data;

    for (int i = 0; i < NPIE_SECRETS_MAX; i++) {
        EVP_MD_CTX_free(box->keyed[i].inner);
        EVP_MD_CTX_free(box->keyed[i].outer);
    }
    EVP_MD_free(box->hash);
    EVP_CIPHER_free(box->cipher);
    return APR_SUCCESS;
}

/* A hash that has read the secret's block with each byte changed by pad. */
static EVP_MD_CTX *begin(const EVP_MD *hash, const unsigned char *secret,
                         unsigned char pad)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char block[BLOCK_BYTES];
    int done;

    memset(block, pad, sizeof(block));
    for (int i = 0; i < NPIE_SECRET_BYTES; i++) {
        block[i] ^= secret[i];
    }
    done = ctx != NULL && EVP_DigestInit_ex2(ctx, hash, NULL) == 1
        && EVP_DigestUpdate(ctx, block, sizeof(block)) == 1;
    OPENSSL_cleanse(block, sizeof(block));
    if (!done) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    return ctx;
}

apr_status_t npie_secretbox_create(npie_secretbox_t **pbox,
                                   const npie_secrets_t *secrets,
                                   apr_pool_t *p)
{
    static const unsigned char none[NPIE_SECRET_BYTES] = { 0 };
    npie_secretbox_t *box = apr_pcalloc(p, sizeof(*box));

    *pbox = NULL;
    box->count = secrets->count > 0 ? secrets->count : 1;
    box->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    box->hash = EVP_MD_fetch(NULL, "SHA512", NULL);
    apr_pool_cleanup_register(p, box, destroy, apr_pool_cleanup_null);
    if (box->cipher == NULL || box->hash == NULL) {
        return failed();
    }
    for (int i = 0; i < box->count; i++) {
        const unsigned char *secret = secrets->count > 0 ? secrets->bytes[i]
                                                         : none;

        box->keyed[i].inner = begin(box->hash, secret, 0x36);
        box->keyed[i].outer = begin(box->hash, secret, 0x5c);
        if (box->keyed[i].inner == NULL || box->keyed[i].outer == NULL) {
            return failed();
        }
    }
    *pbox = box;
    return APR_SUCCESS;
}

int npie_secretbox_count(const npie_secretbox_t *box)
{
    return box->count;
}

/* HMAC of kind, NUL, id. 1 = done */
static int hmac(unsigned char out[HASH_BYTES], const keyed_t *keyed,
                const char *kind, const char *id)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int done = ctx != NULL && EVP_MD_CTX_copy_ex(ctx, keyed->inner) == 1
        && EVP_DigestUpdate(ctx, kind, strlen(kind) + 1) == 1
        && EVP_DigestUpdate(ctx, id, strlen(id)) == 1
        && EVP_DigestFinal_ex(ctx, out, NULL) == 1
        && EVP_MD_CTX_copy_ex(ctx, keyed->outer) == 1
        && EVP_DigestUpdate(ctx, out, HASH_BYTES) == 1
        && EVP_DigestFinal_ex(ctx, out, NULL) == 1;

    EVP_MD_CTX_free(ctx);
    return done;
}

apr_status_t npie_secretbox_name(npie_secretbox_slot_t *slot,
                                 const npie_secretbox_t *box, int which,
                                 const char *kind, const char *id)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char out[HASH_BYTES];

    memset(slot, 0, sizeof(*slot));
    if (!hmac(out, &box->keyed[which], kind, id)) {
        return failed();
    }
    for (int i = 0; i < 32; i++) {
        slot->name[2 * i] = digits[out[i] >> 4];
        slot->name[2 * i + 1] = digits[out[i] & 15];
    }
    memcpy(slot->key, out + 32, 32);
    OPENSSL_cleanse(out, sizeof(out));
    return APR_SUCCESS;
}

apr_status_t npie_secretbox_seal(npie_bytes_t *sealed,
                                 const npie_secretbox_t *box,
                                 const npie_secretbox_slot_t *slot,
                                 npie_bytes_t value, apr_pool_t *p)
{
    unsigned char *out = apr_palloc(p, NONCE_BYTES + value.len + TAG_BYTES);
    unsigned char *body = out + NONCE_BYTES;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0, rest = 0;
    int done = ctx != NULL
        && npie_random_bytes(out, NONCE_BYTES) == APR_SUCCESS
        && EVP_EncryptInit_ex2(ctx, box->cipher, slot->key, out, NULL) == 1
        && EVP_EncryptUpdate(ctx, body, &len, value.data, (int)value.len) == 1
        && EVP_EncryptFinal_ex(ctx, body + len, &rest) == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES,
                               body + value.len) == 1;

    EVP_CIPHER_CTX_free(ctx);
    if (!done) {
        return failed();
    }
    sealed->data = out;
    sealed->len = NONCE_BYTES + value.len + TAG_BYTES;
    return APR_SUCCESS;
}

apr_status_t npie_secretbox_open(npie_bytes_t *value,
                                 const npie_secretbox_t *box,
                                 const npie_secretbox_slot_t *slot,
                                 npie_bytes_t sealed, apr_pool_t *p)
{
    unsigned char tag[TAG_BYTES];
    const apr_size_t size = sealed.len - NONCE_BYTES - TAG_BYTES;
    EVP_CIPHER_CTX *ctx;
    unsigned char *out;
    int len = 0, rest = 0, ready, done;

    value->data = NULL;
    value->len = 0;
    if (sealed.len < NONCE_BYTES + TAG_BYTES) {
        return NPIE_ESIGNATURE;
    }
    out = apr_palloc(p, size + 1);
    memcpy(tag, sealed.data + NONCE_BYTES + size, TAG_BYTES);
    ctx = EVP_CIPHER_CTX_new();
    ready = ctx != NULL
        && EVP_DecryptInit_ex2(ctx, box->cipher, slot->key, sealed.data, NULL)
               == 1
        && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag)
               == 1
        && EVP_DecryptUpdate(ctx, out, &len, sealed.data + NONCE_BYTES,
                             (int)size) == 1;
    done = ready && EVP_DecryptFinal_ex(ctx, out + len, &rest) == 1;
    EVP_CIPHER_CTX_free(ctx);
    if (!done) {
        ERR_clear_error();
        return ready ? NPIE_ESIGNATURE : NPIE_EINTERNAL;
    }
    out[size] = '\0';
    value->data = out;
    value->len = size;
    return APR_SUCCESS;
}
