/* SPDX-License-Identifier: Apache-2.0
 * Opening of the files in which a certificate comes with its key.
 */
#include "renew/credential.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "pki/openssl.h"
#include "pki/x509.h"
#include "renew/key.h"
#include "renew/pieces.h"
#include "renew/store.h"

#define MAC_SALT 16
#define SAT_RFC "SAT970701NN3"

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_openssl_fail(err, NPIE_EINPUT, problem, what);
}

/** What was chosen together, sorted. */
typedef struct chosen_t {
    int pfxs;
    const npie_piece_t *pfx;
    const npie_piece_t *key;   /* the first */
    int has_certs;
} chosen_t;

static apr_status_t sort_piece(chosen_t *chosen, const npie_piece_t *piece,
                               npie_err_t *err)
{
    switch (piece->kind) {
    case NPIE_PIECE_PFX:
        ++chosen->pfxs;
        chosen->pfx = piece;
        break;
    case NPIE_PIECE_KEY:
        chosen->key = chosen->key != NULL ? chosen->key : piece;
        break;
    case NPIE_PIECE_CERTIFICATE:
    case NPIE_PIECE_CHAIN:
        chosen->has_certs = 1;
        break;
    case NPIE_PIECE_DAMAGED:
        return refuse(err, NPIE_P_FILE_DAMAGED, "the file is cut or torn");
    case NPIE_PIECE_OTHER:
        break;
    }
    return APR_SUCCESS;
}

/* PEM of openssl has parameters beside keys: one piece of use is enough. */
static apr_status_t sort_file(chosen_t *chosen,
                              const apr_array_header_t *pieces,
                              npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    int useful = 0;

    for (int i = 0; rv == APR_SUCCESS && i < pieces->nelts; ++i) {
        const npie_piece_t *piece = &APR_ARRAY_IDX(pieces, i, npie_piece_t);

        rv = sort_piece(chosen, piece, err);
        useful = useful || piece->kind != NPIE_PIECE_OTHER;
    }
    return rv != APR_SUCCESS || useful ? rv
        : refuse(err, NPIE_P_FILE_UNKNOWN,
                 "the file is neither certificate nor key");
}

static void add_chain(npie_store_t *store, const npie_piece_t *piece,
                      apr_pool_t *p)
{
    const unsigned char *at = piece->der.data;
    PKCS7 *p7 = d2i_PKCS7(NULL, &at, (long)piece->der.len);

    for (int i = 0; p7 != NULL && i < sk_X509_num(p7->d.sign->cert); ++i) {
        X509 *x509 = sk_X509_value(p7->d.sign->cert, i);

        if (X509_up_ref(x509) == 1) {
            npie_store_add_cert(store, x509, p);
        }
    }
    PKCS7_free(p7);
}

static apr_status_t add_certs(npie_store_t *store,
                              const apr_array_header_t *pieces,
                              npie_err_t *err, apr_pool_t *p)
{
    for (int i = 0; i < pieces->nelts; ++i) {
        const npie_piece_t *piece = &APR_ARRAY_IDX(pieces, i, npie_piece_t);
        const unsigned char *at = piece->der.data;
        X509 *x509;

        if (piece->kind == NPIE_PIECE_CHAIN) {
            add_chain(store, piece, p);
        }
        else if (piece->kind == NPIE_PIECE_CERTIFICATE) {
            x509 = d2i_X509(NULL, &at, (long)piece->der.len);
            if (x509 == NULL) {
                return refuse(err, NPIE_P_FILE_DAMAGED,
                              "a certificate cannot be read");
            }
            npie_store_add_cert(store, x509, p);
        }
    }
    return APR_SUCCESS;
}

static apr_status_t take_cert(npie_cert_t **pcert, X509 *x509,
                              npie_err_t *err, apr_pool_t *p)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    npie_bytes_t bytes = { der, len > 0 ? (apr_size_t)len : 0 };
    apr_status_t rv = npie_cert_parse(pcert, bytes, err, p);

    OPENSSL_free(der);
    return rv;
}

static EVP_PKEY *key_of(const npie_store_t *store, X509 *x509)
{
    for (int i = 0; i < store->keys->nelts; ++i) {
        EVP_PKEY *key = APR_ARRAY_IDX(store->keys, i, EVP_PKEY *);

        if (EVP_PKEY_eq(X509_get0_pubkey(x509), key) == 1) {
            return key;
        }
    }
    return NULL;
}

/* Kinds that certificates of employers have, and browsers sign with. A curve
 * told by its parameters is none of them (RFC 5480, 2.1.1). */
static int is_known_kind(const EVP_PKEY *key)
{
    char group[32] = "";
    int explicit = 0;

    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
    EVP_PKEY_get_int_param(key,
                           OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                           &explicit);
    ERR_clear_error();
    if (explicit) {
        return 0;
    }
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
        || strcmp(group, SN_X9_62_prime256v1) == 0
        || strcmp(group, SN_secp384r1) == 0
        || strcmp(group, SN_secp521r1) == 0;
}

/* Why no key is a certificate's. */
static apr_status_t no_pair(const npie_store_t *store, npie_err_t *err)
{
    if (store->keys->nelts == 0) {
        return refuse(err, NPIE_P_FILE_NO_KEY, "no private key inside");
    }
    if (store->certs->nelts == 0) {
        return refuse(err, NPIE_P_FILE_PARTS, "no certificate inside");
    }
    /* Nothing but the proof tells damage in a store that has no MAC. */
    return store->is_sealed
        ? refuse(err, NPIE_P_KEY_MISMATCH, "the key is not the certificate's")
        : refuse(err, NPIE_P_FILE_DAMAGED, "key and certificate differ");
}

/* Of the certificates that have their key here, the one that ends last. */
static apr_status_t pair(npie_credential_t *credential,
                         const npie_store_t *store, npie_err_t *err,
                         apr_pool_t *p)
{
    X509 *newest = NULL;

    for (int i = 0; i < store->certs->nelts; ++i) {
        X509 *x509 = APR_ARRAY_IDX(store->certs, i, X509 *);

        if (key_of(store, x509) != NULL
            && (newest == NULL
                || ASN1_TIME_compare(X509_get0_notAfter(x509),
                                     X509_get0_notAfter(newest)) > 0)) {
            newest = x509;
        }
    }
    ERR_clear_error();
    if (newest == NULL) {
        return no_pair(store, err);
    }
    credential->key = key_of(store, newest);
    if (!is_known_kind(credential->key)) {
        return refuse(err, NPIE_P_FILE_UNSUPPORTED,
                      "the key is of a kind that is not taken");
    }
    return take_cert(&credential->cert, newest, err, p);
}

static apr_status_t open_chosen(npie_store_t *store, const chosen_t *chosen,
                                apr_array_header_t *const *pieces, int count,
                                const npie_secret_t *password,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = APR_SUCCESS;
    EVP_PKEY *key;

    if (chosen->pfxs > 0) {
        return chosen->pfxs == 1
            ? npie_store_open(store, chosen->pfx->der, password, err, p)
            : refuse(err, NPIE_P_FILE_UNKNOWN, "more than one PFX");
    }
    if (chosen->key == NULL || !chosen->has_certs) {
        return refuse(err, NPIE_P_FILE_PARTS, chosen->key == NULL
                      ? "a certificate without its key: name the key with "
                        "--key"
                      : "a key without its certificate: name the "
                        "certificate with --cer");
    }
    store->is_sealed = 1;
    for (int i = 0; rv == APR_SUCCESS && i < count; ++i) {
        rv = add_certs(store, pieces[i], err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_key_open(&key, chosen->key, password, err, p);
    }
    if (rv == APR_SUCCESS) {
        APR_ARRAY_PUSH(store->keys, EVP_PKEY *) = key;
    }
    return rv;
}

apr_status_t npie_credential_open(npie_credential_t *credential,
                                  const npie_credential_file_t *files,
                                  int count, const npie_secret_t *password,
                                  npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t **pieces = apr_pcalloc(p, (apr_size_t)count
                                                 * sizeof(*pieces));
    chosen_t chosen = { 0, NULL, NULL, 0 };
    npie_store_t store;
    apr_status_t rv = APR_SUCCESS;

    npie_store_init(&store, p);
    for (int i = 0; rv == APR_SUCCESS && i < count; ++i) {
        pieces[i] = npie_pieces_read(files[i].name, files[i].bytes, p);
        rv = sort_file(&chosen, pieces[i], err);
    }
    if (rv == APR_SUCCESS) {
        rv = open_chosen(&store, &chosen, pieces, count, password, err, p);
    }
    return rv == APR_SUCCESS ? pair(credential, &store, err, p) : rv;
}

apr_status_t npie_credential_read_cert(npie_cert_t **pcert,
                                       const npie_credential_file_t *file,
                                       npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *pieces = npie_pieces_read(file->name, file->bytes, p);
    chosen_t chosen = { 0, NULL, NULL, 0 };
    npie_store_t store;
    apr_status_t rv = sort_file(&chosen, pieces, err);

    npie_store_init(&store, p);
    if (rv == APR_SUCCESS) {
        rv = add_certs(&store, pieces, err, p);
    }
    for (int i = 0; rv == APR_SUCCESS && i < store.certs->nelts; ++i) {
        X509 *x509 = APR_ARRAY_IDX(store.certs, i, X509 *);

        if (X509_check_ca(x509) == 0) {
            return take_cert(pcert, x509, err, p);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = store.certs->nelts == 0
            ? refuse(err, NPIE_P_FILE_UNKNOWN, "no certificate in the file")
            : take_cert(pcert, APR_ARRAY_IDX(store.certs, 0, X509 *), err, p);
    }
    return rv;
}

apr_status_t npie_credential_check(const npie_cert_t *cert, npie_err_t *err)
{
    if (*cert->rp10 != '\0') {
        return APR_SUCCESS;
    }
    if (X509_check_ca(cert->x509) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_CERT_MALFORMED,
                            "the certificate is an authority's");
    }
    /* Whatever SAT's authorities are called, their RFC is SAT's. */
    if (strstr(cert->issuer, SAT_RFC) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_CERT_SAT, "issuer %s",
                            cert->issuer);
    }
    return npie_err_set(err, NPIE_EINPUT, NPIE_P_CERT_MALFORMED,
                        "the certificate has no employer's number");
}

static apr_status_t to_bytes(npie_bytes_t *bytes, unsigned char *der, int len,
                             const char *what, npie_err_t *err, apr_pool_t *p)
{
    if (len <= 0) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL, what);
    }
    bytes->data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes->len = (apr_size_t)len;
    OPENSSL_free(der);
    ERR_clear_error();
    return APR_SUCCESS;
}

apr_status_t npie_credential_make_pfx(npie_bytes_t *pfx,
                                      const npie_credential_t *credential,
                                      const apr_array_header_t *chain,
                                      const char *name,
                                      const npie_secret_t *password,
                                      int iterations, npie_err_t *err,
                                      apr_pool_t *p)
{
    STACK_OF(X509) *above = npie_x509_stack(chain);
    unsigned char *der = NULL;
    PKCS12 *p12 = NULL;
    int len = 0;

    if (above != NULL) {
        p12 = PKCS12_create(password->text, name, credential->key,
                            credential->cert->x509, above, NID_aes_256_cbc,
                            NID_aes_256_cbc, iterations, -1, 0);
    }
    if (p12 != NULL
        && PKCS12_set_mac(p12, password->text, (int)password->len, NULL,
                          MAC_SALT, iterations, EVP_sha256()) == 1) {
        len = i2d_PKCS12(p12, &der);
    }
    PKCS12_free(p12);
    sk_X509_pop_free(above, X509_free);
    return to_bytes(pfx, der, len, "the PFX could not be made", err, p);
}
