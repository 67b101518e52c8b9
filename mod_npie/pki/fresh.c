/* SPDX-License-Identifier: Apache-2.0
 * Reading what addresses serve for their nextUpdate.
 */
#include "pki/fresh.h"

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "pki/ocsp.h"
#include "pki/openssl.h"
#include "pki/x509.h"

apr_status_t npie_fresh_crl(apr_time_t *pnext, npie_bytes_t der,
                            npie_bytes_t issuer, npie_err_t *err)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    X509 *ca = NULL;
    apr_status_t rv = NPIE_EINPUT;

    *pnext = 0;
    npie_x509_read(&ca, issuer);
    if (crl != NULL && ca != NULL && at == der.data + der.len) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl);

        rv = X509_CRL_verify(crl, X509_get0_pubkey(ca)) == 1
            && (next == NULL || npie_openssl_time(pnext, next))
                ? APR_SUCCESS : NPIE_ESIGNATURE;
    }
    X509_free(ca);
    X509_CRL_free(crl);
    return rv == APR_SUCCESS ? rv
        : npie_openssl_fail(err, rv, NPIE_P_NONE, rv == NPIE_EINPUT
                            ? "what it serves is no CRL"
                            : "the CRL is not signed by this authority");
}

apr_status_t npie_fresh_ocsp(apr_time_t *pnext, npie_bytes_t der,
                             npie_bytes_t issuer, npie_err_t *err,
                             apr_pool_t *p)
{
    const unsigned char *at = der.data;
    OCSP_RESPONSE *answer;
    OCSP_BASICRESP *basic;
    OCSP_SINGLERESP *one;
    ASN1_GENERALIZEDTIME *next = NULL;
    npie_cert_t *signer;
    apr_status_t rv = npie_ocsp_signer(&signer, der, issuer, err, p);

    *pnext = 0;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    answer = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
    basic = OCSP_response_get1_basic(answer);
    one = OCSP_resp_get0(basic, 0);
    if (one != NULL) {
        OCSP_single_get0_status(one, NULL, NULL, NULL, &next);
    }
    if (next != NULL) {
        (void)npie_openssl_time(pnext, next);
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(answer);
    return APR_SUCCESS;
}
