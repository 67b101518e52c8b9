/* SPDX-License-Identifier: Apache-2.0
 * The CRL and its extensions.
 */
#include "pki/crl.h"

#include <apr_strings.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/openssl.h"

#define CRL_V2 1

static ASN1_TIME *time_of(apr_time_t t)
{
    return ASN1_TIME_set(NULL, (time_t)apr_time_sec(t));
}

static int add_reason(X509_REVOKED *revoked, int reason)
{
    ASN1_ENUMERATED *value;
    int done;

    if (reason == 0) {
        return 1;
    }
    value = ASN1_ENUMERATED_new();
    done = value != NULL && ASN1_ENUMERATED_set(value, reason) == 1
           && X509_REVOKED_add1_ext_i2d(revoked, NID_crl_reason, value, 0,
                                        0) == 1;
    ASN1_ENUMERATED_free(value);
    return done;
}

static int add_invalidity(X509_REVOKED *revoked, apr_time_t since)
{
    ASN1_GENERALIZEDTIME *value;
    int done;

    if (since == 0) {
        return 1;
    }
    value = ASN1_GENERALIZEDTIME_set(NULL, (time_t)apr_time_sec(since));
    done = value != NULL
           && X509_REVOKED_add1_ext_i2d(revoked, NID_invalidity_date, value,
                                        0, 0) == 1;
    ASN1_GENERALIZEDTIME_free(value);
    return done;
}

static int set_serial(X509_REVOKED *revoked, const char *hex)
{
    BIGNUM *bn = NULL;
    ASN1_INTEGER *serial = NULL;
    int done = BN_hex2bn(&bn, hex) > 0;

    if (done) {
        serial = BN_to_ASN1_INTEGER(bn, NULL);
        done = serial != NULL
               && X509_REVOKED_set_serialNumber(revoked, serial) == 1;
    }
    ASN1_INTEGER_free(serial);
    BN_free(bn);
    return done;
}

static int add_entry(X509_CRL *crl, const npie_crl_entry_t *entry)
{
    X509_REVOKED *revoked = X509_REVOKED_new();
    ASN1_TIME *when = time_of(entry->revoked);
    int done = revoked != NULL && when != NULL
               && set_serial(revoked, entry->serial)
               && X509_REVOKED_set_revocationDate(revoked, when) == 1
               && add_reason(revoked, entry->reason)
               && add_invalidity(revoked, entry->invalid_since)
               && X509_CRL_add0_revoked(crl, revoked) == 1;

    ASN1_TIME_free(when);
    if (!done) {
        X509_REVOKED_free(revoked);
    }
    return done;
}

static int set_times(X509_CRL *crl, apr_time_t this_update,
                     apr_time_t next_update)
{
    ASN1_TIME *from = time_of(this_update);
    ASN1_TIME *until = time_of(next_update);
    int done = from != NULL && until != NULL
               && X509_CRL_set1_lastUpdate(crl, from) == 1
               && X509_CRL_set1_nextUpdate(crl, until) == 1;

    ASN1_TIME_free(from);
    ASN1_TIME_free(until);
    return done;
}

static int add_number(X509_CRL *crl, apr_uint64_t number)
{
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    int done = value != NULL && ASN1_INTEGER_set_uint64(value, number) == 1
               && X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;

    ASN1_INTEGER_free(value);
    return done;
}

static int add_key_id(X509_CRL *crl, X509 *ca)
{
    X509_EXTENSION *extension;
    X509V3_CTX ctx;
    int done;

    X509V3_set_ctx(&ctx, ca, NULL, NULL, crl, 0);
    extension = X509V3_EXT_nconf_nid(NULL, &ctx, NID_authority_key_identifier,
                                     "keyid:always");
    done = extension != NULL && X509_CRL_add_ext(crl, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

/* All but the signature; NULL: it could not be made. */
static X509_CRL *compose(X509 *ca, const npie_crl_t *what)
{
    X509_CRL *crl = X509_CRL_new();
    int done = crl != NULL && X509_CRL_set_version(crl, CRL_V2) == 1
        && X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1
        && set_times(crl, what->this_update, what->next_update);

    for (int i = 0; done && i < what->entries->nelts; i++) {
        done = add_entry(crl, &APR_ARRAY_IDX(what->entries, i,
                                             npie_crl_entry_t));
    }
    if (done && add_key_id(crl, ca) && add_number(crl, what->number)
        && X509_CRL_sort(crl) == 1) {
        return crl;
    }
    X509_CRL_free(crl);
    return NULL;
}

static apr_status_t failed(npie_err_t *err)
{
    return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                             "the CRL could not be made");
}

static npie_bytes_t copy(const unsigned char *data, int len, apr_pool_t *p)
{
    npie_bytes_t bytes = { apr_pmemdup(p, data, (apr_size_t)len),
                           (apr_size_t)len };

    return bytes;
}

apr_status_t npie_crl_make(npie_bytes_t *pder, npie_bytes_t *psignature,
                           const npie_issuer_t *issuer, const npie_crl_t *what,
                           npie_err_t *err, apr_pool_t *p)
{
    X509 *ca = npie_issuer_certificate(issuer);
    EVP_PKEY *key = npie_issuer_key(issuer);
    const ASN1_BIT_STRING *signature;
    X509_CRL *crl;
    unsigned char *der = NULL;
    int len = -1;

    if (!(X509_get_key_usage(ca) & KU_CRL_SIGN)) {
        return npie_openssl_fail(err, NPIE_ECONFIG, NPIE_P_INTERNAL,
                                 "the CA certificate's keyUsage has no "
                                 "cRLSign");
    }
    crl = compose(ca, what);
    if (crl != NULL && X509_CRL_sign(crl, key, npie_issue_digest(key)) > 0) {
        len = i2d_X509_CRL(crl, &der);
    }
    if (len > 0 && psignature != NULL) {
        X509_CRL_get0_signature(crl, &signature, NULL);
        *psignature = copy(ASN1_STRING_get0_data(signature),
                           ASN1_STRING_length(signature), p);
    }
    X509_CRL_free(crl);
    if (len <= 0) {
        return failed(err);
    }
    *pder = copy(der, len, p);
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}

/* libcrypto has no call that sets a CRL's signature, or its algorithm, but
 * signing. What that leaves is written over. */
static int put_signature(X509_CRL *crl, npie_bytes_t signature,
                         const npie_issuer_t *issuer)
{
    EVP_PKEY *key = npie_issuer_key(issuer);
    const ASN1_BIT_STRING *room;

    if (X509_CRL_sign(crl, key, npie_issue_digest(key)) <= 0) {
        return 0;
    }
    X509_CRL_get0_signature(crl, &room, NULL);
    return ASN1_STRING_set((ASN1_STRING *)room, signature.data,
                           (int)signature.len) == 1;
}

apr_status_t npie_crl_again(npie_bytes_t *pder, npie_bytes_t signature,
                            const npie_issuer_t *issuer,
                            const npie_crl_t *what, npie_err_t *err,
                            apr_pool_t *p)
{
    X509_CRL *crl = compose(npie_issuer_certificate(issuer), what);
    unsigned char *der = NULL;
    int len = -1;

    if (crl != NULL && put_signature(crl, signature, issuer)) {
        len = i2d_X509_CRL(crl, &der);
    }
    X509_CRL_free(crl);
    if (len <= 0) {
        return failed(err);
    }
    *pder = copy(der, len, p);
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}
