/* SPDX-License-Identifier: Apache-2.0
 * npiectl crl: the authority's list of revoked certificates, as it is now.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_strings.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ctl/commands.h"
#include "ctl/crl.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "pki/openssl.h"

#define CRL_MODE 0644 /* it is for everybody */

const npie_ctl_option_t npie_ctl_crl_options[] = {
    { "out", "FILE", "write the CRL there in DER; - is standard output" },
    { "pem", NULL, "write PEM" },
    { NULL, NULL, NULL }
};

/* What the list says of itself. */
typedef struct view_t {
    apr_int64_t number;
    int count;
    npie_bytes_t pem;
} view_t;

static int read_number(view_t *view, const X509_CRL *crl)
{
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL,
                                                NULL);
    int64_t value = 0;
    int done = number != NULL && ASN1_INTEGER_get_int64(&value, number) == 1;

    view->number = value;
    ASN1_INTEGER_free(number);
    return done;
}

static int read_pem(view_t *view, const X509_CRL *crl, apr_pool_t *p)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *data = NULL;
    int done = out != NULL && PEM_write_bio_X509_CRL(out, crl) == 1;
    long len = done ? BIO_get_mem_data(out, &data) : 0;

    view->pem.data = apr_pmemdup(p, data == NULL ? "" : data,
                                 (apr_size_t)len);
    view->pem.len = (apr_size_t)len;
    BIO_free(out);
    return done;
}

static apr_status_t read_crl(view_t *view, npie_bytes_t der, npie_err_t *err,
                             apr_pool_t *p)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    int done = crl != NULL && at == der.data + der.len
        && read_number(view, crl) && read_pem(view, crl, p);

    if (done) {
        /* Without an entry there is no list in it: -1. */
        int count = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(
            (X509_CRL *)crl));

        view->count = count < 0 ? 0 : count;
    }
    X509_CRL_free(crl);
    if (!done) {
        return npie_openssl_fail(err, NPIE_EPROTO, NPIE_P_NONE,
                                 "npie-signer's answer is not a CRL");
    }
    ERR_clear_error();
    return APR_SUCCESS;
}

/* A file that is there is replaced when the admin says so. */
static apr_status_t write_crl(npie_ctl_t *ctl, const char *path,
                              npie_bytes_t bytes, npie_err_t *err)
{
    apr_finfo_t finfo;
    apr_status_t rv;
    int done;

    if (strcmp(path, "-") == 0) {
        ctl->shown = 1;
        fwrite(bytes.data, 1, bytes.len, stdout);
        return APR_SUCCESS;
    }
    if (apr_stat(&finfo, path, APR_FINFO_LINK | APR_FINFO_TYPE, ctl->p)
        == APR_SUCCESS) {
        rv = npie_ctl_confirm(ctl, err, "Replace %s?", path);
        if (rv != APR_SUCCESS) {
            return rv;
        }
        done = npie_ctl_write_over(path, bytes, CRL_MODE, ctl->p);
    }
    else {
        done = npie_ctl_write_new(path, bytes, CRL_MODE);
    }
    return done ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                       strerror(errno));
}

static void show(npie_ctl_t *ctl, const npie_signer_crl_t *crl,
                 const view_t *view, const char *path)
{
    static const npie_ctl_column_t columns[] = {
        { "number", "Number" }, { "this_update", "thisUpdate" },
        { "next_update", "nextUpdate" }, { "revoked", "Revoked" },
        { "file", "File" }, { NULL, NULL }
    };

    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: o, s: o, s: i, s: s?}", "number",
        (json_int_t)view->number, "this_update",
        npie_ctl_json_time(ctl, crl->this_update), "next_update",
        npie_ctl_json_time(ctl, crl->next_update), "revoked", view->count,
        "file", path), columns);
}

apr_status_t npie_ctl_crl_show(npie_ctl_t *ctl, const npie_signer_crl_t *crl,
                               const char *path, npie_err_t *err)
{
    view_t view = { 0 };
    apr_status_t rv = read_crl(&view, crl->crl, err, ctl->p);

    if (rv == APR_SUCCESS) {
        show(ctl, crl, &view, path);
    }
    return rv;
}

apr_status_t npie_ctl_crl(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *path = npie_ctl_option(ctl, "out");
    const int pem = npie_ctl_option(ctl, "pem") != NULL;
    const int bare = path != NULL && strcmp(path, "-") == 0;
    npie_signer_crl_t crl = { .this_update = 0 };
    npie_signer_t *signer;
    view_t view = { 0 };
    apr_status_t rv;

    if ((pem && path == NULL) || (path != NULL && *path == '\0')
        || (bare && ctl->json)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            bare ? "--out=- leaves no room for --json: name "
                                   "a file"
                                 : "--out FILE is missing");
    }
    rv = npie_ctl_signer(&signer, ctl, err);
    if (rv == APR_SUCCESS) {
        rv = npie_signer_crl(&crl, signer, err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = read_crl(&view, crl.crl, err, ctl->p);
    }
    if (rv == APR_SUCCESS && path != NULL) {
        rv = write_crl(ctl, path, pem ? view.pem : crl.crl, err);
    }
    if (rv == APR_SUCCESS && !bare) {
        show(ctl, &crl, &view, path);
    }
    return rv;
}
