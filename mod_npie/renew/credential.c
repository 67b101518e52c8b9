/* SPDX-License-Identifier: Apache-2.0
 * Opening of the files in which a certificate comes with its key.
 */
#include "renew/credential.h"

#include <string.h>

#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "letter/file.h"
#include "pki/openssl.h"
#include "pki/x509.h"
#include "renew/key.h"

#define MAC_SALT 16
/* Of derivations read from a file: more only costs time. */
#define ITERATIONS_MAX 10000000

static apr_status_t refuse(npie_err_t *err, npie_problem_t problem,
                           const char *what)
{
    return npie_openssl_fail(err, NPIE_EINPUT, problem, what);
}

static apr_status_t take_cert(npie_credential_t *credential, X509 *x509,
                              npie_err_t *err, apr_pool_t *p)
{
    unsigned char *der = NULL;
    int len = i2d_X509(x509, &der);
    npie_bytes_t bytes = { der, len > 0 ? (apr_size_t)len : 0 };
    apr_status_t rv = npie_cert_parse(&credential->cert, bytes, err, p);

    OPENSSL_free(der);
    return rv;
}

/* OpenSSL up to 1.0 took each byte of a password for a character. */
static npie_secret_t *widened(const npie_secret_t *password, apr_pool_t *p)
{
    npie_secret_t *wide = npie_secret_make(p);

    for (apr_size_t i = 0; i < password->len; ++i) {
        unsigned char c = (unsigned char)password->text[i];

        if (wide->len + 2 > NPIE_SECRET_MAX) {
            break;
        }
        if (c >= 0x80) {
            wide->text[wide->len++] = (char)(0xc0 | (c >> 6));
            c = 0x80 | (c & 0x3f);
        }
        wide->text[wide->len++] = (char)c;
    }
    return wide;
}

/* Some encrypted part can be read with this password though the MAC does not
 * hold: then the file is damaged, and the password right. */
static int opens_a_part(const PKCS12 *p12, const char *password)
{
    STACK_OF(PKCS7) *parts = PKCS12_unpack_authsafes(p12);
    STACK_OF(PKCS12_SAFEBAG) *bags;
    int opened = 0;

    for (int i = 0; !opened && i < sk_PKCS7_num(parts); ++i) {
        PKCS7 *part = sk_PKCS7_value(parts, i);

        if (PKCS7_type_is_encrypted(part)) {
            bags = PKCS12_unpack_p7encdata(part, password, -1);
            opened = bags != NULL;
            sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
        }
    }
    sk_PKCS7_pop_free(parts, PKCS7_free);
    ERR_clear_error();
    return opened;
}

static int is_cheap(const PKCS12 *p12)
{
    const ASN1_INTEGER *iterations = NULL;

    PKCS12_get0_mac(NULL, NULL, NULL, &iterations, p12);
    return iterations == NULL
        || ASN1_INTEGER_get(iterations) <= ITERATIONS_MAX;
}

/* The form of the password that the MAC holds with. */
static apr_status_t right_form(const npie_secret_t **pform, PKCS12 *p12,
                               const npie_secret_t *password, npie_err_t *err,
                               apr_pool_t *p)
{
    const npie_secret_t *forms[] = { password, widened(password, p) };
    int different = forms[1]->len != password->len;

    *pform = password;
    if (!PKCS12_mac_present(p12)) {
        return APR_SUCCESS;
    }
    if (!is_cheap(p12)) {
        return refuse(err, NPIE_P_FILE_UNSUPPORTED,
                      "the file asks for too many iterations");
    }
    for (int i = 0; i <= different; ++i) {
        if (PKCS12_verify_mac(p12, forms[i]->text, (int)forms[i]->len) == 1
            || (password->len == 0
                && PKCS12_verify_mac(p12, NULL, 0) == 1)) {
            *pform = forms[i];
            ERR_clear_error();
            return APR_SUCCESS;
        }
    }
    return opens_a_part(p12, password->text)
        ? refuse(err, NPIE_P_FILE_DAMAGED, "the file's MAC does not hold")
        : refuse(err, NPIE_P_PASSWORD, "the file's MAC does not hold");
}

/* Why libcrypto could not take apart what the MAC stands for. */
static apr_status_t not_parsed(npie_err_t *err)
{
    int reason = ERR_GET_REASON(ERR_peek_error());

    return refuse(err, reason == ERR_R_UNSUPPORTED
                  || reason == EVP_R_UNSUPPORTED_ALGORITHM
                  ? NPIE_P_FILE_UNSUPPORTED : NPIE_P_FILE_DAMAGED,
                  "the PFX cannot be taken apart");
}

static apr_status_t take_apart(npie_credential_t *credential, PKCS12 *p12,
                               const npie_secret_t *password, npie_err_t *err,
                               apr_pool_t *p)
{
    X509 *x509 = NULL;
    apr_status_t rv;

    credential->key = NULL;
    if (PKCS12_parse(p12, password->text, &credential->key, &x509, NULL)
        != 1) {
        return PKCS12_mac_present(p12) ? not_parsed(err)
            : refuse(err, NPIE_P_PASSWORD, "the PFX does not open");
    }
    if (credential->key == NULL) {
        X509_free(x509);
        return refuse(err, NPIE_P_FILE_NO_KEY, "no private key inside");
    }
    npie_key_own(credential->key, p);
    if (x509 == NULL) {
        return refuse(err, NPIE_P_KEY_MISMATCH,
                      "no certificate of the key inside");
    }
    rv = take_cert(credential, x509, err, p);
    X509_free(x509);
    return rv;
}

apr_status_t npie_credential_open_pfx(npie_credential_t *credential,
                                      npie_bytes_t pfx,
                                      const npie_secret_t *password,
                                      npie_err_t *err, apr_pool_t *p)
{
    npie_file_kind_t kind = npie_file_kind(pfx);
    const unsigned char *at = pfx.data;
    const npie_secret_t *form;
    apr_status_t rv;
    PKCS12 *p12;

    ERR_clear_error();
    if (kind != NPIE_FILE_PFX && kind != NPIE_FILE_OTHER) {
        return refuse(err, kind == NPIE_FILE_CERTIFICATE
                      ? NPIE_P_FILE_NO_KEY : NPIE_P_FILE_UNKNOWN,
                      "the file is no PFX");
    }
    /* Zero bytes after it, as Windows leaves them, are not looked at. */
    p12 = d2i_PKCS12(NULL, &at, (long)pfx.len);
    if (p12 == NULL) {
        return refuse(err, pfx.len > 0 && pfx.data[0] == 0x30
                      ? NPIE_P_FILE_DAMAGED : NPIE_P_FILE_UNKNOWN,
                      "the file is no whole PFX");
    }
    rv = right_form(&form, p12, password, err, p);
    if (rv == APR_SUCCESS) {
        rv = take_apart(credential, p12, form, err, p);
    }
    PKCS12_free(p12);
    return rv;
}

apr_status_t npie_credential_open_pair(npie_credential_t *credential,
                                       npie_bytes_t cer, npie_bytes_t key,
                                       const npie_secret_t *password,
                                       npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_cert_parse(&credential->cert, cer, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_key_read(&credential->key, key, password, err, p);
    }
    if (rv == APR_SUCCESS
        && EVP_PKEY_eq(X509_get0_pubkey(credential->cert->x509),
                       credential->key) != 1) {
        rv = refuse(err, NPIE_P_KEY_MISMATCH,
                    "the key is not the certificate's");
    }
    return rv;
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
