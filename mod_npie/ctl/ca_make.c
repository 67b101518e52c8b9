/* SPDX-License-Identifier: Apache-2.0
 * Making an authority's keys and certificates (RFC 5280).
 */
#include "ctl/ca_make.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "pki/openssl.h"

#define X509_V3 2
#define SERIAL_DIGITS 20

/* An extension in openssl's configuration syntax. */
typedef struct extension_t {
    int nid;
    const char *value;
} extension_t;

/* Ended by a NULL value. The key identifiers stand in all of them. */
static const extension_t profiles[NPIE_CA_ROLES][4] = {
    [NPIE_CA_ROOT] = {
        { NID_basic_constraints, "critical,CA:TRUE" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
    },
    [NPIE_CA_ISSUING] = {
        { NID_basic_constraints, "critical,CA:TRUE,pathlen:0" },
        { NID_key_usage, "critical,keyCertSign,cRLSign" },
    },
    /* emailProtection for readers of PDF that do not know the other. */
    [NPIE_CA_SEAL] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature,nonRepudiation" },
        { NID_ext_key_usage, "1.3.6.1.5.5.7.3.36,emailProtection" },
    },
};

static apr_status_t free_made(void *baton)
{
    npie_ca_made_t *made = baton;

    EVP_PKEY_free(made->key);
    X509_free(made->x509);
    return APR_SUCCESS;
}

static EVP_PKEY *make_key(const char *kind)
{
    if (strcmp(kind, "p256") == 0) {
        return EVP_EC_gen("P-256");
    }
    if (strcmp(kind, "p384") == 0) {
        return EVP_EC_gen("P-384");
    }
    if (strcmp(kind, "rsa:2048") == 0) {
        return EVP_RSA_gen(2048);
    }
    if (strcmp(kind, "rsa:3072") == 0) {
        return EVP_RSA_gen(3072);
    }
    return strcmp(kind, "rsa:4096") == 0 ? EVP_RSA_gen(4096) : NULL;
}

static apr_status_t no_key(npie_err_t *err)
{
    return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_NONE, "no key: the "
                             "kinds are rsa:2048, rsa:3072, rsa:4096, p256 "
                             "and p384");
}

/* 20 decimal digits as ASCII, as certificates in Mexico have them. */
static int set_serial(X509 *x509)
{
    unsigned char digits[SERIAL_DIGITS];
    BIGNUM *number;
    int done;

    if (npie_random_bytes(digits, sizeof(digits)) != APR_SUCCESS) {
        return 0;
    }
    for (int i = 0; i < SERIAL_DIGITS; i++) {
        digits[i] = (unsigned char)('0' + digits[i] % 10);
    }
    number = BN_bin2bn(digits, sizeof(digits), NULL);
    done = number != NULL
        && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return done;
}

static int set_name(X509_NAME *name, const npie_ca_order_t *order)
{
    const unsigned char *organization =
        (const unsigned char *)order->organization;
    const unsigned char *common = (const unsigned char *)order->name;

    return X509_NAME_add_entry_by_NID(name, NID_countryName, MBSTRING_ASC,
                                      (const unsigned char *)"MX", -1, -1, 0)
        && X509_NAME_add_entry_by_NID(name, NID_organizationName,
                                      MBSTRING_UTF8, organization, -1, -1, 0)
        && X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                      common, -1, -1, 0);
}

static int add_points(X509 *x509, const npie_points_t *points)
{
    STACK_OF(X509_EXTENSION) *list = NULL;
    int done = npie_points_make(&list, points)
        && (list == NULL || npie_points_copy(x509, list));

    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
    return done;
}

static int set_extensions(X509 *x509, X509 *issuer, npie_ca_role_t role)
{
    for (const extension_t *e = profiles[role]; e->value != NULL; e++) {
        if (!npie_openssl_extend(x509, issuer, e->nid, e->value)) {
            return 0;
        }
    }
    return npie_openssl_extend(x509, issuer, NID_subject_key_identifier, "hash")
        && (issuer == x509
            || npie_openssl_extend(x509, issuer, NID_authority_key_identifier,
                                   "keyid:always"));
}

static int set_time(ASN1_TIME *out, apr_time_t when)
{
    return ASN1_TIME_set(out, (time_t)apr_time_sec(when)) != NULL;
}

apr_status_t npie_ca_make(npie_ca_made_t **pmade,
                          const npie_ca_order_t *order,
                          const npie_ca_made_t *issuer, npie_err_t *err,
                          apr_pool_t *p)
{
    npie_ca_made_t *made = apr_pcalloc(p, sizeof(*made));
    X509 *x509;

    apr_pool_cleanup_register(p, made, free_made, apr_pool_cleanup_null);
    made->key = order->made != NULL ? order->made : make_key(order->key);
    if (made->key == NULL) {
        return no_key(err);
    }
    made->x509 = x509 = X509_new();
    issuer = issuer == NULL ? made : issuer;
    if (x509 == NULL || !X509_set_version(x509, X509_V3)
        || !set_serial(x509)
        || !(order->subject != NULL
             ? X509_set_subject_name(x509, order->subject)
             : set_name(X509_get_subject_name(x509), order))
        || !X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509))
        || !set_time(X509_getm_notBefore(x509), order->from)
        || !set_time(X509_getm_notAfter(x509), order->until)
        || !X509_set_pubkey(x509, made->key)
        || !set_extensions(x509, issuer->x509, order->role)
        || !add_points(x509, &order->points)
        || X509_sign(x509, issuer->key, EVP_sha256()) <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                 "the certificate could not be made");
    }
    *pmade = made;
    return APR_SUCCESS;
}

static apr_status_t cleanse(void *baton)
{
    const npie_bytes_t *bytes = baton;

    OPENSSL_cleanse((void *)(apr_uintptr_t)bytes->data, bytes->len);
    return APR_SUCCESS;
}

/* What was written into memory, in p; out is freed. */
static apr_status_t take(npie_bytes_t *pbytes, BIO *out, int written,
                         npie_err_t *err, apr_pool_t *p)
{
    char *data = NULL;
    long len = out == NULL ? 0 : BIO_get_mem_data(out, &data);

    if (written && len > 0) {
        npie_bytes_t *kept = apr_palloc(p, sizeof(*kept));

        kept->data = apr_pmemdup(p, data, (apr_size_t)len);
        kept->len = (apr_size_t)len;
        apr_pool_cleanup_register(p, kept, cleanse, apr_pool_cleanup_null);
        *pbytes = *kept;
    }
    BIO_free(out);
    return written && len > 0 ? APR_SUCCESS
        : npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                            "key or certificate could not be written");
}

apr_status_t npie_ca_key_pem(npie_bytes_t *pbytes, const npie_ca_made_t *made,
                             const char *passphrase, npie_err_t *err,
                             apr_pool_t *p)
{
    BIO *out = BIO_new(BIO_s_secmem());
    int written = out != NULL && PEM_write_bio_PKCS8PrivateKey(
        out, made->key, passphrase == NULL ? NULL : EVP_aes_256_cbc(),
        passphrase, passphrase == NULL ? 0 : (int)strlen(passphrase), NULL,
        NULL);

    return take(pbytes, out, written, err, p);
}

apr_status_t npie_ca_request(npie_ca_made_t **pmade, npie_bytes_t *pbytes,
                             const npie_ca_order_t *order, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_ca_made_t *made = apr_pcalloc(p, sizeof(*made));
    X509_REQ *request = X509_REQ_new();
    BIO *out = BIO_new(BIO_s_mem());
    int written;

    apr_pool_cleanup_register(p, made, free_made, apr_pool_cleanup_null);
    made->key = make_key(order->key);
    written = made->key != NULL && request != NULL && out != NULL
        && set_name(X509_REQ_get_subject_name(request), order)
        && X509_REQ_set_pubkey(request, made->key) == 1
        && X509_REQ_sign(request, made->key, EVP_sha256()) > 0
        && PEM_write_bio_X509_REQ(out, request) == 1;
    X509_REQ_free(request);
    *pmade = made;
    if (made->key == NULL) {
        BIO_free(out);
        return no_key(err);
    }
    return take(pbytes, out, written, err, p);
}

apr_status_t npie_ca_certificate_der(npie_bytes_t *pbytes,
                                     const npie_ca_made_t *made,
                                     npie_err_t *err, apr_pool_t *p)
{
    BIO *out = BIO_new(BIO_s_mem());
    int written = out != NULL && i2d_X509_bio(out, made->x509);

    return take(pbytes, out, written, err, p);
}

apr_status_t npie_ca_certificate_pem(npie_bytes_t *pbytes,
                                     const npie_ca_made_t *made,
                                     npie_err_t *err, apr_pool_t *p)
{
    BIO *out = BIO_new(BIO_s_mem());
    int written = out != NULL && PEM_write_bio_X509(out, made->x509);

    return take(pbytes, out, written, err, p);
}
