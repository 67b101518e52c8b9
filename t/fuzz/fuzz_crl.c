/* SPDX-License-Identifier: Apache-2.0
 * CRLs that npiectl and an admin's configuration read. Each is signed again
 * after it was changed, so that what stands behind the signature is read too.
 * Parser: ctl/ca_list.c pki/crls.c
 */
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include "ctl/ca_list.h"
#include "fuzz/fuzz.h"
#include "pki/crl.h"
#include "pki/crls.h"
#include "unit/forge.h"

static identity_t *root;

static void begin(apr_pool_t *p)
{
    static const forge_t authority = { .common_name = "Autoridad",
                                       .extensions = FORGE_CA };

    root = identity_key("P-256", p);
    forge_certificate(root, &authority, p);
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    static const int reasons[] = { 0, 1, 4, 5 };
    npie_ca_list_t made = { 7, apr_time_now(), apr_time_now()
                            + apr_time_from_sec(86400), NULL };
    npie_bytes_t der;

    for (int count = 0; count < 4; ++count) {
        npie_crl_entry_t entry = { "3030303031", reasons[count],
                                   apr_time_now(), 0 };

        fuzz_need(npie_ca_list_make(&der, root->key, root->x509, &made, NULL,
                                    p) == APR_SUCCESS, "no CRL");
        fuzz_seed(list, "", der);
        made.number *= 1000003;
        if (made.entries == NULL) {
            made.entries = apr_array_make(p, 4, sizeof(entry));
        }
        entry.serial = apr_pstrdup(p, count % 2 ? "01" : "3030303031");
        APR_ARRAY_PUSH(made.entries, npie_crl_entry_t) = entry;
    }
}

/* The same list with a signature that holds; no bytes: it is no list. */
static npie_bytes_t signed_again(npie_bytes_t der, apr_pool_t *p)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.len);
    unsigned char *out = NULL;
    int len = 0;

    if (crl != NULL && X509_CRL_sign(crl, root->key, EVP_sha256()) > 0) {
        len = i2d_X509_CRL(crl, &out);
    }
    X509_CRL_free(crl);
    ERR_clear_error();
    return fuzz_der(out, len, p);
}

static int is_signed(void *baton, X509_CRL *crl)
{
    (void)baton;
    return X509_CRL_verify(crl, X509_get0_pubkey(root->x509)) == 1;
}

/* As NPIETrustCRL names it. */
static void read_file(npie_bytes_t der, apr_pool_t *p)
{
    apr_array_header_t *files = apr_array_make(p, 1, sizeof(const char *));
    npie_crls_t *crls = NULL;

    APR_ARRAY_PUSH(files, const char *) = fuzz_file(der);
    if (npie_crls_load(&crls, files, is_signed, NULL, NULL, p)
        == APR_SUCCESS) {
        npie_crls_list(crls, root->x509, root->x509);
        fuzz_need(npie_crls_until(crls) >= 0, "a nextUpdate");
    }
}

static int read_list(npie_bytes_t der, apr_pool_t *p)
{
    npie_ca_list_t list = { 0, 0, 0, NULL };

    read_file(der, p);
    if (npie_ca_list_read(&list, der, root->x509, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    for (int i = 0; i < list.entries->nelts; ++i) {
        fuzz_need_clean(APR_ARRAY_IDX(list.entries, i,
                                      npie_crl_entry_t).serial);
    }
    return 1;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const int good = read_list(input, p);

    read_list(signed_again(input, p), p);
    return good;
}

const fuzz_target_t fuzz_target = {
    .name = "crl", .form = FUZZ_DER, .begin = begin, .seeds = seeds,
    .run = run
};
