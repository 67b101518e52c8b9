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

apr_status_t npie_crl_make(npie_bytes_t *pder, const npie_issuer_t *issuer,
                           const apr_array_header_t *entries,
                           apr_uint64_t number, apr_time_t this_update,
                           apr_time_t next_update, npie_err_t *err,
                           apr_pool_t *p)
{
    X509 *ca = npie_issuer_certificate(issuer);
    X509_CRL *crl = X509_CRL_new();
    unsigned char *der = NULL;
    int len = -1;
    int done;

    if (!(X509_get_key_usage(ca) & KU_CRL_SIGN)) {
        X509_CRL_free(crl);
        return npie_openssl_fail(err, NPIE_ECONFIG, NPIE_P_INTERNAL,
                                 "the CA certificate's keyUsage has no "
                                 "cRLSign");
    }
    done = crl != NULL && X509_CRL_set_version(crl, CRL_V2) == 1
           && X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)) == 1
           && set_times(crl, this_update, next_update);
    for (int i = 0; done && i < entries->nelts; i++) {
        done = add_entry(crl, &APR_ARRAY_IDX(entries, i, npie_crl_entry_t));
    }
    if (done && add_key_id(crl, ca) && add_number(crl, number)
        && X509_CRL_sort(crl) == 1
        && X509_CRL_sign(crl, npie_issuer_key(issuer),
                         npie_issue_digest(npie_issuer_key(issuer))) > 0) {
        len = i2d_X509_CRL(crl, &der);
    }
    X509_CRL_free(crl);
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the CRL could not be made");
    }
    pder->data = apr_pmemdup(p, der, (apr_size_t)len);
    pder->len = (apr_size_t)len;
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}
