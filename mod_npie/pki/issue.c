/* SPDX-License-Identifier: Apache-2.0
 * The certificate profile.
 *
 * The serial number follows a convention: 20 random decimal digits, each
 * written as its ASCII octet, as certificates in Mexico have it. That is 20
 * octets, the first below 0x80, and 66 random bits.
 */
#include "pki/issue.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "pki/calendar.h"
#include "pki/openssl.h"
#include "pki/policy.h"
#include "pki/subject.h"

#define SERIAL_DIGITS 20
#define MONTHS_MAX 120
#define KEY_ID_LEN 20 /* RFC 7093 section 2, method 1 */
#define X509_V3 2

struct npie_issuer_t {
    EVP_PKEY *key;
    X509 *ca;
    apr_time_t ca_not_before;
    apr_time_t ca_not_after;
    int months;
    apr_interval_time_t backdate;
    int bit_string;             /* of x500UniqueIdentifier */
    STACK_OF(X509_EXTENSION) *constants;
    X509_EXTENSION *policy;     /* of principal certificates, or NULL */
    X509_EXTENSION *additional; /* of additional ones, or NULL */
};

static void free_extensions(npie_issuer_t *issuer)
{
    sk_X509_EXTENSION_pop_free(issuer->constants, X509_EXTENSION_free);
    X509_EXTENSION_free(issuer->policy);
    X509_EXTENSION_free(issuer->additional);
}

static apr_status_t issuer_free(void *data)
{
    npie_issuer_t *issuer = data;

    EVP_PKEY_free(issuer->key);
    X509_free(issuer->ca);
    free_extensions(issuer);
    return APR_SUCCESS;
}

/* Appends an extension given in openssl's configuration syntax. */
static int add_constant(npie_issuer_t *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&ctx, issuer->ca, NULL, NULL, NULL, 0);
    extension = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
    if (extension == NULL
        || sk_X509_EXTENSION_push(issuer->constants, extension) <= 0) {
        X509_EXTENSION_free(extension);
        return 0;
    }
    return 1;
}

/* What every certificate of this issuer has in common; NULL, or what could
 * not be made. */
static const char *make_constants(npie_issuer_t *issuer,
                                  const npie_profile_t *profile)
{
    issuer->constants = sk_X509_EXTENSION_new_null();
    if (issuer->constants == NULL
        || !add_constant(issuer, NID_basic_constraints, "critical,CA:FALSE")
        || !add_constant(issuer, NID_key_usage,
                         "critical,digitalSignature,nonRepudiation")
        || !add_constant(issuer, NID_ext_key_usage,
                         "clientAuth,emailProtection")) {
        return "the profile's extensions could not be made";
    }
    if (!add_constant(issuer, NID_authority_key_identifier,
                      "keyid:always")) {
        return "the CA certificate has no subject key identifier";
    }
    if ((profile->policy_oid != NULL
         && !npie_policy_extension(&issuer->policy, profile->policy_oid, NULL))
        || (profile->additional_oid != NULL
            && !npie_policy_extension(&issuer->additional, profile->policy_oid,
                              profile->additional_oid))) {
        return "a policy is no object identifier";
    }
    return npie_points_make(&issuer->constants, &profile->points)
        ? NULL : "the addresses of CRL, OCSP and CA could not be written";
}

static int is_url(const char *url)
{
    if (url == NULL) {
        return 1;
    }
    for (const char *c = url; *c != '\0'; ++c) {
        if (*c <= ' ' || *c > '~') {
            return 0;
        }
    }
    return strstr(url, "://") > url;
}

/* NULL, or why this cannot be an issuer. */
static const char *issuer_fault(EVP_PKEY *key, const npie_cert_t *ca,
                                const npie_profile_t *profile)
{
    if (X509_check_ca(ca->x509) != 1
        || !(X509_get_key_usage(ca->x509) & KU_KEY_CERT_SIGN)) {
        return "the certificate is no CA's";
    }
    if (X509_check_private_key(ca->x509, key) != 1) {
        return "key and CA certificate do not belong together";
    }
    if (apr_time_now() >= ca->not_after) {
        return "the CA certificate has expired";
    }
    if (profile->validity_months < 1 || profile->validity_months > MONTHS_MAX
        || profile->backdate < 0
        || profile->backdate > apr_time_from_sec(86400)) {
        return "the validity is out of range";
    }
    if (!is_url(profile->points.crl_url) || !is_url(profile->points.ocsp_url)
        || !is_url(profile->points.issuer_url)) {
        return "an address of the profile is no URL";
    }
    return NULL;
}

apr_status_t npie_issuer_create(npie_issuer_t **pissuer, EVP_PKEY *key,
                                const npie_cert_t *ca,
                                const npie_profile_t *profile,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_issuer_t *issuer = apr_pcalloc(p, sizeof(*issuer));
    const char *fault = issuer_fault(key, ca, profile);

    if (fault == NULL) {
        issuer->ca = ca->x509;
        fault = make_constants(issuer, profile);
    }
    if (fault != NULL) {
        free_extensions(issuer);
        return npie_openssl_fail(err, NPIE_ECONFIG, NPIE_P_NONE, fault);
    }
    X509_up_ref(issuer->ca);
    issuer->key = key;
    issuer->ca_not_before = ca->not_before;
    issuer->ca_not_after = ca->not_after;
    issuer->months = profile->validity_months;
    issuer->backdate = profile->backdate;
    issuer->bit_string = profile->unique_id_bit_string;
    apr_pool_cleanup_register(p, issuer, issuer_free, apr_pool_cleanup_null);
    ERR_clear_error();
    *pissuer = issuer;
    return APR_SUCCESS;
}

X509 *npie_issuer_certificate(const npie_issuer_t *issuer)
{
    return issuer->ca;
}

int npie_issuer_add_points(X509 *x509, const npie_issuer_t *issuer)
{
    return npie_points_copy(x509, issuer->constants);
}

EVP_PKEY *npie_issuer_key(const npie_issuer_t *issuer)
{
    return issuer->key;
}

static int set_dates(X509 *x509, const npie_issuer_t *issuer, apr_time_t now,
                     apr_time_t not_after)
{
    apr_time_t not_before = now - issuer->backdate;

    /* In its first minutes a CA must not vouch for a time before its own. */
    if (not_before < issuer->ca_not_before) {
        not_before = issuer->ca_not_before;
    }
    return ASN1_TIME_set(X509_getm_notBefore(x509),
                         apr_time_sec(not_before)) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(x509),
                         apr_time_sec(not_after)) != NULL;
}

static int set_serial(X509 *x509)
{
    unsigned char digits[SERIAL_DIGITS], octet;
    ASN1_INTEGER *serial;
    BIGNUM *bn;
    int n = 0, done;

    while (n < SERIAL_DIGITS) {
        if (npie_random_bytes(&octet, 1) != APR_SUCCESS) {
            return 0;
        }
        /* 250 and up would make the digits 0 to 5 likelier. */
        if (octet < 250) {
            digits[n++] = (unsigned char)('0' + octet % 10);
        }
    }
    bn = BN_bin2bn(digits, SERIAL_DIGITS, NULL);
    serial = BN_to_ASN1_INTEGER(bn, NULL);
    done = serial != NULL && X509_set_serialNumber(x509, serial) == 1;
    ASN1_INTEGER_free(serial);
    BN_free(bn);
    return done;
}

/* The request's SubjectPublicKeyInfo, as it is: decoding the key and encoding
 * it again costs ten times the rest of the certificate. */
static int set_key(X509 *x509, npie_bytes_t spki)
{
    const unsigned char *at = spki.data;
    const unsigned char *end = spki.data + spki.len;
    const ASN1_OBJECT *oid = NULL;
    const void *value = NULL;
    X509_ALGOR *algor = NULL;
    ASN1_BIT_STRING *bits = NULL;
    unsigned char *key = NULL;
    long len = 0;
    int tag = 0, class = 0, type = 0, done = 0;

    ASN1_get_object(&at, &len, &tag, &class, (long)spki.len);
    algor = d2i_X509_ALGOR(NULL, &at, end - at);
    bits = d2i_ASN1_BIT_STRING(NULL, &at, end - at);
    if (algor != NULL && bits != NULL) {
        X509_ALGOR_get0(&oid, &type, &value, algor);
        key = OPENSSL_memdup(ASN1_STRING_get0_data(bits),
                             (size_t)ASN1_STRING_length(bits));
        done = key != NULL
            && X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(x509),
                                      OBJ_dup(oid), type,
                                      type == V_ASN1_OBJECT ? OBJ_dup(value)
                                                            : NULL,
                                      key, ASN1_STRING_length(bits)) == 1;
    }
    X509_ALGOR_free(algor);
    ASN1_BIT_STRING_free(bits);
    return done;
}

/* SHA-256 of the key's bits, cut to 160 bits. */
static int add_key_id(X509 *x509)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    int done = id != NULL
        && X509_pubkey_digest(x509, EVP_sha256(), digest, NULL) == 1
        && ASN1_OCTET_STRING_set(id, digest, KEY_ID_LEN) == 1
        && X509_add1_ext_i2d(x509, NID_subject_key_identifier, id, 0,
                             X509V3_ADD_APPEND) == 1;

    ASN1_OCTET_STRING_free(id);
    return done;
}

/* The policies say whether it is an additional certificate. */
static int add_policies(X509 *x509, const npie_issuer_t *issuer,
                        const npie_subject_t *subject)
{
    X509_EXTENSION *policy = subject->principal != NULL ? issuer->additional
                                                        : issuer->policy;

    return policy == NULL || X509_add_ext(x509, policy, -1) == 1;
}

static int add_constants(X509 *x509, const npie_issuer_t *issuer)
{
    int count = sk_X509_EXTENSION_num(issuer->constants);

    for (int i = 0; i < count; ++i) {
        if (X509_add_ext(x509, sk_X509_EXTENSION_value(issuer->constants, i),
                         -1) != 1) {
            return 0;
        }
    }
    return 1;
}

const EVP_MD *npie_issue_digest(const EVP_PKEY *key)
{
    switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
        return NULL;
    case EVP_PKEY_EC:
        return EVP_PKEY_get_bits(key) > 256 ? EVP_sha384() : EVP_sha256();
    default:
        return EVP_sha256();
    }
}

apr_status_t npie_issuer_issue(npie_bytes_t *pder, npie_issuer_t *issuer,
                               const npie_csr_t *csr,
                               const npie_subject_t *subject, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p)
{
    const npie_cert_t *principal = subject->principal;
    apr_time_t not_after = npie_calendar_months(now, issuer->months);
    unsigned char *der = NULL;
    X509 *x509;
    int len = -1;

    if (!npie_subject_is_complete(subject, p)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ISSUE_REFUSED,
                            "the subject is incomplete or too long");
    }
    if (principal != NULL
        && (issuer->additional == NULL || now < principal->not_before
            || now >= principal->not_after)) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_ISSUE_REFUSED,
                            issuer->additional == NULL
                            ? "additional certificates have no mark here"
                            : "the principal certificate is not valid");
    }
    if (principal != NULL && not_after > principal->not_after) {
        not_after = principal->not_after;
    }
    if (not_after > issuer->ca_not_after) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_AUTHORITY_ENDS,
                            "the CA certificate ends before a new certificate "
                            "would: renew the authority, or shorten "
                            "CertificateValidity");
    }
    if (now < issuer->ca_not_before) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_CLOCKS,
                            "the CA certificate is not valid yet");
    }
    x509 = X509_new();
    if (x509 != NULL && X509_set_version(x509, X509_V3) == 1
        && set_serial(x509) && set_dates(x509, issuer, now, not_after)
        && X509_set_issuer_name(x509, X509_get_subject_name(issuer->ca)) == 1
        && npie_subject_set(x509, subject, issuer->bit_string)
        && set_key(x509, csr->spki)
        && add_constants(x509, issuer)
        && add_policies(x509, issuer, subject) && add_key_id(x509)
        && npie_subject_add_email(x509, subject, p)
        && X509_sign(x509, issuer->key, npie_issue_digest(issuer->key)) > 0) {
        len = i2d_X509(x509, &der);
    }
    X509_free(x509);
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the certificate could not be made");
    }
    pder->data = apr_pmemdup(p, der, (apr_size_t)len);
    pder->len = (apr_size_t)len;
    OPENSSL_free(der);
    return APR_SUCCESS;
}
