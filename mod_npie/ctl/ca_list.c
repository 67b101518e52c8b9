/* SPDX-License-Identifier: Apache-2.0
 * Making and reading the root's CRL.
 */
#include "ctl/ca_list.h"

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "pki/crl.h"
#include "pki/openssl.h"

apr_status_t npie_ca_list_make(npie_bytes_t *pder, EVP_PKEY *key, X509 *root,
                               const npie_ca_list_t *list, npie_err_t *err,
                               apr_pool_t *p)
{
    /* It issues nothing here. */
    static const npie_profile_t profile = { .validity_months = 1 };
    npie_issuer_t *issuer;
    npie_crl_t crl;
    npie_bytes_t der;
    npie_cert_t *cert;
    unsigned char *made = NULL;
    const int len = i2d_X509(root, &made);
    apr_status_t rv;

    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                 "the root's certificate");
    }
    der.data = apr_pmemdup(p, made, (apr_size_t)len);
    der.len = (apr_size_t)len;
    OPENSSL_free(made);
    rv = npie_cert_parse(&cert, der, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    EVP_PKEY_up_ref(key);
    rv = npie_issuer_create(&issuer, key, cert, &profile, err, p);
    if (rv != APR_SUCCESS) {
        EVP_PKEY_free(key);
        return rv;
    }
    crl.entries = list->entries != NULL ? list->entries
        : apr_array_make(p, 1, sizeof(npie_crl_entry_t));
    crl.number = list->number;
    crl.this_update = list->this_update;
    crl.next_update = list->next_update;
    return npie_crl_make(pder, NULL, issuer, &crl, err, p);
}

/* UTC microseconds; 0: it is none. */
static apr_time_t time_of(const ASN1_TIME *time)
{
    apr_time_exp_t x = { 0 };
    apr_time_t out = 0;
    struct tm tm;

    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return 0;
    }
    x.tm_year = tm.tm_year;
    x.tm_mon = tm.tm_mon;
    x.tm_mday = tm.tm_mday;
    x.tm_hour = tm.tm_hour;
    x.tm_min = tm.tm_min;
    x.tm_sec = tm.tm_sec;
    return apr_time_exp_gmt_get(&out, &x) == APR_SUCCESS ? out : 0;
}

static int read_entry(npie_ca_list_t *list, const X509_REVOKED *revoked,
                      apr_pool_t *p)
{
    npie_crl_entry_t *entry = apr_array_push(list->entries);
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(revoked,
                                                       NID_crl_reason, NULL,
                                                       NULL);
    BIGNUM *bn = ASN1_INTEGER_to_BN(X509_REVOKED_get0_serialNumber(revoked),
                                    NULL);
    char *hex = bn == NULL ? NULL : BN_bn2hex(bn);

    entry->serial = apr_pstrdup(p, hex == NULL ? "" : hex);
    entry->reason = reason == NULL ? 0 : (int)ASN1_ENUMERATED_get(reason);
    entry->revoked = time_of(X509_REVOKED_get0_revocationDate(revoked));
    entry->invalid_since = 0;
    OPENSSL_free(hex);
    BN_free(bn);
    ASN1_ENUMERATED_free(reason);
    return *entry->serial != '\0' && entry->revoked != 0;
}

static int read_list(npie_ca_list_t *list, X509_CRL *crl, apr_pool_t *p)
{
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL,
                                                NULL);
    uint64_t value = 0;
    int good = number != NULL && ASN1_INTEGER_get_uint64(&value, number) == 1;

    ASN1_INTEGER_free(number);
    list->number = value;
    list->entries = apr_array_make(p, 4, sizeof(npie_crl_entry_t));
    for (int i = 0; good && i < sk_X509_REVOKED_num(all); ++i) {
        good = read_entry(list, sk_X509_REVOKED_value(all, i), p);
    }
    return good;
}

apr_status_t npie_ca_list_read(npie_ca_list_t *list, npie_bytes_t der,
                               X509 *root, npie_err_t *err, apr_pool_t *p)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    int good = crl != NULL && at == der.data + der.len
        && X509_CRL_verify(crl, X509_get0_pubkey(root)) == 1
        && read_list(list, crl, p);

    X509_CRL_free(crl);
    ERR_clear_error();
    return good ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                       "it is no CRL of this root");
}
