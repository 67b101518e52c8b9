/* SPDX-License-Identifier: Apache-2.0
 * Writes a SignedData, from the inside out.
 */
#include "pki/cms_make.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "pki/openssl.h"

#define PIECES_MAX 8

/* Tags of DER. */
enum {
    TAG_OCTETS = 0x04, TAG_SEQUENCE = 0x30,
    TAG_SET = 0x31, TAG_CONTEXT_0 = 0xa0
};

#define BYTES(literal) \
    { (const unsigned char *)(literal), sizeof(literal) - 1 }

static const npie_bytes_t version_1 = BYTES("\x02\x01\x01");
static const npie_bytes_t oid_signed_data =
    BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");
static const npie_bytes_t oid_data =
    BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01");
static const npie_bytes_t oid_content_type =
    BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03");
static const npie_bytes_t oid_message_digest =
    BYTES("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04");
static const npie_bytes_t oid_signing_certificate =
    BYTES("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x2f");
/* Algorithms, whole: RFC 5754, 3.2 and 3.3. */
static const npie_bytes_t algorithm_sha256 =
    BYTES("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01");
static const npie_bytes_t algorithm_rsa =
    BYTES("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00");
static const npie_bytes_t algorithm_ecdsa =
    BYTES("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");

/* A value with its tag around others, in p. */
static npie_bytes_t wrap(int tag, const npie_bytes_t *parts, int count,
                         apr_pool_t *p)
{
    apr_size_t len = 0;
    unsigned char *out, *at;

    for (int i = 0; i < count; ++i) {
        len += parts[i].len;
    }
    at = out = apr_palloc(p, len + 5);
    *at++ = (unsigned char)tag;
    if (len >= 0x10000) {
        *at++ = 0x83;
        *at++ = (unsigned char)(len >> 16);
    } else if (len >= 0x100) {
        *at++ = 0x82;
    } else if (len >= 0x80) {
        *at++ = 0x81;
    }
    if (len >= 0x100) {
        *at++ = (unsigned char)(len >> 8);
    }
    *at++ = (unsigned char)len;
    for (int i = 0; i < count; ++i) {
        if (parts[i].len > 0) {
            memcpy(at, parts[i].data, parts[i].len);
            at += parts[i].len;
        }
    }
    return (npie_bytes_t){ out, (apr_size_t)(at - out) };
}

static npie_bytes_t wrap_one(int tag, npie_bytes_t part, apr_pool_t *p)
{
    return wrap(tag, &part, 1, p);
}

static npie_bytes_t attribute(npie_bytes_t oid, npie_bytes_t value,
                              apr_pool_t *p)
{
    const npie_bytes_t parts[] = { oid, wrap_one(TAG_SET, value, p) };

    return wrap(TAG_SEQUENCE, parts, 2, p);
}

static npie_bytes_t sha256(const npie_bytes_t *content, int npieces,
                           apr_pool_t *p)
{
    unsigned char *digest = apr_palloc(p, EVP_MAX_MD_SIZE);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned int len = 0;
    int ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

    for (int i = 0; ok && i < npieces; ++i) {
        ok = EVP_DigestUpdate(ctx, content[i].data, content[i].len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
    EVP_MD_CTX_free(ctx);
    return (npie_bytes_t){ digest, ok ? len : 0 };
}

/* The signed attributes, one after the other as a SET OF has them: by their
 * encodings, which differ in length already. */
static npie_bytes_t attributes(npie_bytes_t digest, npie_bytes_t cert_hash,
                               int tag, apr_pool_t *p)
{
    npie_bytes_t id = wrap_one(TAG_OCTETS, cert_hash, p);
    npie_bytes_t parts[3];

    /* ESSCertIDv2, its list, and SigningCertificateV2. */
    for (int i = 0; i < 3; ++i) {
        id = wrap_one(TAG_SEQUENCE, id, p);
    }
    parts[0] = attribute(oid_content_type, oid_data, p);
    parts[1] = attribute(oid_message_digest,
                         wrap_one(TAG_OCTETS, digest, p), p);
    parts[2] = attribute(oid_signing_certificate, id, p);
    return wrap(tag, parts, 3, p);
}

static npie_bytes_t sign(EVP_PKEY *key, npie_bytes_t text, apr_pool_t *p)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char *signature = NULL;
    size_t len = 0;
    int ok = ctx != NULL
        && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(ctx, NULL, &len, text.data, text.len) == 1;

    if (ok) {
        signature = apr_palloc(p, len);
        ok = EVP_DigestSign(ctx, signature, &len, text.data, text.len) == 1;
    }
    EVP_MD_CTX_free(ctx);
    return (npie_bytes_t){ signature, ok ? len : 0 };
}

/* Issuer and serial number of a certificate, as they stand in it. */
static npie_bytes_t signer_id(const npie_cert_t *cert, apr_pool_t *p)
{
    npie_bytes_t parts[2] = { { NULL, 0 }, { NULL, 0 } };
    unsigned char *name = NULL, *serial = NULL;
    int len = i2d_X509_NAME(X509_get_issuer_name(cert->x509), &name);

    if (len > 0) {
        parts[0] = (npie_bytes_t){ name, (apr_size_t)len };
    }
    len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert->x509), &serial);
    if (len > 0) {
        parts[1] = (npie_bytes_t){ serial, (apr_size_t)len };
    }
    parts[0] = wrap(TAG_SEQUENCE, parts, 2, p);
    OPENSSL_free(name);
    OPENSSL_free(serial);
    return parts[0];
}

/* The certificates in the order of a SET OF. */
static npie_bytes_t certificates(const npie_cert_t *cert,
                                 const apr_array_header_t *chain,
                                 apr_pool_t *p)
{
    npie_bytes_t parts[PIECES_MAX] = { cert->der };
    int count = 1;

    for (int i = 0; i < chain->nelts && count < PIECES_MAX; ++i) {
        const npie_bytes_t one = APR_ARRAY_IDX(chain, i, npie_bytes_t);
        int at = count++;

        while (at > 0 && memcmp(parts[at - 1].data, one.data,
                                parts[at - 1].len < one.len
                                ? parts[at - 1].len : one.len) > 0) {
            parts[at] = parts[at - 1];
            --at;
        }
        parts[at] = one;
    }
    return wrap(TAG_CONTEXT_0, parts, count, p);
}

apr_status_t npie_cms_make(npie_bytes_t *pcms, EVP_PKEY *key,
                           const npie_cert_t *cert,
                           const apr_array_header_t *chain,
                           const npie_bytes_t *content, int npieces,
                           npie_err_t *err, apr_pool_t *p)
{
    const npie_bytes_t digest = sha256(content, npieces, p);
    const npie_bytes_t hash = sha256(&cert->der, 1, p);
    const npie_bytes_t signature =
        sign(key, attributes(digest, hash, TAG_SET, p), p);
    const npie_bytes_t signer[] = {
        version_1, signer_id(cert, p), algorithm_sha256,
        attributes(digest, hash, TAG_CONTEXT_0, p),
        EVP_PKEY_is_a(key, "EC") ? algorithm_ecdsa : algorithm_rsa,
        wrap_one(TAG_OCTETS, signature, p)
    };
    const npie_bytes_t data[] = {
        version_1, wrap_one(TAG_SET, algorithm_sha256, p),
        wrap_one(TAG_SEQUENCE, oid_data, p), certificates(cert, chain, p),
        wrap_one(TAG_SET, wrap(TAG_SEQUENCE, signer, 6, p), p)
    };
    const npie_bytes_t whole[] = {
        oid_signed_data,
        wrap_one(TAG_CONTEXT_0, wrap(TAG_SEQUENCE, data, 5, p), p)
    };

    if (digest.len == 0 || hash.len == 0 || signature.len == 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the seal could not be signed");
    }
    *pcms = wrap(TAG_SEQUENCE, whole, 2, p);
    return APR_SUCCESS;
}
