/* SPDX-License-Identifier: Apache-2.0
 * Reading the root's certificate and key.
 */
#include "ctl/ca_root.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "ctl/ca_passphrase.h"

#define FILE_MAX (1024 * 1024)
#define ROOT_CRL "root.crl"

static apr_status_t free_key(void *data)
{
    EVP_PKEY_free(data);
    return APR_SUCCESS;
}

static int give_passphrase(char *buf, int size, int rwflag, void *data)
{
    const char *passphrase = data;
    const int len = (int)strlen(passphrase);

    (void)rwflag;
    if (len > size) {
        return -1;
    }
    memcpy(buf, passphrase, (size_t)len);
    return len;
}

const char *npie_ca_root_key(npie_ctl_t *ctl, const char *dir)
{
    return npie_ctl_option_or(ctl, "root-key",
                              apr_pstrcat(ctl->p, dir, "/offline/root.key",
                                          NULL));
}

apr_status_t npie_ca_read_key(EVP_PKEY **pkey, npie_ctl_t *ctl,
                              const char *path, const npie_cert_t *cert,
                              npie_err_t *err)
{
    const char *passphrase = NULL;
    npie_bytes_t bytes;
    BIO *in;
    apr_status_t rv = npie_ctl_read_file(&bytes, ctl, path, FILE_MAX, err);

    if (rv == APR_SUCCESS
        && strstr((const char *)bytes.data, "ENCRYPTED") != NULL) {
        rv = npie_ca_passphrase(&passphrase, ctl, 0, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    in = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    *pkey = in == NULL ? NULL
        : PEM_read_bio_PrivateKey(in, NULL, give_passphrase,
                                  (void *)(apr_uintptr_t)(
                                      passphrase == NULL ? "" : passphrase));
    BIO_free(in);
    OPENSSL_cleanse((void *)(apr_uintptr_t)bytes.data, bytes.len);
    ERR_clear_error();
    if (*pkey == NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: it holds no "
                            "key in PEM, or this is not its passphrase", path);
    }
    apr_pool_cleanup_register(ctl->p, *pkey, free_key, apr_pool_cleanup_null);
    return X509_check_private_key(cert->x509, *pkey) == 1 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                       "%s: it is not the key of the certificate of \"%s\"",
                       path, cert->common_name);
}

apr_status_t npie_ca_read_certificate(npie_cert_t **pcert, npie_ctl_t *ctl,
                                      const char *path, npie_err_t *err)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, ctl, path, FILE_MAX, err);
    const char *end = rv != APR_SUCCESS ? NULL
        : strstr((const char *)bytes.data, "-----END CERT");

    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Those of a chain stand behind it. */
    end = end == NULL ? NULL : strchr(end, '\n');
    bytes.len = end == NULL ? bytes.len
        : (apr_size_t)(end - (const char *)bytes.data);
    return npie_cert_parse(pcert, bytes, &why, ctl->p) == APR_SUCCESS
        ? APR_SUCCESS : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s",
                                     path, why.detail);
}

/* A name that is a URL and ends as the root's CRL does: what stands before
 * that, in p. */
static const char *base_of(const GENERAL_NAME *name, apr_pool_t *p)
{
    const ASN1_STRING *text = name->type != GEN_URI ? NULL
        : name->d.uniformResourceIdentifier;
    const char *url = text == NULL ? ""
        : apr_pstrmemdup(p, (const char *)ASN1_STRING_get0_data(text),
                         (apr_size_t)ASN1_STRING_length(text));
    const apr_size_t len = strlen(url), end = sizeof(ROOT_CRL) - 1;

    return len > end && strcmp(url + len - end, ROOT_CRL) == 0
           && url[len - end - 1] == '/'
        ? apr_pstrmemdup(p, url, len - end) : NULL;
}

const char *npie_ca_url(const npie_cert_t *issuing, apr_pool_t *p)
{
    CRL_DIST_POINTS *list = X509_get_ext_d2i(
        issuing->x509, NID_crl_distribution_points, NULL, NULL);
    const char *url = NULL;

    for (int i = 0; i < sk_DIST_POINT_num(list); i++) {
        const DIST_POINT_NAME *point = sk_DIST_POINT_value(list, i)->distpoint;

        for (int n = 0; point != NULL && point->type == 0 && url == NULL
             && n < sk_GENERAL_NAME_num(point->name.fullname); n++) {
            url = base_of(sk_GENERAL_NAME_value(point->name.fullname, n), p);
        }
    }
    CRL_DIST_POINTS_free(list);
    ERR_clear_error();
    return url;
}

npie_points_t npie_ca_points(const char *url, npie_ca_role_t role,
                             apr_pool_t *p)
{
    npie_points_t points = { NULL, NULL, NULL };

    if (url == NULL || role == NPIE_CA_ROOT) {
        return points;
    }
    if (role == NPIE_CA_ISSUING) {
        points.crl_url = apr_pstrcat(p, url, ROOT_CRL, NULL);
        points.issuer_url = apr_pstrcat(p, url, "root.cer", NULL);
        return points;
    }
    points.crl_url = apr_pstrcat(p, url, "ca.crl", NULL);
    points.ocsp_url = apr_pstrcat(p, url, "ocsp", NULL);
    points.issuer_url = apr_pstrcat(p, url, "ca.cer", NULL);
    return points;
}

apr_status_t npie_ca_option_url(const char **purl, const npie_ctl_t *ctl,
                                npie_err_t *err)
{
    const char *url = npie_ctl_option(ctl, "url");

    *purl = NULL;
    if (url == NULL) {
        return APR_SUCCESS;
    }
    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            url = "";
        }
    }
    if (strncmp(url, "http://", 7) != 0 || url[7] == '\0') {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--url: it begins "
                            "with http:// (whoever checks a certificate must "
                            "not need one to get there), as "
                            "http://pki.example/npie/");
    }
    *purl = url[strlen(url) - 1] == '/' ? url
        : apr_pstrcat(ctl->p, url, "/", NULL);
    return APR_SUCCESS;
}
