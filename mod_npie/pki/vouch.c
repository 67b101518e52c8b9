/* SPDX-License-Identifier: Apache-2.0
 * Certificates for keys of the authority's own programs.
 */
#include "pki/vouch.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "pki/openssl.h"

#define X509_V3 2
#define SERIAL_BYTES 16
#define BACKDATE apr_time_from_sec(300)

static int add_extensions(X509 *x509, X509 *ca,
                          const npie_vouch_extension_t *more)
{
    static const npie_vouch_extension_t all[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_subject_key_identifier, "hash" },
        { NID_authority_key_identifier, "keyid:always" },
        { 0, NULL }
    };
    const npie_vouch_extension_t *const lists[] = { all, more };

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); ++i) {
        for (const npie_vouch_extension_t *one = lists[i]; one->value != NULL;
             ++one) {
            if (!npie_openssl_extend(x509, ca, one->nid, one->value)) {
                return 0;
            }
        }
    }
    return 1;
}

static int set_serial(X509 *x509)
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *bn;
    ASN1_INTEGER *serial;
    int done;

    if (npie_random_bytes(bytes, sizeof(bytes)) != APR_SUCCESS) {
        return 0;
    }
    bytes[0] = (unsigned char)((bytes[0] & 0x3f) | 0x40);
    bn = BN_bin2bn(bytes, sizeof(bytes), NULL);
    serial = BN_to_ASN1_INTEGER(bn, NULL);
    done = serial != NULL && X509_set_serialNumber(x509, serial) == 1;
    ASN1_INTEGER_free(serial);
    BN_free(bn);
    return done;
}

/* The CA's name with a CN of its own at the end. */
static int set_subject(X509 *x509, X509 *ca, const char *common_name)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(ca));
    int done;

    if (name == NULL) {
        return 0;
    }
    for (int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
         at >= 0;
         at = X509_NAME_get_index_by_NID(name, NID_commonName, -1)) {
        X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, at));
    }
    done = X509_NAME_add_entry_by_NID(name, NID_commonName,
                                      V_ASN1_UTF8STRING,
                                      (const unsigned char *)common_name, -1,
                                      -1, 0) == 1
           && X509_set_subject_name(x509, name) == 1;
    X509_NAME_free(name);
    return done;
}

static int set_dates(X509 *x509, X509 *ca, apr_time_t now,
                     apr_interval_time_t life)
{
    const ASN1_TIME *ends = X509_get0_notAfter(ca);
    time_t until = (time_t)apr_time_sec(now + life);

    return ASN1_TIME_set(X509_getm_notBefore(x509),
                         (time_t)apr_time_sec(now - BACKDATE)) != NULL
           && (ASN1_TIME_cmp_time_t(ends, until) < 0
               ? X509_set1_notAfter(x509, ends) == 1
               : ASN1_TIME_set(X509_getm_notAfter(x509), until) != NULL);
}

apr_status_t npie_issuer_vouch(X509 **px509, const npie_issuer_t *issuer,
                               EVP_PKEY *key, const npie_vouch_t *vouch,
                               apr_time_t now, npie_err_t *err)
{
    EVP_PKEY *signer = npie_issuer_key(issuer);
    X509 *ca = npie_issuer_certificate(issuer);
    X509 *x509 = X509_new();
    const int done = x509 != NULL && X509_set_version(x509, X509_V3) == 1
        && set_serial(x509) && set_dates(x509, ca, now, vouch->life)
        && X509_set_issuer_name(x509, X509_get_subject_name(ca)) == 1
        && set_subject(x509, ca, vouch->common_name)
        && X509_set_pubkey(x509, key) == 1
        && add_extensions(x509, ca, vouch->extensions)
        && npie_issuer_add_points(x509, issuer)
        && X509_sign(x509, signer, npie_issue_digest(signer)) > 0;

    if (!done) {
        X509_free(x509);
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "a certificate for one of the authority's "
                                 "own keys could not be made");
    }
    ERR_clear_error();
    *px509 = x509;
    return APR_SUCCESS;
}
