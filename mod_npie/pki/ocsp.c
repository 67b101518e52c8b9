/* SPDX-License-Identifier: Apache-2.0
 * Reading and making requests for a status.
 */
#include "pki/ocsp.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>

#include "pki/openssl.h"
#include "pki/x509.h"

#define NONCE_MAX 128 /* RFC 9654 section 2.1 */
#define SERIAL_BYTES_MAX 32

static apr_status_t malformed(npie_err_t *err, const char *what)
{
    return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_REQUEST, what);
}

/* The nonce's bytes stand in an OCTET STRING of their own within the
 * extension. -1: it is none of a length that is taken. */
static int nonce_length(OCSP_REQUEST *request)
{
    const int at = OCSP_REQUEST_get_ext_by_NID(request, NID_id_pkix_OCSP_Nonce,
                                               -1);
    ASN1_OCTET_STRING *value, *nonce;
    const unsigned char *from;
    int len;

    if (at < 0) {
        return 0;
    }
    value = X509_EXTENSION_get_data(OCSP_REQUEST_get_ext(request, at));
    from = ASN1_STRING_get0_data(value);
    nonce = d2i_ASN1_OCTET_STRING(NULL, &from, ASN1_STRING_length(value));
    len = nonce != NULL
          && from == ASN1_STRING_get0_data(value) + ASN1_STRING_length(value)
          ? ASN1_STRING_length(nonce) : 0;
    ASN1_OCTET_STRING_free(nonce);
    return len >= 1 && len <= NONCE_MAX ? len : -1;
}

/* The serial and the digest's name of a CertID; NULL: out of all bounds. */
static const char *read_id(const char **pdigest, OCSP_ONEREQ *one,
                           apr_pool_t *p)
{
    ASN1_OBJECT *digest;
    ASN1_INTEGER *serial;
    const unsigned char *bytes;
    char *hex, *to;
    int len;

    OCSP_id_get0_info(NULL, &digest, NULL, &serial, OCSP_onereq_get0_id(one));
    bytes = ASN1_STRING_get0_data(serial);
    len = ASN1_STRING_length(serial);
    if (len < 1 || len > SERIAL_BYTES_MAX
        || ASN1_STRING_type(serial) != V_ASN1_INTEGER) {
        return NULL;
    }
    to = hex = apr_palloc(p, 2 * (apr_size_t)len + 1);
    for (int i = 0; i < len; ++i) {
        to += apr_snprintf(to, 3, "%02X", bytes[i]);
    }
    *pdigest = OBJ_nid2sn(OBJ_obj2nid(digest));
    return hex;
}

/* Only what everybody asks in the same words is worth keeping. */
static const char *name_for(const char *digest, const char *serial,
                            apr_pool_t *p)
{
    return strcmp(digest, "SHA1") == 0 || strcmp(digest, "SHA256") == 0
           ? apr_pstrcat(p, digest, "-", serial, NULL) : NULL;
}

static apr_status_t read_request(npie_ocsp_request_t *out,
                                 OCSP_REQUEST *request, npie_err_t *err,
                                 apr_pool_t *p)
{
    const int nonce = nonce_length(request);
    const char *digest = "";

    out->count = OCSP_request_onereq_count(request);
    out->name = NULL;
    if (nonce < 0) {
        return malformed(err, "the nonce is not of 1 to 128 bytes");
    }
    if (out->count < 1 || out->count > NPIE_OCSP_CERTS_MAX) {
        return malformed(err, "no certificate is asked for, or too many");
    }
    for (int i = 0; i < out->count; ++i) {
        out->serials[i] = read_id(&digest,
                                  OCSP_request_onereq_get0(request, i), p);
        if (out->serials[i] == NULL) {
            return malformed(err, "a serial is none");
        }
    }
    if (nonce == 0 && out->count == 1
        && OCSP_REQUEST_get_ext_count(request) == 0) {
        out->name = name_for(digest, out->serials[0], p);
    }
    ERR_clear_error();
    return APR_SUCCESS;
}

apr_status_t npie_ocsp_parse(npie_ocsp_request_t *request, npie_bytes_t der,
                             npie_err_t *err, apr_pool_t *p)
{
    const unsigned char *at = der.data;
    OCSP_REQUEST *parsed;
    apr_status_t rv;

    if (der.len == 0 || der.len > NPIE_OCSP_MAX) {
        return malformed(err, "the request is empty or too long");
    }
    parsed = d2i_OCSP_REQUEST(NULL, &at, (long)der.len);
    if (parsed == NULL || at != der.data + der.len) {
        OCSP_REQUEST_free(parsed);
        return malformed(err, "the request is no OCSPRequest");
    }
    rv = read_request(request, parsed, err, p);
    OCSP_REQUEST_free(parsed);
    return rv;
}

npie_bytes_t npie_ocsp_error(npie_ocsp_error_t error, apr_pool_t *p)
{
    OCSP_RESPONSE *response = OCSP_response_create((int)error, NULL);
    npie_bytes_t out = { NULL, 0 };
    unsigned char *der = NULL;
    const int len = response != NULL ? i2d_OCSP_RESPONSE(response, &der) : -1;

    if (len > 0) {
        out.data = apr_pmemdup(p, der, (apr_size_t)len);
        out.len = (apr_size_t)len;
        OPENSSL_free(der);
    }
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return out;
}

static OCSP_REQUEST *make(X509 *certificate, X509 *issuer, const char *digest)
{
    EVP_MD *md = EVP_MD_fetch(NULL, digest, NULL);
    OCSP_REQUEST *request = OCSP_REQUEST_new();
    OCSP_CERTID *id = md != NULL ? OCSP_cert_to_id(md, certificate, issuer)
                                 : NULL;

    EVP_MD_free(md);
    if (request == NULL || id == NULL
        || OCSP_request_add0_id(request, id) == NULL) {
        OCSP_CERTID_free(id);
        OCSP_REQUEST_free(request);
        return NULL;
    }
    return request;
}

apr_status_t npie_ocsp_make(npie_bytes_t *pder, npie_bytes_t certificate,
                            npie_bytes_t issuer, const char *digest,
                            npie_err_t *err, apr_pool_t *p)
{
    OCSP_REQUEST *request;
    unsigned char *der = NULL;
    npie_cert_t *leaf = NULL;
    npie_cert_t *ca;
    int len = -1;
    apr_status_t rv = npie_cert_parse(&ca, issuer, err, p);

    if (rv == APR_SUCCESS && certificate.len > 0) {
        rv = npie_cert_parse(&leaf, certificate, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    request = make(leaf == NULL ? NULL : leaf->x509, ca->x509, digest);
    if (request != NULL) {
        len = i2d_OCSP_REQUEST(request, &der);
    }
    OCSP_REQUEST_free(request);
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the request could not be made");
    }
    pder->data = apr_pmemdup(p, der, (apr_size_t)len);
    pder->len = (apr_size_t)len;
    OPENSSL_free(der);
    return APR_SUCCESS;
}

/* The signer's certificate, DER in p; empty unless all holds. */
static npie_bytes_t signer_of(OCSP_BASICRESP *basic, X509 *issuer,
                              apr_pool_t *p)
{
    X509_STORE *store = X509_STORE_new();
    npie_bytes_t der = { NULL, 0 };
    unsigned char *made = NULL;
    X509 *signer = NULL;
    int len = 0;

    if (store != NULL && X509_STORE_add_cert(store, issuer)
        && X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN)
        && OCSP_basic_verify(basic, NULL, store, 0) == 1
        && OCSP_resp_get0_signer(basic, &signer, NULL) == 1) {
        len = i2d_X509(signer, &made);
    }
    if (len > 0) {
        der.data = apr_pmemdup(p, made, (apr_size_t)len);
        der.len = (apr_size_t)len;
    }
    OPENSSL_free(made);
    X509_STORE_free(store);
    return der;
}

apr_status_t npie_ocsp_signer(npie_cert_t **psigner, npie_bytes_t response,
                              npie_bytes_t issuer, npie_err_t *err,
                              apr_pool_t *p)
{
    const unsigned char *from = response.data;
    OCSP_RESPONSE *answer = d2i_OCSP_RESPONSE(NULL, &from, (long)response.len);
    OCSP_BASICRESP *basic = answer == NULL ? NULL
        : OCSP_response_get1_basic(answer);
    X509 *ca = NULL;
    npie_bytes_t der = { NULL, 0 };
    apr_status_t rv = NPIE_EINPUT;

    npie_x509_read(&ca, issuer);
    if (basic != NULL && ca != NULL) {
        der = signer_of(basic, ca, p);
        rv = der.len > 0 ? APR_SUCCESS : NPIE_ESIGNATURE;
    }
    X509_free(ca);
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(answer);
    return rv == APR_SUCCESS ? npie_cert_parse(psigner, der, err, p)
        : npie_openssl_fail(err, rv, NPIE_P_NONE, rv == NPIE_EINPUT
                            ? "OCSP: there is no signed answer"
                            : "OCSP: the answer is not signed by the "
                              "authority, nor by whom it has named for it");
}
