/* SPDX-License-Identifier: Apache-2.0
 * Reading PEM files.
 */
#include "pki/pem.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/file.h"

#define FILE_MAX (1 << 20) /* bytes */

static apr_status_t read_file(npie_bytes_t *bytes, const char *path,
                              npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_file_read(bytes, path, FILE_MAX, p);

    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                       npie_file_why(rv, FILE_MAX, p));
}

static apr_status_t take(npie_bytes_t der, const char *path,
                         npie_pem_fn *each, void *baton, npie_err_t *err,
                         apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    npie_err_t inner;

    if (npie_cert_parse(&cert, der, &inner, p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                            inner.detail);
    }
    return each(baton, cert, path, err);
}

apr_status_t npie_pem_read(const char *path, npie_pem_fn *each, void *baton,
                           npie_err_t *err, apr_pool_t *p)
{
    npie_bytes_t bytes;
    char *label = NULL, *header = NULL;
    unsigned char *data = NULL;
    long len = 0;
    int count = 0;
    BIO *bio;
    apr_pool_t *ptemp;
    apr_status_t rv;

    apr_pool_create(&ptemp, p);
    rv = read_file(&bytes, path, err, ptemp);
    bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    while (rv == APR_SUCCESS && bio != NULL
           && PEM_read_bio(bio, &label, &header, &data, &len) == 1) {
        if (strcmp(label, PEM_STRING_X509) == 0) {
            rv = take((npie_bytes_t){ data, (apr_size_t)len }, path, each,
                      baton, err, p);
            ++count;
        }
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, (size_t)len);
    }
    BIO_free(bio);
    ERR_clear_error();
    apr_pool_destroy(ptemp);
    if (rv == APR_SUCCESS && count == 0) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                          "%s: no certificate inside", path);
    }
    return rv;
}
