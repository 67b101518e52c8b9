/* SPDX-License-Identifier: Apache-2.0
 * RFC 3161 by OpenSSL's TS.
 */
#include "pki/timestamp.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>

#include "pki/cert.h"
#include "pki/openssl.h"
#include "pki/pem.h"

/* Its name until OpenSSL 3.4. */
#if OPENSSL_VERSION_NUMBER < 0x30400000L
#define TS_VERIFY_CTX_set0_store TS_VERIFY_CTX_set_store
#endif

#define SHA256_SIZE 32
#define NONCE_BITS 64

struct npie_tsa_t {
    apr_array_header_t *certs; /* of const npie_cert_t * */
};

static apr_status_t add(void *baton, npie_cert_t *cert, const char *file,
                        npie_err_t *err)
{
    npie_tsa_t *tsa = baton;

    if (X509_check_ca(cert->x509) == 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: \"%s\" is no "
                            "CA's certificate: name the timestamp authority's "
                            "root", file, cert->common_name);
    }
    APR_ARRAY_PUSH(tsa->certs, const npie_cert_t *) = cert;
    return APR_SUCCESS;
}

apr_status_t npie_tsa_load(npie_tsa_t **ptsa, const char *file,
                           npie_err_t *err, apr_pool_t *p)
{
    npie_tsa_t *tsa = apr_palloc(p, sizeof(*tsa));

    tsa->certs = apr_array_make(p, 2, sizeof(const npie_cert_t *));
    *ptsa = tsa;
    return npie_pem_read(file, add, tsa, err, p);
}

apr_time_t npie_tsa_end(const npie_tsa_t *tsa)
{
    apr_time_t end = 0;

    for (int i = 0; i < tsa->certs->nelts; ++i) {
        const npie_cert_t *cert = APR_ARRAY_IDX(tsa->certs, i,
                                                const npie_cert_t *);

        end = end == 0 || cert->not_after < end ? cert->not_after : end;
    }
    return end;
}

static int digest(unsigned char md[SHA256_SIZE], const npie_bytes_t *content,
                  int npieces)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    int ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

    for (int i = 0; ok && i < npieces; ++i) {
        ok = EVP_DigestUpdate(ctx, content[i].data, content[i].len) == 1;
    }
    ok = ok && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return ok;
}

static int set_imprint(TS_REQ *req, unsigned char md[SHA256_SIZE])
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algor = X509_ALGOR_new();
    int ok = imprint != NULL && algor != NULL;

    if (ok) {
        X509_ALGOR_set_md(algor, EVP_sha256());
        ok = TS_MSG_IMPRINT_set_algo(imprint, algor) == 1
            && TS_MSG_IMPRINT_set_msg(imprint, md, SHA256_SIZE) == 1
            && TS_REQ_set_msg_imprint(req, imprint) == 1;
    }
    X509_ALGOR_free(algor);
    TS_MSG_IMPRINT_free(imprint);
    return ok;
}

static int set_nonce(TS_REQ *req)
{
    BIGNUM *bn = BN_new();
    ASN1_INTEGER *nonce = NULL;
    int ok = bn != NULL && BN_rand(bn, NONCE_BITS, BN_RAND_TOP_ONE,
                                   BN_RAND_BOTTOM_ANY) == 1;

    if (ok) {
        nonce = BN_to_ASN1_INTEGER(bn, NULL);
        ok = nonce != NULL && TS_REQ_set_nonce(req, nonce) == 1;
    }
    ASN1_INTEGER_free(nonce);
    BN_free(bn);
    return ok;
}

static int set_policy(TS_REQ *req, const char *policy)
{
    ASN1_OBJECT *oid = OBJ_txt2obj(policy, 1);
    int ok = oid != NULL && TS_REQ_set_policy_id(req, oid) == 1;

    ASN1_OBJECT_free(oid);
    return ok;
}

/* Bytes of libcrypto's as ours. */
static npie_bytes_t taken(unsigned char *der, int len, apr_pool_t *p)
{
    npie_bytes_t bytes = { NULL, 0 };

    if (len > 0) {
        bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
        bytes.len = (apr_size_t)len;
    }
    OPENSSL_free(der);
    return bytes;
}

apr_status_t npie_timestamp_ask(npie_bytes_t *prequest,
                                const npie_bytes_t *content, int npieces,
                                const char *policy, npie_err_t *err,
                                apr_pool_t *p)
{
    TS_REQ *req = TS_REQ_new();
    unsigned char md[SHA256_SIZE];
    unsigned char *der = NULL;
    int known = 1;
    int ok = req != NULL && TS_REQ_set_version(req, 1) == 1
        && digest(md, content, npieces) && set_imprint(req, md)
        && set_nonce(req) && TS_REQ_set_cert_req(req, 1) == 1;

    if (ok && policy != NULL) {
        known = set_policy(req, policy);
    }
    *prequest = (npie_bytes_t){ NULL, 0 };
    if (ok && known) {
        *prequest = taken(der, i2d_TS_REQ(req, &der), p);
    }
    TS_REQ_free(req);
    if (prequest->len > 0) {
        return APR_SUCCESS;
    }
    return known
        ? npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no timestamp request could be made")
        : npie_openssl_fail(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "the policy of timestamps is no object identifier");
}

/* Granted or not; the authority's own words go into the reason. */
static apr_status_t check_status(TS_RESP *resp, npie_err_t *err)
{
    const TS_STATUS_INFO *info = TS_RESP_get_status_info(resp);
    const long status = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(info));
    const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(info);
    const ASN1_UTF8STRING *text = sk_ASN1_UTF8STRING_value(texts, 0);

    if (status == TS_STATUS_GRANTED || status == TS_STATUS_GRANTED_WITH_MODS) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_EPOLICY, NPIE_P_TIMESTAMP,
                        "the timestamp authority refused (status %ld): %.100s",
                        status, text != NULL
                        ? (const char *)ASN1_STRING_get0_data(text) : "-");
}

/* Is the answer of this request? TS_REQ_to_TS_VERIFY_CTX() sets digest, nonce
 * and policy to be compared. */
static int answers(TS_RESP *resp, TS_REQ *req)
{
    TS_VERIFY_CTX *ctx = TS_REQ_to_TS_VERIFY_CTX(req, NULL);
    int ok = ctx != NULL && TS_RESP_verify_response(ctx, resp) == 1;

    TS_VERIFY_CTX_free(ctx);
    return ok;
}

apr_status_t npie_timestamp_take(npie_bytes_t *ptoken, npie_bytes_t answer,
                                 npie_bytes_t request, npie_err_t *err,
                                 apr_pool_t *p)
{
    const unsigned char *at = answer.data, *from = request.data;
    TS_RESP *resp = answer.len > NPIE_TIMESTAMP_MAX ? NULL
        : d2i_TS_RESP(NULL, &at, (long)answer.len);
    TS_REQ *req = d2i_TS_REQ(NULL, &from, (long)request.len);
    unsigned char *der = NULL;
    apr_status_t rv;

    if (resp == NULL || at != answer.data + answer.len || req == NULL) {
        rv = npie_openssl_fail(err, NPIE_EPROTO, NPIE_P_TIMESTAMP,
                               "the answer is no timestamp response");
    } else {
        rv = check_status(resp, err);
    }
    if (rv == APR_SUCCESS && !answers(resp, req)) {
        rv = npie_openssl_fail(err, NPIE_EPROTO, NPIE_P_TIMESTAMP,
                               "the answer is of another request");
    }
    if (rv == APR_SUCCESS) {
        *ptoken = taken(der, i2d_PKCS7(TS_RESP_get_token(resp), &der), p);
    }
    TS_RESP_free(resp);
    TS_REQ_free(req);
    ERR_clear_error();
    return rv;
}

/* The store of a moment; a chain that held then holds. */
static X509_STORE *store_at(const npie_tsa_t *tsa, apr_time_t when)
{
    X509_STORE *store = X509_STORE_new();
    int ok = store != NULL;

    for (int i = 0; ok && tsa != NULL && i < tsa->certs->nelts; ++i) {
        ok = X509_STORE_add_cert(
            store, APR_ARRAY_IDX(tsa->certs, i, const npie_cert_t *)->x509)
            == 1;
    }
    if (!ok) {
        X509_STORE_free(store);
        return NULL;
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store),
                               (time_t)apr_time_sec(when));
    return store;
}

/* Signature, chain and version. The store is the context's. */
static int is_signed(PKCS7 *token, const npie_tsa_t *tsa, apr_time_t when)
{
    TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
    X509_STORE *store = ctx == NULL ? NULL : store_at(tsa, when);
    int ok = 0;

    if (store != NULL) {
        TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_SIGNATURE);
        TS_VERIFY_CTX_set0_store(ctx, store);
        ok = TS_RESP_verify_token(ctx, token) == 1;
    }
    TS_VERIFY_CTX_free(ctx);
    return ok;
}

static int read_time(apr_time_t *t, const ASN1_TIME *time)
{
    struct tm tm;

    if (ASN1_TIME_to_tm(time, &tm) != 1) {
        return 0;
    }
    *t = apr_time_from_sec((apr_time_t)timegm(&tm));
    return 1;
}

/* Is the token about this digest? */
static int is_imprint(TS_TST_INFO *info, const unsigned char *md)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *oid = NULL;
    const ASN1_OCTET_STRING *msg = TS_MSG_IMPRINT_get_msg(imprint);

    X509_ALGOR_get0(&oid, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    return OBJ_obj2nid(oid) == NID_sha256
        && ASN1_STRING_length(msg) == SHA256_SIZE
        && CRYPTO_memcmp(ASN1_STRING_get0_data(msg), md, SHA256_SIZE) == 0;
}

/* What a verified token says beside its time. */
static int describe(npie_timestamp_t *stamp, PKCS7 *token, TS_TST_INFO *info,
                    apr_pool_t *p)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    BIGNUM *bn = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), NULL);
    char *hex = bn != NULL ? BN_bn2hex(bn) : NULL;
    npie_cert_t *cert = NULL;

    if (sk_X509_num(signers) == 1) {
        npie_cert_parse(&cert, npie_openssl_x509_der(sk_X509_value(signers, 0),
                                                     p), NULL, p);
    }
    if (cert != NULL && hex != NULL) {
        stamp->authority = cert->common_name;
        stamp->until = cert->not_after;
        stamp->serial = apr_pstrdup(p, hex);
    }
    OPENSSL_free(hex);
    BN_free(bn);
    sk_X509_free(signers);
    return cert != NULL && stamp->serial != NULL;
}

static apr_status_t judge(npie_timestamp_t *stamp, PKCS7 *token,
                          TS_TST_INFO *info, const unsigned char *md,
                          const npie_tsa_t *tsa, npie_err_t *err,
                          apr_pool_t *p)
{
    if (!read_time(&stamp->time, TS_TST_INFO_get_time(info))) {
        return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_TIMESTAMP,
                                 "the timestamp has no time");
    }
    if (!is_imprint(info, md)) {
        return npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED,
                            "the timestamp is of other content");
    }
    if (!is_signed(token, tsa, stamp->time) || !describe(stamp, token, info,
                                                         p)) {
        return npie_openssl_fail(err, NPIE_ESIGNATURE, NPIE_P_UNTRUSTED,
                                 "the timestamp is not of a trusted authority");
    }
    return APR_SUCCESS;
}

apr_status_t npie_timestamp_verify(npie_timestamp_t **pstamp,
                                   npie_bytes_t token,
                                   const npie_bytes_t *content, int npieces,
                                   const npie_tsa_t *tsa, npie_err_t *err,
                                   apr_pool_t *p)
{
    npie_timestamp_t *stamp = apr_pcalloc(p, sizeof(*stamp));
    const unsigned char *at = token.data;
    PKCS7 *message = d2i_PKCS7(NULL, &at, (long)token.len);
    TS_TST_INFO *info = NULL;
    unsigned char md[SHA256_SIZE];
    apr_status_t rv;

    *pstamp = NULL;
    if (message != NULL && at == token.data + token.len) {
        info = PKCS7_to_TS_TST_INFO(message);
    }
    if (info == NULL) {
        rv = npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_TIMESTAMP,
                               "no timestamp token");
    } else if (!digest(md, content, npieces)) {
        rv = npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                               "the content could not be digested");
    } else {
        rv = judge(stamp, message, info, md, tsa, err, p);
    }
    TS_TST_INFO_free(info);
    PKCS7_free(message);
    ERR_clear_error();
    if (rv == APR_SUCCESS) {
        *pstamp = stamp;
    }
    return rv;
}
