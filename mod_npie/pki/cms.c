/* SPDX-License-Identifier: Apache-2.0
 * Verification of detached CMS signatures whose signer may have expired.
 */
#include "pki/cms.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/asn1t.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/safestack.h>
#include <openssl/x509.h>

#include "pki/openssl.h"

/* Bytes taken with the zeros after the CMS, where a PDF reserves more room
 * than the signature needs. */
#define PADDED_MAX 65536

/* CMS_signed_get0_data_by_OBJ(): one attribute with one value, or nothing. */
#define THE_ONLY_ONE (-3)

/* ESSCertIDv2 and SigningCertificateV2 (RFC 5035 section 3) as far as they
 * are looked at: libcrypto reads them too, but shows nobody what it read. */
typedef struct cert_id_t {
    X509_ALGOR *algor; /* NULL = SHA-256 */
    ASN1_OCTET_STRING *hash;
    STACK_OF(ASN1_TYPE) *issuer_serial;
} cert_id_t;

DEFINE_STACK_OF(cert_id_t)

typedef struct signing_cert_t {
    STACK_OF(cert_id_t) *ids;
    STACK_OF(ASN1_TYPE) *policies;
} signing_cert_t;

ASN1_SEQUENCE(cert_id_t) = {
    ASN1_OPT(cert_id_t, algor, X509_ALGOR),
    ASN1_SIMPLE(cert_id_t, hash, ASN1_OCTET_STRING),
    ASN1_SEQUENCE_OF_OPT(cert_id_t, issuer_serial, ASN1_ANY)
} static_ASN1_SEQUENCE_END(cert_id_t)

ASN1_SEQUENCE(signing_cert_t) = {
    ASN1_SEQUENCE_OF(signing_cert_t, ids, cert_id_t),
    ASN1_SEQUENCE_OF_OPT(signing_cert_t, policies, ASN1_ANY)
} static_ASN1_SEQUENCE_END(signing_cert_t)

/* A parsed message; the foreign objects are freed by message_free(). */
typedef struct message_t {
    CMS_ContentInfo *cms;
    CMS_SignerInfo *si;      /* borrowed from cms */
    STACK_OF(X509) *certs;   /* owned */
    X509 *signer;            /* borrowed from certs */
    const EVP_MD *md;
} message_t;

static void message_free(message_t *m)
{
    sk_X509_pop_free(m->certs, X509_free);
    CMS_ContentInfo_free(m->cms);
    ERR_clear_error();
}

/* The digests of new signatures, by algorithm; NULL for any other. */
static const EVP_MD *strong_md(const X509_ALGOR *algor)
{
    const ASN1_OBJECT *oid = NULL;

    X509_ALGOR_get0(&oid, NULL, NULL, algor);
    switch (OBJ_obj2nid(oid)) {
    case NID_sha256:
        return EVP_sha256();
    case NID_sha384:
        return EVP_sha384();
    case NID_sha512:
        return EVP_sha512();
    default:
        return NULL;
    }
}

/* Does the signature algorithm belong to those taken, with the digest that
 * the signer names? libcrypto checks that the key is of that kind, and what
 * RSASSA-PSS says about its digest. */
static int is_algorithm_taken(const X509_ALGOR *algor, const EVP_MD *md)
{
    const ASN1_OBJECT *oid = NULL;
    int digest = NID_undef, kind = NID_undef, nid;

    X509_ALGOR_get0(&oid, NULL, NULL, algor);
    nid = OBJ_obj2nid(oid);
    if (nid == NID_rsaEncryption || nid == NID_rsassaPss) {
        return 1;
    }
    return OBJ_find_sigid_algs(nid, &digest, &kind) == 1
        && (kind == NID_rsaEncryption || kind == NID_X9_62_id_ecPublicKey)
        && digest == EVP_MD_get_type(md);
}

/* Reads the one SignedData; NULL, or why it is not of the kind wanted. */
static const char *read_message(message_t *m, npie_bytes_t bytes)
{
    const unsigned char *at = bytes.data;
    const unsigned char *end = bytes.data + bytes.len;
    STACK_OF(CMS_SignerInfo) *infos;

    m->cms = d2i_CMS_ContentInfo(NULL, &at, (long)bytes.len);
    if (m->cms != NULL && at - bytes.data > NPIE_CMS_MAX) {
        return "the CMS is too long";
    }
    while (m->cms != NULL && at < end && *at == 0) {
        ++at;
    }
    if (m->cms == NULL || at != end) {
        return "no CMS, or something after it";
    }
    if (OBJ_obj2nid(CMS_get0_type(m->cms)) != NID_pkcs7_signed
        || OBJ_obj2nid(CMS_get0_eContentType(m->cms)) != NID_pkcs7_data
        || CMS_is_detached(m->cms) != 1) {
        return "no detached SignedData over data";
    }
    infos = CMS_get0_SignerInfos(m->cms);
    if (sk_CMS_SignerInfo_num(infos) != 1) {
        return "not exactly one signer";
    }
    m->si = sk_CMS_SignerInfo_value(infos, 0);
    m->certs = CMS_get1_certs(m->cms);
    for (int i = 0; m->signer == NULL && i < sk_X509_num(m->certs); ++i) {
        if (CMS_SignerInfo_cert_cmp(m->si, sk_X509_value(m->certs, i)) == 0) {
            m->signer = sk_X509_value(m->certs, i);
        }
    }
    return m->signer != NULL ? NULL : "the signer's certificate is not inside";
}

static const void *signed_value(const message_t *m, int nid, int type)
{
    return CMS_signed_get0_data_by_OBJ(m->si, OBJ_nid2obj(nid), THE_ONLY_ONE,
                                       type);
}

/* Does signingCertificateV2 name the signer first? */
static int names_signer(const message_t *m, const ASN1_STRING *value)
{
    signing_cert_t *list = ASN1_item_unpack(value,
                                            ASN1_ITEM_rptr(signing_cert_t));
    const cert_id_t *id = list == NULL ? NULL
                                       : sk_cert_id_t_value(list->ids, 0);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    const EVP_MD *md;
    int same = 0;

    if (id != NULL) {
        md = id->algor != NULL ? strong_md(id->algor) : EVP_sha256();
        same = md != NULL && X509_digest(m->signer, md, hash, &len) == 1
            && ASN1_STRING_length(id->hash) == (int)len
            && memcmp(ASN1_STRING_get0_data(id->hash), hash, len) == 0;
    }
    ASN1_item_free((ASN1_VALUE *)list, ASN1_ITEM_rptr(signing_cert_t));
    return same;
}

/* The signed attributes apart from the digest's value; NULL, or what is
 * wrong. Without attributes the signature would be over the content itself,
 * and one over a text that looks like attributes could pass for ours. */
static const char *attribute_fault(const message_t *m, int require_certificate)
{
    const ASN1_OBJECT *type = signed_value(m, NID_pkcs9_contentType,
                                           V_ASN1_OBJECT);
    const ASN1_OBJECT *oid = OBJ_nid2obj(NID_id_smime_aa_signingCertificateV2);
    const ASN1_STRING *value;

    if (type == NULL || OBJ_obj2nid(type) != NID_pkcs7_data) {
        return "the signed attributes lack the content type";
    }
    value = signed_value(m, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
    if (value == NULL || ASN1_STRING_length(value) != EVP_MD_get_size(m->md)) {
        return "the signed attributes lack the digest";
    }
    if (CMS_signed_get_attr_by_OBJ(m->si, oid, -1) < 0) {
        return require_certificate
            ? "the signed attributes do not name the certificate" : NULL;
    }
    value = signed_value(m, NID_id_smime_aa_signingCertificateV2,
                         V_ASN1_SEQUENCE);
    if (value == NULL || !names_signer(m, value)) {
        return "the signed attributes name another certificate";
    }
    return NULL;
}

/* The signature over the signed attributes; NULL, or what is wrong. */
static const char *signature_fault(message_t *m)
{
    X509_ALGOR *digest = NULL, *signature = NULL;

    CMS_SignerInfo_get0_algs(m->si, NULL, NULL, &digest, &signature);
    m->md = strong_md(digest);
    if (m->md == NULL) {
        return "the digest is weaker than SHA-256, or unknown";
    }
    if (!is_algorithm_taken(signature, m->md)) {
        return "the signature algorithm is not taken";
    }
    if (EVP_PKEY_get_bits(X509_get0_pubkey(m->signer)) > NPIE_RSA_MAX_BITS) {
        return "the signer's key is too long";
    }
    CMS_SignerInfo_set1_signer_cert(m->si, m->signer);
    if (CMS_SignerInfo_verify(m->si) != 1) {
        return "the signature does not hold";
    }
    return NULL;
}

/* 1: the content has the signed digest; 0: another; -1: libcrypto failed. */
static int is_content_signed(const message_t *m, const npie_bytes_t *content,
                             int npieces)
{
    const ASN1_STRING *signed_digest =
        signed_value(m, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    int ok = ctx != NULL && EVP_DigestInit_ex(ctx, m->md, NULL) == 1;

    for (int i = 0; ok && i < npieces; ++i) {
        ok = EVP_DigestUpdate(ctx, content[i].data, content[i].len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, digest, &len) == 1;
    EVP_MD_CTX_free(ctx);
    if (!ok) {
        return -1;
    }
    return CRYPTO_memcmp(ASN1_STRING_get0_data(signed_digest), digest,
                         len) == 0;
}

/* The signer's chain, with the certificates that came in the message. */
static apr_status_t judge_chain(const message_t *m, const npie_cert_t *signer,
                                const npie_cms_rules_t *rules,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *chain = apr_array_make(p, 4, sizeof(npie_bytes_t));

    for (int i = 0; i < sk_X509_num(m->certs); ++i) {
        X509 *x509 = sk_X509_value(m->certs, i);

        if (x509 != m->signer) {
            APR_ARRAY_PUSH(chain, npie_bytes_t) = npie_openssl_x509_der(x509, p);
        }
    }
    return rules->seal
        ? npie_trust_verify_seal(rules->trust, signer, chain, rules->min_bits,
                                 err, p)
        : npie_trust_verify(rules->trust, signer, chain, rules->min_bits,
                            err, p);
}

/* npie_cms_verify() on a message whose kind is right. */
static apr_status_t judge(npie_cert_t **psigner, message_t *m,
                          const npie_bytes_t *content, int npieces,
                          const npie_cms_rules_t *rules, npie_err_t *err,
                          apr_pool_t *p)
{
    npie_cert_t *signer = NULL;
    apr_status_t rv = npie_cert_parse(&signer, npie_openssl_x509_der(m->signer, p), err, p);
    const char *fault;
    int same;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    fault = signature_fault(m);
    if (fault == NULL) {
        fault = attribute_fault(m, rules->require_signing_certificate);
    }
    if (fault != NULL) {
        return npie_openssl_fail(err, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                                 fault);
    }
    same = is_content_signed(m, content, npieces);
    if (same < 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the content could not be digested");
    }
    rv = judge_chain(m, signer, rules, err, p);
    if (same) {
        *psigner = signer;
        return rv;
    }
    return rv != APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED,
                       "the signature is over other content");
}

apr_status_t npie_cms_verify(npie_cert_t **psigner, npie_bytes_t cms,
                             const npie_bytes_t *content, int npieces,
                             const npie_cms_rules_t *rules, npie_err_t *err,
                             apr_pool_t *p)
{
    message_t m = { NULL, NULL, NULL, NULL, NULL };
    const char *fault;
    apr_status_t rv;

    *psigner = NULL;
    if (cms.len == 0 || cms.len > PADDED_MAX) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "a CMS of %" APR_SIZE_T_FMT " bytes", cms.len);
    }
    fault = read_message(&m, cms);
    if (fault != NULL) {
        rv = npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_SIGNATURE, fault);
    } else {
        rv = judge(psigner, &m, content, npieces, rules, err, p);
    }
    message_free(&m);
    return rv;
}
