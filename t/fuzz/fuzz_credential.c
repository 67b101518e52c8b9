/* SPDX-License-Identifier: Apache-2.0
 * Files that employers give npie-renew: PFX, PKCS#8, PEM, certificates. A
 * PFX gets a MAC that holds after it was changed, so that what stands behind
 * it is read too.
 * Parser: renew/pieces.c renew/credential.c renew/store.c renew/key.c
 */
#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "base/file.h"
#include "fuzz/certificate.h"
#include "renew/credential.h"
#include "unit/forge.h"

#define PASSWORD "Prueba123"

static npie_secret_t password;

static void begin(apr_pool_t *p)
{
    password.text = apr_pstrdup(p, PASSWORD);
    password.len = strlen(PASSWORD);
}

static int open_one(npie_bytes_t bytes, apr_pool_t *p)
{
    const npie_credential_file_t file = { "empresa.pfx", bytes };
    npie_credential_t credential = { NULL, NULL };
    npie_cert_t *cert = NULL;

    if (npie_credential_read_cert(&cert, &file, NULL, p) == APR_SUCCESS) {
        fuzz_need_certificate(cert);
        npie_credential_check(cert, NULL);
    }
    if (npie_credential_open(&credential, &file, 1, &password, NULL, p)
        != APR_SUCCESS) {
        return 0;
    }
    fuzz_need_certificate(credential.cert);
    fuzz_need(EVP_PKEY_eq(X509_get0_pubkey(credential.cert->x509),
                          credential.key) == 1, "another's key");
    return 1;
}

/* The same PFX with a MAC that holds; no bytes: it is no PFX. */
static npie_bytes_t sealed_again(npie_bytes_t der, apr_pool_t *p)
{
    const unsigned char *at = der.data;
    PKCS12 *p12 = d2i_PKCS12(NULL, &at, (long)der.len);
    unsigned char *out = NULL;
    int len = 0;

    if (p12 != NULL && PKCS12_set_mac(p12, PASSWORD, -1, NULL, 0, 1,
                                      EVP_sha256()) == 1) {
        len = i2d_PKCS12(p12, &out);
    }
    PKCS12_free(p12);
    ERR_clear_error();
    return fuzz_der(out, len, p);
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const int good = open_one(input, p);
    const npie_bytes_t again = sealed_again(input, p);

    if (again.len > 0) {
        open_one(again, p);
    }
    return good;
}

/* What a memory BIO holds. */
static void seed_bio(apr_array_header_t *list, BIO *bio)
{
    char *data = NULL;
    const long len = BIO_get_mem_data(bio, &data);

    fuzz_need(len > 0, "nothing was written");
    fuzz_seed(list, "", (npie_bytes_t){ (unsigned char *)data,
                                        (apr_size_t)len });
    BIO_free(bio);
}

/* Keys and certificates in the clear, where changes reach everything. */
static void seed_bare_pfx(apr_array_header_t *list, const identity_t *id)
{
    BIO *bio = BIO_new(BIO_s_mem());
    PKCS12 *p12 = PKCS12_create(PASSWORD, "Ñandú", id->key, id->x509, NULL,
                                -1, -1, 1, 1, 0);

    fuzz_need(i2d_PKCS12_bio(bio, p12) == 1, "no PFX");
    PKCS12_free(p12);
    seed_bio(list, bio);
}

static void seed_keys(apr_array_header_t *list, const identity_t *id)
{
    BIO *bio = BIO_new(BIO_s_mem());

    fuzz_need(i2d_PKCS8PrivateKey_bio(bio, id->key, EVP_aes_256_cbc(), NULL, 0,
                                      NULL, (void *)PASSWORD) == 1, "no key");
    seed_bio(list, bio);
    bio = BIO_new(BIO_s_mem());
    fuzz_need(i2d_PKCS8PrivateKey_bio(bio, id->key, NULL, NULL, 0, NULL, NULL)
              == 1, "no key");
    seed_bio(list, bio);
    bio = BIO_new(BIO_s_mem());
    fuzz_need(PEM_write_bio_X509(bio, id->x509) == 1
              && PEM_write_bio_PKCS8PrivateKey(bio, id->key, NULL, NULL, 0,
                                               NULL, NULL) == 1, "no PEM");
    seed_bio(list, bio);
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    static const forge_t employer = {
        .common_name = "Ximena Ñandú", .extensions = FORGE_LEAF,
        .entries = { { NID_organizationalUnitName, V_ASN1_UTF8STRING,
                       "A064878710", 0 } } };
    static const char *const files[] = {
        "o-modern-p256.pfx", "o-legacy-rc2-40-1024-single.pfx"
    };
    identity_t *id = identity_key("P-256", p);
    npie_credential_t credential = { id->key, NULL };
    npie_bytes_t bytes = { NULL, 0 };

    forge_certificate(id, &employer, p);
    fuzz_need(npie_cert_parse(&credential.cert, id->der, NULL, p)
              == APR_SUCCESS
              && npie_credential_make_pfx(&bytes, &credential,
                                          apr_array_make(p, 1,
                                              sizeof(npie_bytes_t)),
                                          "A064878710_2", &password, 1, NULL,
                                          p) == APR_SUCCESS, "no PFX");
    fuzz_seed(list, "", bytes);
    fuzz_seed(list, "", id->der);
    seed_bare_pfx(list, id);
    seed_keys(list, id);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); ++i) {
        fuzz_need(npie_file_read(&bytes, apr_pstrcat(p, NPIE_TOP
                                 "/t/browser/pfx/", files[i], NULL), 65536, p)
                  == APR_SUCCESS, files[i]);
        fuzz_seed(list, "", bytes);
    }
}

/* A file may ask for six million iterations, as Java's do. */
const fuzz_target_t fuzz_target = {
    .name = "credential", .corpus = "credential", .form = FUZZ_DER, .slow = 30, .begin = begin,
    .seeds = seeds, .run = run
};
