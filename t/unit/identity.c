/* SPDX-License-Identifier: Apache-2.0
 * Making keys, certificates, requests and signatures.
 */
#include "unit/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define NEED(what)                                                           \
    do {                                                                     \
        if (!(what)) {                                                       \
            fprintf(stderr, "identity.c:%d: %s\n", __LINE__, #what);         \
            ERR_print_errors_fp(stderr);                                     \
            abort();                                                         \
        }                                                                    \
    } while (0)

static apr_status_t free_identity(void *data)
{
    identity_t *id = data;

    EVP_PKEY_free(id->key);
    X509_free(id->x509);
    return APR_SUCCESS;
}

identity_t *identity_key(const char *kind, apr_pool_t *p)
{
    identity_t *id = apr_pcalloc(p, sizeof(*id));

    if (strncmp(kind, "RSA-", 4) == 0) {
        id->key = EVP_RSA_gen((unsigned)atoi(kind + 4));
    }
    else {
        id->key = EVP_EC_gen(kind);
    }
    NEED(id->key != NULL);
    apr_pool_cleanup_register(p, id, free_identity, apr_pool_cleanup_null);
    return id;
}

static npie_bytes_t kept(unsigned char *der, int len, apr_pool_t *p)
{
    npie_bytes_t bytes;

    NEED(len > 0);
    bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    OPENSSL_free(der);
    return bytes;
}

static void set_der(identity_t *id, apr_pool_t *p)
{
    unsigned char *der = NULL;
    const int len = i2d_X509(id->x509, &der);

    id->der = kept(der, len, p);
}

static void add_entry(X509_NAME *name, int nid, const char *text)
{
    if (text != NULL) {
        NEED(X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                        (const unsigned char *)text, -1, -1,
                                        0));
    }
}

static void add_extension(X509 *x509, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    NEED(extension != NULL);
    NEED(X509_add_ext(x509, extension, -1));
    X509_EXTENSION_free(extension);
}

/* Twenty digits as ASCII, the Mexican convention. */
static void set_serial(X509 *x509)
{
    unsigned char digits[20];
    BIGNUM *number;

    NEED(RAND_bytes(digits, sizeof(digits)) == 1);
    for (size_t i = 0; i < sizeof(digits); ++i) {
        digits[i] = (unsigned char)('0' + digits[i] % 10);
    }
    number = BN_bin2bn(digits, sizeof(digits), NULL);
    NEED(number != NULL);
    NEED(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL);
    BN_free(number);
}

static X509 *blank(const identity_t *id, apr_time_t from, apr_time_t until)
{
    X509 *x509 = X509_new();

    NEED(x509 != NULL);
    NEED(X509_set_version(x509, X509_VERSION_3));
    NEED(X509_set_pubkey(x509, id->key));
    NEED(ASN1_TIME_set(X509_getm_notBefore(x509),
                       (time_t)apr_time_sec(from)));
    NEED(ASN1_TIME_set(X509_getm_notAfter(x509),
                       (time_t)apr_time_sec(until)));
    set_serial(x509);
    return x509;
}

identity_t *identity_ca(const char *name, apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    const apr_time_t year = apr_time_from_sec(365 * 86400);
    const apr_time_t now = apr_time_now();
    X509_NAME *subject;

    id->x509 = blank(id, now - 5 * year, now + 5 * year);
    subject = X509_get_subject_name(id->x509);
    add_entry(subject, NID_countryName, "MX");
    add_entry(subject, NID_commonName, name);
    NEED(X509_set_issuer_name(id->x509, subject));
    add_extension(id->x509, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(id->x509, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(id->x509, NID_subject_key_identifier, "hash");
    NEED(X509_sign(id->x509, id->key, EVP_sha256()));
    set_der(id, p);
    return id;
}

void identity_certify(identity_t *id, const identity_t *ca,
                      const identity_subject_t *subject, apr_time_t from,
                      apr_time_t until, apr_pool_t *p)
{
    X509_NAME *name;

    X509_free(id->x509);
    id->x509 = blank(id, from, until);
    name = X509_get_subject_name(id->x509);
    add_entry(name, NID_countryName, "MX");
    add_entry(name, NID_organizationName, subject->organization);
    add_entry(name, NID_organizationalUnitName, subject->rp10);
    add_entry(name, NID_commonName, subject->common_name);
    add_entry(name, NID_serialNumber, subject->curp);
    add_entry(name, NID_x500UniqueIdentifier, subject->rfc);
    NEED(X509_set_issuer_name(id->x509, X509_get_subject_name(ca->x509)));
    add_extension(id->x509, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(id->x509, NID_key_usage,
                  "critical,digitalSignature,nonRepudiation");
    NEED(X509_sign(id->x509, ca->key, EVP_sha256()));
    set_der(id, p);
}

void identity_take(identity_t *id, npie_bytes_t der, apr_pool_t *p)
{
    const unsigned char *at = der.data;

    X509_free(id->x509);
    id->x509 = d2i_X509(NULL, &at, (long)der.len);
    NEED(id->x509 != NULL);
    NEED(X509_check_private_key(id->x509, id->key) == 1);
    set_der(id, p);
}

npie_bytes_t identity_csr(const identity_t *id, const identity_t *key,
                          apr_pool_t *p)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    NEED(request != NULL);
    add_entry(X509_REQ_get_subject_name(request), NID_commonName, "NPIE");
    NEED(X509_REQ_set_pubkey(request, id->key));
    NEED(X509_REQ_sign(request, key->key, EVP_sha256()));
    len = i2d_X509_REQ(request, &der);
    bytes = kept(der, len, p);
    X509_REQ_free(request);
    return bytes;
}

npie_bytes_t identity_cms(const identity_t *id, const npie_bytes_t *content,
                          int npieces, apr_pool_t *p)
{
    BIO *in = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms;
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    for (int i = 0; i < npieces; ++i) {
        NEED(BIO_write(in, content[i].data, (int)content[i].len) ==
             (int)content[i].len);
    }
    cms = CMS_sign(id->x509, id->key, NULL, in,
                   CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP | CMS_CADES);
    NEED(cms != NULL);
    len = i2d_CMS_ContentInfo(cms, &der);
    bytes = kept(der, len, p);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return bytes;
}

void identity_write(const identity_t *id, const char *key_file,
                    const char *certificate_file)
{
    FILE *out;

    if (key_file != NULL) {
        out = fopen(key_file, "w");
        NEED(out != NULL);
        NEED(PEM_write_PrivateKey(out, id->key, NULL, NULL, 0, NULL, NULL));
        NEED(fchmod(fileno(out), 0400) == 0 && fclose(out) == 0);
    }
    if (certificate_file != NULL) {
        out = fopen(certificate_file, "w");
        NEED(out != NULL);
        NEED(PEM_write_X509(out, id->x509));
        NEED(fclose(out) == 0);
    }
}
