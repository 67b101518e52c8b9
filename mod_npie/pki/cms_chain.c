/* SPDX-License-Identifier: Apache-2.0
 * Completing the certificates of a CMS.
 */
#include "pki/cms_chain.h"

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "pki/cms.h"
#include "pki/openssl.h"

static CMS_ContentInfo *read_cms(npie_bytes_t cms)
{
    const unsigned char *at = cms.data;

    return cms.len == 0 ? NULL
        : d2i_CMS_ContentInfo(NULL, &at, (long)cms.len);
}

/* The only signer of a SignedData; NULL when there is none, or more. */
static CMS_SignerInfo *only_signer(CMS_ContentInfo *info)
{
    STACK_OF(CMS_SignerInfo) *signers =
        info != NULL ? CMS_get0_SignerInfos(info) : NULL;

    return sk_CMS_SignerInfo_num(signers) == 1
        ? sk_CMS_SignerInfo_value(signers, 0) : NULL;
}

static int is_inside(STACK_OF(X509) *certs, const X509 *x509)
{
    for (int i = 0; i < sk_X509_num(certs); ++i) {
        if (X509_cmp(sk_X509_value(certs, i), x509) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Adds those of a path that are not inside yet; their number, -1 when memory
 * ran out. */
static int add_missing(CMS_ContentInfo *info, STACK_OF(X509) *certs,
                       const apr_array_header_t *path)
{
    int added = 0;

    for (int i = 0; added >= 0 && i < path->nelts; ++i) {
        const npie_bytes_t der = APR_ARRAY_IDX(path, i, npie_bytes_t);
        const unsigned char *at = der.data;
        X509 *x509 = d2i_X509(NULL, &at, (long)der.len);

        if (x509 == NULL) {
            added = -1;
        } else if (!is_inside(certs, x509)) {
            added = CMS_add1_cert(info, x509) == 1 ? added + 1 : -1;
        }
        X509_free(x509);
    }
    return added;
}

/* The path above the signer, its certificate found among those inside; NULL
 * when it is not known. */
static apr_array_header_t *path_of(const CMS_SignerInfo *signer,
                                   STACK_OF(X509) *certs,
                                   const npie_trust_t *trust, apr_pool_t *p)
{
    apr_array_header_t *path = NULL;

    for (int i = 0; i < sk_X509_num(certs); ++i) {
        X509 *x509 = sk_X509_value(certs, i);
        npie_cert_t *cert;

        if (CMS_SignerInfo_cert_cmp((CMS_SignerInfo *)signer, x509) == 0
            && npie_cert_parse(&cert, npie_openssl_x509_der(x509, p), NULL, p)
                == APR_SUCCESS
            && npie_trust_path(&path, trust, cert, NULL, NULL, p)
                == APR_SUCCESS) {
            return path;
        }
    }
    return NULL;
}

apr_status_t npie_cms_complete(npie_bytes_t *pcomplete, npie_bytes_t cms,
                               const npie_trust_t *trust, npie_err_t *err,
                               apr_pool_t *p)
{
    CMS_ContentInfo *info = read_cms(cms);
    CMS_SignerInfo *signer = only_signer(info);
    STACK_OF(X509) *certs = signer != NULL ? CMS_get1_certs(info) : NULL;
    const apr_array_header_t *path;
    unsigned char *der = NULL;
    int added = 0, len = 0;

    *pcomplete = cms;
    if (signer == NULL) {
        CMS_ContentInfo_free(info);
        return npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                                 "no CMS with one signer");
    }
    path = path_of(signer, certs, trust, p);
    if (path != NULL) {
        added = add_missing(info, certs, path);
    }
    if (added > 0) {
        len = i2d_CMS_ContentInfo(info, &der);
    }
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(info);
    if (added < 0 || (added > 0 && len <= 0)) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the chain could not be added to a CMS");
    }
    if (len > 0 && len <= NPIE_CMS_MAX) {
        pcomplete->data = apr_pmemdup(p, der, (apr_size_t)len);
        pcomplete->len = (apr_size_t)len;
    }
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}

int npie_cms_same_signature(npie_bytes_t one, npie_bytes_t other)
{
    CMS_ContentInfo *infos[2] = { read_cms(one), read_cms(other) };
    CMS_SignerInfo *a = only_signer(infos[0]), *b = only_signer(infos[1]);
    int same = a != NULL && b != NULL
        && ASN1_STRING_cmp(CMS_SignerInfo_get0_signature(a),
                           CMS_SignerInfo_get0_signature(b)) == 0;

    CMS_ContentInfo_free(infos[0]);
    CMS_ContentInfo_free(infos[1]);
    ERR_clear_error();
    return same;
}

apr_array_header_t *npie_cms_certificates(npie_bytes_t cms, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 4, sizeof(npie_bytes_t));
    CMS_ContentInfo *info = read_cms(cms);
    STACK_OF(X509) *certs = only_signer(info) != NULL ? CMS_get1_certs(info)
                                                      : NULL;

    for (int i = 0; i < sk_X509_num(certs); ++i) {
        APR_ARRAY_PUSH(list, npie_bytes_t) =
            npie_openssl_x509_der(sk_X509_value(certs, i), p);
    }
    sk_X509_pop_free(certs, X509_free);
    CMS_ContentInfo_free(info);
    ERR_clear_error();
    return list;
}
