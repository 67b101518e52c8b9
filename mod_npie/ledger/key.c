/* SPDX-License-Identifier: Apache-2.0
 * The key's file, signing and verifying.
 */
#include "ledger/key.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/openssl.h"

#define FILE_MAX 16384
#define SIGNATURE_SIZE 64

struct npie_ledger_key_t {
    EVP_PKEY *pkey;
    npie_cert_t *cert;
    char name[NPIE_ENTRY_SIGNER_SIZE];
};

static apr_status_t release(void *data)
{
    npie_ledger_key_t *key = data;

    EVP_PKEY_free(key->pkey);
    key->pkey = NULL;
    return APR_SUCCESS;
}

static apr_status_t wrong(npie_err_t *err, const char *path, const char *what)
{
    ERR_clear_error();
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path, what);
}

int npie_ledger_key_is_for(const npie_cert_t *cert)
{
    ASN1_OBJECT *purpose = OBJ_txt2obj(NPIE_LEDGER_KEY_PURPOSE, 1);
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert->x509, NID_ext_key_usage,
                                                 NULL, NULL);
    const int is = purpose != NULL && sk_ASN1_OBJECT_num(usage) == 1
                   && OBJ_cmp(sk_ASN1_OBJECT_value(usage, 0), purpose) == 0
                   && X509_check_ca(cert->x509) == 0;

    sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
    ASN1_OBJECT_free(purpose);
    ERR_clear_error();
    return is;
}

static apr_status_t read_key(npie_ledger_key_t *key, npie_bytes_t file,
                             const char *path, npie_err_t *err, apr_pool_t *p)
{
    BIO *in = BIO_new_mem_buf(file.data, (int)file.len);
    X509 *x509 = NULL;

    if (in != NULL) {
        key->pkey = PEM_read_bio_PrivateKey(in, NULL,
                                            npie_openssl_no_passphrase,
                                            NULL);
        x509 = PEM_read_bio_X509(in, NULL, NULL, NULL);
        BIO_free(in);
    }
    if (key->pkey == NULL || !EVP_PKEY_is_a(key->pkey, "ED25519")) {
        X509_free(x509);
        return wrong(err, path, "it holds no Ed25519 key in PEM");
    }
    if (x509 == NULL
        || npie_cert_parse(&key->cert, npie_openssl_x509_der(x509, p), NULL, p)
           != APR_SUCCESS
        || !npie_ledger_key_is_for(key->cert)
        || X509_check_private_key(key->cert->x509, key->pkey) != 1) {
        X509_free(x509);
        return wrong(err, path, "it holds no certificate of its key for "
                     "signing the ledger");
    }
    X509_free(x509);
    apr_cpystrn(key->name, key->cert->spki_sha256, sizeof(key->name));
    return APR_SUCCESS;
}

/* Key and certificate, PEM. */
static apr_status_t write_text(BIO *out, EVP_PKEY *pkey, npie_bytes_t der)
{
    const unsigned char *at = der.data;
    X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
    const int done = x509 != NULL
        && PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL,
                                         NULL) == 1
        && PEM_write_bio_X509(out, x509) == 1;

    X509_free(x509);
    return done ? APR_SUCCESS : NPIE_EINTERNAL;
}

/* Under another name first: a file that is half written is never read. */
static apr_status_t write_file(const char *path, BIO *text, npie_err_t *err,
                               apr_pool_t *p)
{
    const char *new = apr_pstrcat(p, path, ".new", NULL);
    char *data;
    const long len = BIO_get_mem_data(text, &data);
    int fd, done;

    unlink(new);
    fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    done = fd >= 0 && write(fd, data, (size_t)len) == len && fsync(fd) == 0
           && rename(new, path) == 0;
    if (!done) {
        wrong(err, path, strerror(errno));
    }
    if (fd >= 0) {
        close(fd);
    }
    return done ? APR_SUCCESS : NPIE_ECONFIG;
}

static apr_status_t make(const char *path, npie_ledger_vouch_fn *vouch,
                         void *baton, npie_err_t *err, apr_pool_t *p)
{
    EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *text = BIO_new(BIO_s_secmem());
    npie_bytes_t der = { NULL, 0 };
    apr_status_t rv = pkey == NULL || text == NULL
        ? npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the ledger's key could not be made")
        : vouch(&der, baton, pkey, err, p);

    if (rv == APR_SUCCESS) {
        rv = write_text(text, pkey, der);
    }
    if (rv == APR_SUCCESS) {
        rv = write_file(path, text, err, p);
    }
    BIO_free(text);
    EVP_PKEY_free(pkey);
    return rv;
}

apr_status_t npie_ledger_key_open(npie_ledger_key_t **pkey, const char *path,
                                  npie_ledger_vouch_fn *vouch, void *baton,
                                  npie_err_t *err, apr_pool_t *p)
{
    npie_ledger_key_t *key = apr_pcalloc(p, sizeof(*key));
    npie_bytes_t file;
    struct stat st;
    apr_status_t rv = APR_SUCCESS;

    apr_pool_cleanup_register(p, key, release, apr_pool_cleanup_null);
    *pkey = key;
    if (stat(path, &st) != 0 && errno == ENOENT && vouch != NULL) {
        rv = make(path, vouch, baton, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (stat(path, &st) == 0 && (st.st_mode & 077) != 0) {
        return wrong(err, path, "it must be open to its owner only (chmod "
                     "0400)");
    }
    rv = npie_file_read(&file, path, FILE_MAX, p);
    return rv == APR_SUCCESS ? read_key(key, file, path, err, p)
        : wrong(err, path, npie_file_why(rv, FILE_MAX, p));
}

const char *npie_ledger_key_name(const npie_ledger_key_t *key)
{
    return key->name;
}

npie_bytes_t npie_ledger_key_certificate(const npie_ledger_key_t *key)
{
    return key->cert->der;
}

apr_status_t npie_ledger_key_sign(const char **pline,
                                  const npie_ledger_key_t *key,
                                  const char *text, npie_err_t *err,
                                  apr_pool_t *p)
{
    unsigned char signature[SIGNATURE_SIZE];
    const npie_bytes_t bytes = { signature, sizeof(signature) };
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const int done = ctx != NULL
        && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key->pkey) == 1
        && EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text,
                          strlen(text)) == 1 && len == SIGNATURE_SIZE;

    EVP_MD_CTX_free(ctx);
    if (!done) {
        return npie_openssl_fail(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                                 "the entry could not be signed");
    }
    *pline = apr_pstrcat(p, text, " ", npie_text_base64_encode(bytes, p),
                         NULL);
    return APR_SUCCESS;
}

int npie_ledger_key_verify(EVP_PKEY *key, const char *line, apr_pool_t *ptemp)
{
    const char *blank = strrchr(line, ' ');
    npie_bytes_t signature;
    EVP_MD_CTX *ctx;
    int holds;

    if (blank == NULL
        || npie_text_base64_decode(&signature, blank + 1, strlen(blank + 1),
                                   ptemp) != APR_SUCCESS
        || strcmp(npie_text_base64_encode(signature, ptemp), blank + 1)
           != 0) {
        return 0;
    }
    ctx = EVP_MD_CTX_new();
    holds = ctx != NULL
        && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1
        && EVP_DigestVerify(ctx, signature.data, signature.len,
                            (const unsigned char *)line,
                            (size_t)(blank - line)) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return holds;
}
