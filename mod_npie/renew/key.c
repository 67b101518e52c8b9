/* SPDX-License-Identifier: Apache-2.0
 * Keys through libcrypto.
 */
#include "renew/key.h"

#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "pki/digest.h"
#include "pki/openssl.h"
#include "renew/forms.h"

#define SALT 16

/** The kinds of new keys. */
static const struct kind_t {
    const char *name;
    unsigned bits; /* RSA; 0: the name is a curve's */
} kinds[] = {
    { "RSA-2048", 2048 }, { "RSA-3072", 3072 }, { "RSA-4096", 4096 },
    { "P-256", 0 }, { "P-384", 0 },
};

static apr_status_t free_key(void *key)
{
    EVP_PKEY_free(key);
    return APR_SUCCESS;
}

void npie_key_own(EVP_PKEY *key, apr_pool_t *p)
{
    apr_pool_cleanup_register(p, key, free_key, apr_pool_cleanup_null);
}

npie_bytes_t npie_key_bio_bytes(BIO *bio, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);

    if (len > 0) {
        bytes.data = apr_pmemdup(p, data, (apr_size_t)len);
        bytes.len = (apr_size_t)len;
    }
    return bytes;
}

static const struct kind_t *find_kind(const char *name)
{
    for (apr_size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
        if (strcmp(kinds[i].name, name) == 0) {
            return &kinds[i];
        }
    }
    return NULL;
}

int npie_key_is_kind(const char *kind)
{
    return find_kind(kind) != NULL;
}

apr_status_t npie_key_make(EVP_PKEY **pkey, const char *kind, npie_err_t *err,
                           apr_pool_t *p)
{
    const struct kind_t *found = find_kind(kind);

    *pkey = NULL;
    if (found == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ANSWER,
                            "no key of the kind \"%s\" can be made", kind);
    }
    *pkey = found->bits != 0 ? EVP_RSA_gen(found->bits)
                             : EVP_EC_gen(found->name);
    if (*pkey == NULL) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the key could not be made");
    }
    npie_key_own(*pkey, p);
    return APR_SUCCESS;
}

apr_status_t npie_key_request(char **pem, EVP_PKEY *key, const char *name,
                              npie_err_t *err, apr_pool_t *p)
{
    const EVP_MD *md = EVP_PKEY_get_bits(key) == 384 ? EVP_sha384()
                                                     : EVP_sha256();
    X509_REQ *req = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    npie_bytes_t bytes = { NULL, 0 };
    int made = req != NULL && bio != NULL
        && X509_NAME_add_entry_by_NID(X509_REQ_get_subject_name(req),
                                      NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)name, -1, -1, 0)
           == 1
        && X509_REQ_set_pubkey(req, key) == 1
        && X509_REQ_sign(req, key, md) > 0
        && PEM_write_bio_X509_REQ(bio, req) == 1;

    if (made) {
        bytes = npie_key_bio_bytes(bio, p);
    }
    X509_REQ_free(req);
    BIO_free(bio);
    *pem = apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
    return made ? APR_SUCCESS
        : npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the request could not be made");
}

apr_status_t npie_key_write(npie_bytes_t *pem, EVP_PKEY *key,
                            const npie_secret_t *password, int iterations,
                            npie_err_t *err, apr_pool_t *p)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
    X509_ALGOR *how = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), iterations, NULL,
                                        SALT, NULL, NID_hmacWithSHA256);
    BIO *bio = BIO_new(BIO_s_mem());
    X509_SIG *locked = NULL;
    int made = 0;

    if (info != NULL && how != NULL && bio != NULL) {
        locked = PKCS8_set0_pbe(password->text, (int)password->len, info, how);
    }
    if (locked != NULL) {
        how = NULL; /* locked's now */
        made = PEM_write_bio_PKCS8(bio, locked) == 1;
    }
    if (made) {
        *pem = npie_key_bio_bytes(bio, p);
    }
    X509_ALGOR_free(how);
    X509_SIG_free(locked);
    PKCS8_PRIV_KEY_INFO_free(info);
    BIO_free(bio);
    return made ? APR_SUCCESS
        : npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the key could not be encrypted");
}

static int give_password(char *buf, int size, int writing, void *baton)
{
    const npie_secret_t *password = baton;

    (void)writing;
    if (password->len > (apr_size_t)size) {
        return -1;
    }
    memcpy(buf, password->text != NULL ? password->text : "", password->len);
    return (int)password->len;
}

/** A block of PEM in OpenSSL's old way. */
typedef struct block_t {
    npie_bytes_t bytes;
    EVP_CIPHER_INFO info;
} block_t;

static void *open_block(const void *thing, const npie_secret_t *form)
{
    const block_t *block = thing;
    EVP_CIPHER_INFO info = block->info;
    size_t size = block->bytes.len;
    long len = (long)size;
    unsigned char *data = OPENSSL_memdup(block->bytes.data, size);
    const unsigned char *at = data;
    EVP_PKEY *key = NULL;

    if (data != NULL
        && PEM_do_header(&info, data, &len, give_password, (void *)form)
           == 1) {
        key = d2i_AutoPrivateKey(NULL, &at, len);
    }
    OPENSSL_clear_free(data, size);
    return key;
}

static void *open_pkcs8(const void *thing, const npie_secret_t *form)
{
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(thing, form->text,
                                              (int)form->len);
    EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

    PKCS8_PRIV_KEY_INFO_free(info);
    return key;
}

/* The key of a piece with an X509_SIG, or a PEM header, or neither. */
static npie_tried_t try_piece(void **pkey, const npie_piece_t *piece,
                              apr_array_header_t *forms)
{
    const unsigned char *at = piece->der.data;
    const X509_ALGOR *algorithm;
    block_t block = { piece->der, { NULL, { 0 } } };
    char *header = apr_pstrdup(forms->pool, piece->header);
    X509_SIG *sig;
    npie_tried_t tried;

    if (*header != '\0') {
        return PEM_get_EVP_CIPHER_INFO(header, &block.info) != 1
            ? NPIE_TRIED_UNSUPPORTED
            : npie_forms_try(pkey, open_block, &block, NULL, forms);
    }
    sig = d2i_X509_SIG(NULL, &at, (long)piece->der.len);
    if (sig == NULL) {
        *pkey = d2i_AutoPrivateKey(NULL, &at, (long)piece->der.len);
        return *pkey != NULL ? NPIE_TRIED_OPEN : NPIE_TRIED_DAMAGED;
    }
    X509_SIG_get0(sig, &algorithm, NULL);
    tried = npie_forms_try(pkey, open_pkcs8, sig, algorithm, forms);
    X509_SIG_free(sig);
    return tried;
}

apr_status_t npie_key_open(EVP_PKEY **pkey, const npie_piece_t *piece,
                           const npie_secret_t *password, npie_err_t *err,
                           apr_pool_t *p)
{
    static const npie_problem_t problems[] = {
        [NPIE_TRIED_CLOSED] = NPIE_P_PASSWORD,
        [NPIE_TRIED_UNSUPPORTED] = NPIE_P_FILE_UNSUPPORTED,
        [NPIE_TRIED_DAMAGED] = NPIE_P_FILE_DAMAGED,
    };
    void *key = NULL;
    npie_tried_t tried;

    ERR_clear_error();
    tried = try_piece(&key, piece, npie_forms_make(password, p));
    *pkey = key;
    if (tried != NPIE_TRIED_OPEN) {
        return npie_openssl_fail(err, NPIE_EINPUT, problems[tried],
                                 "the key cannot be read");
    }
    ERR_clear_error();
    npie_key_own(*pkey, p);
    return APR_SUCCESS;
}

apr_status_t npie_key_read(EVP_PKEY **pkey, npie_bytes_t bytes,
                           const npie_secret_t *password, npie_err_t *err,
                           apr_pool_t *p)
{
    apr_array_header_t *pieces = npie_pieces_read("", bytes, p);

    *pkey = NULL;
    for (int i = 0; i < pieces->nelts; ++i) {
        const npie_piece_t *piece = &APR_ARRAY_IDX(pieces, i, npie_piece_t);

        if (piece->kind == NPIE_PIECE_KEY) {
            return npie_key_open(pkey, piece, password, err, p);
        }
    }
    return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_FILE_UNKNOWN,
                             "no private key in the file");
}

apr_status_t npie_key_spki(char hex[NPIE_SHA256_HEX_SIZE], EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    npie_bytes_t bytes = { der, len > 0 ? (apr_size_t)len : 0 };
    apr_status_t rv = len > 0 ? npie_sha256_hex(hex, bytes) : NPIE_EINTERNAL;

    OPENSSL_free(der);
    ERR_clear_error();
    return rv;
}
