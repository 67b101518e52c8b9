/* SPDX-License-Identifier: Apache-2.0
 * Signatures as PAdES (ETSI EN 319 142-1) wants them.
 */
#include "pki/cms_make.h"

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

#include "pki/openssl.h"
#include "pki/x509.h"

#define ATTRIBUTES_MAX 8
#define SET_TAG 0x31

/** One encoded attribute. */
typedef struct encoded_t {
    unsigned char *der;
    int len;
} encoded_t;

/* The order of a DER SET OF (X.690, 11.6). */
static int by_bytes(const void *a, const void *b)
{
    const encoded_t *one = a, *other = b;
    int shorter = one->len < other->len ? one->len : other->len;
    int order = memcmp(one->der, other->der, (size_t)shorter);

    return order != 0 ? order : one->len - other->len;
}

/* The attributes as they are signed: a SET OF with its own tag (RFC 5652,
 * section 5.4). Returns its bytes, in p; len 0 when memory ran out. */
static npie_bytes_t signed_form(const CMS_SignerInfo *si, apr_pool_t *p)
{
    encoded_t parts[ATTRIBUTES_MAX];
    npie_bytes_t form = { NULL, 0 };
    int count = CMS_signed_get_attr_count(si), sum = 0, made = 1, size;
    unsigned char *data, *at;

    memset(parts, 0, sizeof(parts));
    for (int i = 0; i < count && i < ATTRIBUTES_MAX; ++i) {
        parts[i].len = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(si, i),
                                          &parts[i].der);
        made = made && parts[i].len > 0;
        sum += parts[i].len;
    }
    if (made && count > 0 && count <= ATTRIBUTES_MAX) {
        qsort(parts, (size_t)count, sizeof(parts[0]), by_bytes);
        size = ASN1_object_size(1, sum, V_ASN1_SET);
        data = at = apr_palloc(p, (apr_size_t)size);
        ASN1_put_object(&at, 1, sum, V_ASN1_SET, V_ASN1_UNIVERSAL);
        for (int i = 0; i < count; ++i) {
            memcpy(at, parts[i].der, (size_t)parts[i].len);
            at += parts[i].len;
        }
        form.data = data;
        form.len = (apr_size_t)size;
    }
    for (int i = 0; i < ATTRIBUTES_MAX; ++i) {
        OPENSSL_free(parts[i].der);
    }
    return form;
}

/* libcrypto puts a signing time into whatever it signs: taken out again, and
 * what is left is signed, or has the signature that it was given before. */
static int sign_timeless(CMS_SignerInfo *si, EVP_PKEY *key,
                         npie_bytes_t *given, apr_pool_t *p)
{
    int at = CMS_signed_get_attr_by_NID(si, NID_pkcs9_signingTime, -1);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *signature = NULL;
    npie_bytes_t form = { NULL, 0 };
    size_t len = 0;
    int made = given->len > 0;

    if (at >= 0) {
        X509_ATTRIBUTE_free(CMS_signed_delete_attr(si, at));
        form = signed_form(si, p);
    }
    if (!made && form.len > 0 && ctx != NULL
        && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(ctx, NULL, &len, form.data, form.len) == 1) {
        signature = apr_palloc(p, len);
        made = EVP_DigestSign(ctx, signature, &len, form.data, form.len) == 1;
        given->data = signature;
        given->len = len;
    }
    EVP_MD_CTX_free(ctx);
    return made && ASN1_STRING_set(CMS_SignerInfo_get0_signature(si),
                                   given->data, (int)given->len) == 1;
}

static BIO *to_bio(const npie_bytes_t *content, int npieces)
{
    BIO *bio = BIO_new(BIO_s_mem());

    for (int i = 0; bio != NULL && i < npieces; ++i) {
        if (BIO_write(bio, content[i].data, (int)content[i].len)
            != (int)content[i].len) {
            BIO_free(bio);
            bio = NULL;
        }
    }
    return bio;
}

/* The certificates that come along. */
static int add_chain(CMS_ContentInfo *info, const apr_array_header_t *chain)
{
    STACK_OF(X509) *above = npie_x509_stack(chain);
    int added = above != NULL;

    for (int i = 0; added && i < sk_X509_num(above); ++i) {
        added = CMS_add1_cert(info, sk_X509_value(above, i)) == 1;
    }
    sk_X509_pop_free(above, X509_free);
    return added;
}

apr_status_t npie_cms_make(npie_bytes_t *pcms, EVP_PKEY *key,
                           const npie_cert_t *cert,
                           const apr_array_header_t *chain,
                           const npie_bytes_t *content, int npieces,
                           npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t signature = { NULL, 0 };

    return npie_cms_make_same(pcms, &signature, key, cert, chain, content,
                              npieces, err, p);
}

apr_status_t npie_cms_make_same(npie_bytes_t *pcms, npie_bytes_t *signature,
                                EVP_PKEY *key, const npie_cert_t *cert,
                                const apr_array_header_t *chain,
                                const npie_bytes_t *content, int npieces,
                                npie_err_t *err, apr_pool_t *p)
{
    const unsigned flags = CMS_DETACHED | CMS_BINARY | CMS_CADES
        | CMS_PARTIAL | CMS_NOSMIMECAP;
    BIO *bio = to_bio(content, npieces);
    CMS_ContentInfo *info = bio == NULL ? NULL
        : CMS_sign(NULL, NULL, NULL, bio, flags);
    CMS_SignerInfo *si = info == NULL ? NULL
        : CMS_add1_signer(info, cert->x509, key, EVP_sha256(), flags);
    unsigned char *der = NULL;
    int len = 0;

    if (si != NULL && add_chain(info, chain)
        && CMS_final(info, bio, NULL, flags) == 1
        && sign_timeless(si, key, signature, p)) {
        len = i2d_CMS_ContentInfo(info, &der);
    }
    CMS_ContentInfo_free(info);
    BIO_free(bio);
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the signature could not be made");
    }
    pcms->data = apr_pmemdup(p, der, (apr_size_t)len);
    pcms->len = (apr_size_t)len;
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}
