/* SPDX-License-Identifier: Apache-2.0
 * Errors, PEM and public keys of libcrypto in this project's terms.
 */
#include "pki/openssl.h"

#include <string.h>
#include <time.h>

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/digest.h"

#define SEQUENCE_TAG 0x30

apr_status_t npie_openssl_fail(npie_err_t *err, apr_status_t status,
                               npie_problem_t problem, const char *what)
{
    /* The last entry is the nearest to the cause that the caller named; the
     * queue belongs to the thread and would speak up in httpd's next TLS
     * call. */
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    const char *data = NULL;
    char token[200] = "";
    unsigned long code;
    int flags = 0;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        if (ERR_GET_LIB(code) == ERR_LIB_USER
            && (flags & ERR_TXT_STRING) != 0) {
            apr_cpystrn(token, data, sizeof(token));
        }
    }
    if (*token != '\0') {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN, "%s: %s",
                            what, token);
    }
    return npie_err_set(err, status, problem, reason != NULL ? "%s: %s" : "%s",
                        what, reason);
}

static int is_listed(const char *const *labels, const char *label)
{
    while (*labels != NULL && strcmp(*labels, label) != 0) {
        ++labels;
    }
    return *labels != NULL;
}

/* The next PEM block's bytes; 0 when there is none. */
static int read_block(npie_bytes_t *block, BIO *bio,
                      const char *const *labels, apr_pool_t *p)
{
    char *label = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    int found = PEM_read_bio(bio, &label, &header, &data, &len) == 1;

    if (found) {
        /* A header means encryption, which these blocks never have. */
        found = is_listed(labels, label) && *header == '\0' && len > 0 ? 1 : -1;
        block->data = apr_pmemdup(p, data, (apr_size_t)len);
        block->len = (apr_size_t)len;
    }
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
    ERR_clear_error();
    return found;
}

int npie_openssl_no_passphrase(char *buf, int size, int rwflag, void *data)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)data;
    return -1;
}

apr_status_t npie_openssl_der(npie_bytes_t *pder, npie_bytes_t bytes,
                              const char *const *labels, apr_size_t max,
                              apr_pool_t *p)
{
    npie_bytes_t more;
    BIO *bio;
    int found;

    /* Twice covers PEM's overhead of 37 %, and some text round it. */
    if (bytes.len == 0 || bytes.len > max * 2) {
        return NPIE_EINPUT;
    }
    if (bytes.data[0] == SEQUENCE_TAG) {
        pder->data = apr_pmemdup(p, bytes.data, bytes.len);
        pder->len = bytes.len;
        return bytes.len <= max ? APR_SUCCESS : NPIE_EINPUT;
    }
    bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    if (bio == NULL) {
        ERR_clear_error();
        return NPIE_EINTERNAL;
    }
    found = read_block(pder, bio, labels, p) == 1
        && read_block(&more, bio, labels, p) == 0;
    BIO_free(bio);
    return found && pder->len <= max ? APR_SUCCESS : NPIE_EINPUT;
}

/* NIST's name of the curve, else OpenSSL's name of the curve or the kind. */
static const char *key_type(const EVP_PKEY *pkey, apr_pool_t *p)
{
    char group[80];
    const char *nist;

    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_EC) {
        return EVP_PKEY_is_a(pkey, "RSA") ? "RSA"
            : apr_pstrdup(p, EVP_PKEY_get0_type_name(pkey));
    }
    if (EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1) {
        return "EC";
    }
    nist = EC_curve_nid2nist(OBJ_txt2nid(group));
    return apr_pstrdup(p, nist != NULL ? nist : group);
}

/* 03, the length, no unused bits, the key. */
static npie_bytes_t encode_bit_string(const unsigned char *key, int len,
                                      apr_pool_t *p)
{
    npie_bytes_t result;
    int size = ASN1_object_size(0, len + 1, V_ASN1_BIT_STRING);
    unsigned char *data = apr_palloc(p, (apr_size_t)size);
    unsigned char *at = data;

    ASN1_put_object(&at, 0, len + 1, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL);
    *at++ = 0;
    memcpy(at, key, (size_t)len);
    result.data = data;
    result.len = (apr_size_t)size;
    return result;
}

apr_status_t npie_openssl_public_key(npie_public_key_t *key,
                                     const X509_PUBKEY *pub, apr_pool_t *p)
{
    const EVP_PKEY *pkey = X509_PUBKEY_get0(pub);
    const unsigned char *bits = NULL;
    unsigned char *der = NULL;
    int bits_len = 0, len;

    if (pkey == NULL
        || X509_PUBKEY_get0_param(NULL, &bits, &bits_len, NULL, pub) != 1) {
        return NPIE_EINPUT;
    }
    len = i2d_X509_PUBKEY(pub, &der);
    if (len <= 0) {
        return NPIE_EINTERNAL;
    }
    key->spki.data = apr_pmemdup(p, der, (apr_size_t)len);
    key->spki.len = (apr_size_t)len;
    OPENSSL_free(der);
    key->bit_string = encode_bit_string(bits, bits_len, p);
    key->type = key_type(pkey, p);
    key->bits = EVP_PKEY_get_bits(pkey);
    return npie_sha256_hex(key->spki_sha256, key->spki);
}

int npie_openssl_extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX ctx;
    int done;

    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    extension = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    done = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

int npie_openssl_time(apr_time_t *t, const ASN1_TIME *time)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        return 0;
    }
    *t = apr_time_from_sec((apr_time_t)timegm(&tm));
    return 1;
}

npie_bytes_t npie_openssl_x509_der(X509 *x509, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);

    if (len > 0) {
        bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
        bytes.len = (apr_size_t)len;
        OPENSSL_free(der);
    }
    return bytes;
}

apr_status_t npie_openssl_free_x509(void *x509)
{
    X509_free(x509);
    return APR_SUCCESS;
}
