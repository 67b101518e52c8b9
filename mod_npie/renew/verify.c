/* SPDX-License-Identifier: Apache-2.0
 * Certificates and letters against what is known here.
 */
#include "renew/verify.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "letter/revision.h"
#include "model/field.h"
#include "pki/cms_chain.h"
#include "pki/openssl.h"
#include "pki/x509.h"
#include "renew/key.h"

static apr_status_t not_ours(npie_err_t *err, const char *what)
{
    return npie_openssl_fail(err, NPIE_ESIGNATURE, NPIE_P_CERT_NOT_OURS,
                             what);
}

static int holds(X509_STORE *store, STACK_OF(X509) *others, X509 *leaf)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int held = 0;

    if (ctx != NULL && X509_STORE_CTX_init(ctx, store, leaf, others) == 1) {
        /* Dates are compared apart: a clock that is wrong here must not keep
         * a certificate that was issued from being saved. */
        X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx),
                                    X509_V_FLAG_PARTIAL_CHAIN
                                    | X509_V_FLAG_NO_CHECK_TIME);
        held = X509_verify_cert(ctx) == 1;
    }
    X509_STORE_CTX_free(ctx);
    return held;
}

/* Without other anchors the chain's last certificate is one. */
static int anchor(X509_STORE *store, STACK_OF(X509) *chain, const char *trust)
{
    int count = sk_X509_num(chain);

    return count > 0
        && (trust != NULL
            || X509_STORE_add_cert(store, sk_X509_value(chain, count - 1))
               == 1);
}

static apr_status_t verify_chain(const npie_cert_t *leaf,
                                 const apr_array_header_t *chain,
                                 const char *trust, npie_err_t *err)
{
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *others = npie_x509_stack(chain);
    apr_status_t rv = APR_SUCCESS;

    if (store == NULL || others == NULL) {
        rv = not_ours(err, "the chain cannot be read");
    }
    else if (trust != NULL && X509_STORE_load_file(store, trust) != 1) {
        rv = npie_openssl_fail(err, NPIE_EINPUT, NPIE_P_FILE_READ, trust);
    }
    else if (!anchor(store, others, trust)
             || !holds(store, others, leaf->x509)) {
        rv = not_ours(err, "the chain does not hold");
    }
    sk_X509_pop_free(others, X509_free);
    X509_STORE_free(store);
    ERR_clear_error();
    return rv;
}

apr_status_t npie_verify_certificate(npie_credential_t *fresh,
                                     const npie_issued_t *issued,
                                     const npie_cert_t *old,
                                     const char *trust, npie_err_t *err,
                                     apr_pool_t *p)
{
    npie_err_t inner;

    if (npie_cert_parse(&fresh->cert, issued->der, &inner, p)
        != APR_SUCCESS) {
        return not_ours(err, "the certificate cannot be read");
    }
    if (EVP_PKEY_eq(X509_get0_pubkey(fresh->cert->x509), fresh->key) != 1) {
        return not_ours(err, "the certificate is of another key");
    }
    if (strcmp(fresh->cert->rp10, old->rp10) != 0) {
        return not_ours(err, "the certificate is of another employer");
    }
    if (fresh->cert->not_after <= old->not_after) {
        return not_ours(err, "the certificate ends before the old one");
    }
    return verify_chain(fresh->cert, issued->chain, trust, err);
}

apr_status_t npie_verify_letter(npie_letter_file_t **pfile, npie_bytes_t pdf,
                                npie_letter_kind_t kind,
                                const npie_cert_t *old, const char *new_spki,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_letter_file_parse(pfile, pdf, err, p);
    const npie_cadena_t *cadena;

    if (rv != APR_SUCCESS) {
        return rv;
    }
    cadena = (*pfile)->cadena;
    if (cadena->kind != kind
        || strncmp(cadena->rp, old->rp10, NPIE_RP10_SIZE - 1) != 0
        || strcmp(cadena->old_spki, old->spki_sha256) != 0
        || strcmp(cadena->new_spki, new_spki) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_LETTER,
                            "the letter is about another employer or key");
    }
    return APR_SUCCESS;
}

apr_status_t npie_verify_signed(npie_bytes_t pdf, npie_bytes_t ours,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_revision_t *revision;
    npie_letter_file_t *signed_here;

    if (npie_revision_parse(&revision, pdf, err, p) == APR_SUCCESS
        && npie_letter_file_parse(&signed_here, ours, err, p) == APR_SUCCESS
        && npie_letter_file_same(revision->parts, signed_here)
        && npie_cms_same_signature(revision->parts->cms, signed_here->cms)) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_ANSWER,
                        "the letter is not the one that was signed");
}
