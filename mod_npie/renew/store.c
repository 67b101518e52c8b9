/* SPDX-License-Identifier: Apache-2.0
 * From a PFX to its keys and certificates.
 */
#include "renew/store.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "pki/openssl.h"
#include "renew/forms.h"
#include "renew/key.h"
#include "renew/pbmac1.h"

/** A PFX being taken apart. */
typedef struct reader_t {
    npie_bytes_t pfx;
    PKCS12 *p12;
    STACK_OF(PKCS7) *parts;
    apr_array_header_t *forms;
    npie_store_t *store;
    npie_err_t *err;
    apr_pool_t *p;
} reader_t;

static apr_status_t refuse(const reader_t *r, npie_problem_t problem,
                           const char *what)
{
    return npie_openssl_fail(r->err, NPIE_EINPUT, problem, what);
}

void npie_store_init(npie_store_t *store, apr_pool_t *p)
{
    store->keys = apr_array_make(p, 2, sizeof(EVP_PKEY *));
    store->certs = apr_array_make(p, 4, sizeof(X509 *));
    store->is_sealed = 0;
}

void npie_store_add_key(npie_store_t *store, EVP_PKEY *key, apr_pool_t *p)
{
    npie_key_own(key, p);
    APR_ARRAY_PUSH(store->keys, EVP_PKEY *) = key;
}

void npie_store_add_cert(npie_store_t *store, X509 *x509, apr_pool_t *p)
{
    apr_pool_cleanup_register(p, x509, npie_openssl_free_x509,
                              apr_pool_cleanup_null);
    APR_ARRAY_PUSH(store->certs, X509 *) = x509;
}

static void *open_part(const void *part, const npie_secret_t *form)
{
    return PKCS12_unpack_p7encdata((PKCS7 *)part, form->text, (int)form->len);
}

static void *open_key(const void *bag, const npie_secret_t *form)
{
    return PKCS12_decrypt_skey(bag, form->text, (int)form->len);
}

static void *open_mac(const void *p12, const npie_secret_t *form)
{
    int holds = PKCS12_verify_mac((PKCS12 *)p12, form->text, (int)form->len);

    return holds == 1 ? (void *)form : NULL;
}

static void *open_pbmac1(const void *mac, const npie_secret_t *form)
{
    return npie_pbmac1_holds(mac, form) ? (void *)form : NULL;
}

static const X509_ALGOR *algorithm_of_bag(const PKCS12_SAFEBAG *bag)
{
    const X509_ALGOR *algorithm = NULL;

    X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(bag), &algorithm, NULL);
    return algorithm;
}

static int is_shrouded(const PKCS12_SAFEBAG *bag)
{
    return PKCS12_SAFEBAG_get_nid(bag) == NID_pkcs8ShroudedKeyBag;
}

/* The part's bags; NULL when it does not open. */
static STACK_OF(PKCS12_SAFEBAG) *bags_of(npie_tried_t *tried, reader_t *r,
                                         PKCS7 *part)
{
    void *bags = NULL;

    *tried = NPIE_TRIED_OPEN;
    if (PKCS7_type_is_data(part)) {
        bags = PKCS12_unpack_p7data(part);
        *tried = bags != NULL ? NPIE_TRIED_OPEN : NPIE_TRIED_DAMAGED;
    }
    else if (part->d.encrypted == NULL) {
        *tried = NPIE_TRIED_DAMAGED;
    }
    else {
        *tried = npie_forms_try(&bags, open_part, part,
                                part->d.encrypted->enc_data->algorithm,
                                r->forms);
    }
    return bags;
}

static apr_status_t take_key(reader_t *r, const PKCS8_PRIV_KEY_INFO *info)
{
    EVP_PKEY *key = EVP_PKCS82PKEY(info);

    if (key == NULL) {
        return refuse(r, NPIE_P_FILE_UNSUPPORTED,
                      "the PFX holds a key of an unknown kind");
    }
    npie_store_add_key(r->store, key, r->p);
    return APR_SUCCESS;
}

static apr_status_t not_opened(reader_t *r, npie_tried_t tried)
{
    return refuse(r, tried == NPIE_TRIED_UNSUPPORTED
                  ? NPIE_P_FILE_UNSUPPORTED : NPIE_P_FILE_DAMAGED,
                  "a part of the PFX does not open");
}

static apr_status_t take_shrouded(reader_t *r, const PKCS12_SAFEBAG *bag)
{
    void *info;
    npie_tried_t tried = npie_forms_try(&info, open_key, bag,
                                        algorithm_of_bag(bag), r->forms);
    apr_status_t rv = tried == NPIE_TRIED_OPEN ? take_key(r, info)
                                               : not_opened(r, tried);

    PKCS8_PRIV_KEY_INFO_free(info);
    return rv;
}

static apr_status_t take_bags(reader_t *r,
                              const STACK_OF(PKCS12_SAFEBAG) *bags);

static apr_status_t take_bag(reader_t *r, const PKCS12_SAFEBAG *bag)
{
    X509 *x509;

    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_keyBag:
        return take_key(r, PKCS12_SAFEBAG_get0_p8inf(bag));
    case NID_pkcs8ShroudedKeyBag:
        return take_shrouded(r, bag);
    case NID_safeContentsBag:
        return take_bags(r, PKCS12_SAFEBAG_get0_safes(bag));
    case NID_certBag:
        if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate) {
            return APR_SUCCESS;
        }
        x509 = PKCS12_SAFEBAG_get1_cert(bag);
        if (x509 == NULL) {
            return refuse(r, NPIE_P_FILE_DAMAGED,
                          "a certificate in the PFX cannot be read");
        }
        npie_store_add_cert(r->store, x509, r->p);
        return APR_SUCCESS;
    default:
        return APR_SUCCESS;
    }
}

static apr_status_t take_bags(reader_t *r,
                              const STACK_OF(PKCS12_SAFEBAG) *bags)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < sk_PKCS12_SAFEBAG_num(bags);
         ++i) {
        rv = take_bag(r, sk_PKCS12_SAFEBAG_value(bags, i));
    }
    return rv;
}

static apr_status_t take_parts(reader_t *r)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < sk_PKCS7_num(r->parts); ++i) {
        npie_tried_t tried;
        STACK_OF(PKCS12_SAFEBAG) *bags =
            bags_of(&tried, r, sk_PKCS7_value(r->parts, i));

        rv = bags != NULL ? take_bags(r, bags) : not_opened(r, tried);
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    return rv;
}

/** How the encrypted pieces fare with a password: counts of them. */
typedef struct fared_t {
    int pieces;
    int opened;
    int unsupported;
} fared_t;

static void note(fared_t *fared, npie_tried_t tried)
{
    ++fared->pieces;
    fared->opened += tried == NPIE_TRIED_OPEN;
    fared->unsupported += tried == NPIE_TRIED_UNSUPPORTED;
}

static void try_keys(fared_t *fared, reader_t *r,
                     const STACK_OF(PKCS12_SAFEBAG) *bags)
{
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        void *info;

        if (is_shrouded(bag)) {
            note(fared, npie_forms_try(&info, open_key, bag,
                                       algorithm_of_bag(bag), r->forms));
            PKCS8_PRIV_KEY_INFO_free(info);
        }
    }
}

/* Whole encrypted parts, and encrypted keys in clear ones. */
static fared_t try_pieces(reader_t *r)
{
    fared_t fared = { 0, 0, 0 };

    for (int i = 0; i < sk_PKCS7_num(r->parts); ++i) {
        PKCS7 *part = sk_PKCS7_value(r->parts, i);
        npie_tried_t tried;
        STACK_OF(PKCS12_SAFEBAG) *bags = bags_of(&tried, r, part);

        if (PKCS7_type_is_data(part)) {
            try_keys(&fared, r, bags);
        }
        else {
            note(&fared, tried);
        }
        sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    }
    return fared;
}

/* Why the password is not proved. */
static apr_status_t not_proved(reader_t *r, int has_mac)
{
    fared_t fared = try_pieces(r);

    if (fared.pieces > 0 && fared.unsupported == fared.pieces) {
        return refuse(r, NPIE_P_FILE_UNSUPPORTED,
                      "the PFX is encrypted in an unknown way");
    }
    if (has_mac) {
        return refuse(r, fared.opened > 0 ? NPIE_P_FILE_DAMAGED
                                          : NPIE_P_PASSWORD,
                      "the file's MAC does not hold");
    }
    return fared.opened > 0 || fared.pieces == 0 ? APR_SUCCESS
        : refuse(r, NPIE_P_PASSWORD, "the PFX does not open");
}

/* PFX ::= SEQUENCE { version INTEGER, authSafe ContentInfo ...; libcrypto
 * keeps authSafe to itself. NULL: there is none */
static PKCS7 *content_of(npie_bytes_t pfx)
{
    const unsigned char *at = pfx.data;
    const unsigned char *end = pfx.data + pfx.len;
    long left = (long)pfx.len;
    int type, class;

    if ((ASN1_get_object(&at, &left, &type, &class, left) & 0x80) != 0
        || (ASN1_get_object(&at, &left, &type, &class, end - at) & 0x80)
           != 0) {
        return NULL;
    }
    at += left;
    return d2i_PKCS7(NULL, &at, end - at);
}

static apr_status_t prove_pbmac1(reader_t *r)
{
    PKCS7 *content = content_of(r->pfx);
    npie_pbmac1_t mac;
    npie_tried_t tried = npie_pbmac1_read(&mac, r->p12, content);
    void *form;

    if (tried == NPIE_TRIED_OPEN) {
        tried = npie_forms_try(&form, open_pbmac1, &mac, NULL, r->forms);
        npie_pbmac1_free(&mac);
    }
    PKCS7_free(content);
    if (tried == NPIE_TRIED_UNSUPPORTED || tried == NPIE_TRIED_DAMAGED) {
        return refuse(r, tried == NPIE_TRIED_DAMAGED
                      ? NPIE_P_FILE_DAMAGED : NPIE_P_FILE_UNSUPPORTED,
                      "the PFX has an unknown MAC");
    }
    r->store->is_sealed = tried == NPIE_TRIED_OPEN;
    return r->store->is_sealed ? APR_SUCCESS : not_proved(r, 1);
}

static apr_status_t prove(reader_t *r)
{
    const ASN1_INTEGER *iterations = NULL;
    void *form;

    if (!PKCS12_mac_present(r->p12)) {
        return not_proved(r, 0);
    }
    if (npie_pbmac1_is_there(r->p12)) {
        return prove_pbmac1(r);
    }
    PKCS12_get0_mac(NULL, NULL, NULL, &iterations, r->p12);
    if (!npie_forms_count_is_sane(iterations)) {
        return refuse(r, NPIE_P_FILE_DAMAGED,
                      "the PFX asks for too many iterations");
    }
    r->store->is_sealed = npie_forms_try(&form, open_mac, r->p12, NULL,
                                         r->forms) == NPIE_TRIED_OPEN;
    return r->store->is_sealed ? APR_SUCCESS : not_proved(r, 1);
}

/* Contents that a public key protects, not a password. */
static int is_for_public_key(const PKCS7 *content)
{
    return PKCS7_type_is_signed(content) || PKCS7_type_is_enveloped(content);
}

/* Does libcrypto refuse it for such contents? It does not say. */
static int is_public_key_mode(npie_bytes_t pfx)
{
    PKCS7 *content = content_of(pfx);
    int is_it = content != NULL && is_for_public_key(content);

    PKCS7_free(content);
    ERR_clear_error();
    return is_it;
}

static apr_status_t unpack(reader_t *r, npie_bytes_t pfx)
{
    const unsigned char *at = pfx.data;

    r->p12 = d2i_PKCS12(NULL, &at, (long)pfx.len);
    if (r->p12 != NULL) {
        r->parts = PKCS12_unpack_authsafes(r->p12);
    }
    if (r->parts == NULL && is_public_key_mode(pfx)) {
        return refuse(r, NPIE_P_FILE_UNSUPPORTED,
                      "the PFX is for a public key");
    }
    if (r->parts == NULL) {
        return refuse(r, NPIE_P_FILE_DAMAGED, "the file is no whole PFX");
    }
    for (int i = 0; i < sk_PKCS7_num(r->parts); ++i) {
        const PKCS7 *part = sk_PKCS7_value(r->parts, i);

        if (!PKCS7_type_is_data(part) && !PKCS7_type_is_encrypted(part)) {
            return refuse(r, is_for_public_key(part)
                          ? NPIE_P_FILE_UNSUPPORTED : NPIE_P_FILE_DAMAGED,
                          "a part of the PFX is of another kind");
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_store_open(npie_store_t *store, npie_bytes_t pfx,
                             const npie_secret_t *password, npie_err_t *err,
                             apr_pool_t *p)
{
    reader_t r = { pfx, NULL, NULL, npie_forms_make(password, p), store, err, p };
    apr_status_t rv;

    npie_store_init(store, p);
    ERR_clear_error();
    rv = unpack(&r, pfx);
    if (rv == APR_SUCCESS) {
        rv = prove(&r);
    }
    if (rv == APR_SUCCESS) {
        rv = take_parts(&r);
    }
    sk_PKCS7_pop_free(r.parts, PKCS7_free);
    PKCS12_free(r.p12);
    ERR_clear_error();
    return rv;
}
