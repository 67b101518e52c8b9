/* SPDX-License-Identifier: Apache-2.0
 * Reading CRLs, and looking certificates up in them.
 */
#include "pki/crls.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "pki/openssl.h"

#define FILE_MAX (16 << 20) /* bytes */

struct npie_crls_t {
    apr_array_header_t *list; /* of X509_CRL * */
};

static X509_CRL *crl_at(const apr_array_header_t *list, int i)
{
    return APR_ARRAY_IDX(list, i, X509_CRL *);
}

static apr_status_t release(void *data)
{
    apr_array_header_t *list = data;

    for (int i = 0; i < list->nelts; ++i) {
        X509_CRL_free(crl_at(list, i));
    }
    list->nelts = 0;
    return APR_SUCCESS;
}

/* Section 5.2.5: does it speak of every reason, of all or of the CAs among
 * the certificates, and of this issuer's alone? */
static int is_of_all(const X509_CRL *crl)
{
    int where = -1;
    ISSUING_DIST_POINT *point = X509_CRL_get_ext_d2i(
        crl, NID_issuing_distribution_point, &where, NULL);
    const int whole = point == NULL ? where == -1
        : point->onlyuser <= 0 && point->onlyattr <= 0
          && point->indirectCRL <= 0 && point->onlysomereasons == NULL;

    ISSUING_DIST_POINT_free(point);
    return whole;
}

/* NULL, or why a CRL cannot be taken. */
static const char *crl_fault(const X509_CRL *crl)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); ++i) {
        X509_EXTENSION *extension = X509_CRL_get_ext(crl, i);
        const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

        if (nid == NID_delta_crl) {
            return "it is a delta CRL: name the whole one";
        }
        if (X509_EXTENSION_get_critical(extension)
            && nid != NID_issuing_distribution_point
            && nid != NID_authority_key_identifier && nid != NID_crl_number) {
            return "a critical extension of the CRL is unknown";
        }
    }
    return is_of_all(crl) ? NULL
        : "the CRL is not about all certificates of its authority";
}

static apr_status_t take(apr_array_header_t *list, X509_CRL *crl,
                         const char *path, npie_crls_signed_fn *is_signed,
                         void *baton, npie_err_t *err)
{
    const char *fault = crl_fault(crl);

    APR_ARRAY_PUSH(list, X509_CRL *) = crl;
    if (fault == NULL && !is_signed(baton, crl)) {
        fault = "no trusted authority has signed this CRL";
    }
    return fault == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path, fault);
}

/* The next CRL of a file; NULL when there is no more. */
static X509_CRL *next_crl(BIO *in, npie_bytes_t *bytes)
{
    const unsigned char *at = bytes->data;
    X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);

    if (crl == NULL && bytes->len > 0) {
        crl = d2i_X509_CRL(NULL, &at, (long)bytes->len);
        if (crl != NULL && at != bytes->data + bytes->len) {
            X509_CRL_free(crl);
            crl = NULL;
        }
    }
    /* DER stands alone in its file. */
    bytes->len = 0;
    return crl;
}

static apr_status_t read_crls(apr_array_header_t *list, const char *path,
                              npie_crls_signed_fn *is_signed, void *baton,
                              npie_err_t *err, apr_pool_t *ptemp)
{
    const int before = list->nelts;
    npie_bytes_t bytes;
    X509_CRL *crl;
    BIO *in;
    apr_status_t rv = npie_file_read(&bytes, path, FILE_MAX, ptemp);

    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                            npie_file_why(rv, FILE_MAX, ptemp));
    }
    in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    while (rv == APR_SUCCESS && in != NULL
           && (crl = next_crl(in, &bytes)) != NULL) {
        rv = take(list, crl, path, is_signed, baton, err);
    }
    BIO_free(in);
    ERR_clear_error();
    return rv != APR_SUCCESS || list->nelts > before ? rv
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                       "%s: no CRL inside, neither PEM nor DER", path);
}

apr_status_t npie_crls_load(npie_crls_t **pcrls,
                            const apr_array_header_t *files,
                            npie_crls_signed_fn *is_signed, void *baton,
                            npie_err_t *err, apr_pool_t *p)
{
    npie_crls_t *crls = apr_palloc(p, sizeof(*crls));
    apr_status_t rv = APR_SUCCESS;
    apr_pool_t *ptemp;

    crls->list = apr_array_make(p, 4, sizeof(X509_CRL *));
    apr_pool_cleanup_register(p, crls->list, release, apr_pool_cleanup_null);
    apr_pool_create(&ptemp, p);
    for (int i = 0; rv == APR_SUCCESS && i < files->nelts; ++i) {
        rv = read_crls(crls->list, APR_ARRAY_IDX(files, i, const char *),
                       is_signed, baton, err, ptemp);
    }
    apr_pool_destroy(ptemp);
    *pcrls = crls;
    return rv;
}

int npie_crls_list(const npie_crls_t *crls, X509 *x509, X509 *issuer)
{
    int listed = 0;

    for (int i = 0; crls != NULL && !listed && i < crls->list->nelts; ++i) {
        X509_CRL *crl = crl_at(crls->list, i);
        X509_REVOKED *entry = NULL;

        /* Another authority may have the same name. */
        listed = X509_NAME_cmp(X509_CRL_get_issuer(crl),
                               X509_get_subject_name(issuer)) == 0
            && X509_CRL_get0_by_cert(crl, &entry, x509) == 1
            && X509_CRL_verify(crl, X509_get0_pubkey(issuer)) == 1;
    }
    ERR_clear_error();
    return listed;
}

apr_time_t npie_crls_until(const npie_crls_t *crls)
{
    apr_time_t first = 0;

    for (int i = 0; crls != NULL && i < crls->list->nelts; ++i) {
        const ASN1_TIME *next = X509_CRL_get0_nextUpdate(
            crl_at(crls->list, i));
        apr_time_t until = 0;

        if (next != NULL && npie_openssl_time(&until, next)
            && (first == 0 || until < first)) {
            first = until;
        }
    }
    return first;
}
