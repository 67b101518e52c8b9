/* SPDX-License-Identifier: Apache-2.0
 * Loading the CA's key and certificates.
 */
#include "signer/authority.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_strings.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "pki/openssl.h"
#include "pki/pem.h"
#include "signer/say.h"
#include "pkcs11/token.h"

#define KEY_FILE_MAX 16384
#define CHAIN_MAX 8

static apr_status_t forget(void *data)
{
    npie_key_file_t *file = data;

    if (file->data != NULL) {
        OPENSSL_secure_clear_free(file->data, KEY_FILE_MAX);
        file->data = NULL;
        file->len = 0;
    }
    return APR_SUCCESS;
}

void npie_key_files_forget(npie_key_files_t *files)
{
    forget(&files->ca);
    forget(&files->seal);
}

static const char *check_key_file(const struct stat *st,
                                  const npie_signer_config_t *config)
{
    if (!S_ISREG(st->st_mode)) {
        return "it is not a plain file";
    }
    if (st->st_uid != 0 && st->st_uid != config->uid) {
        return "it must belong to root or to User";
    }
    if ((st->st_mode & 077) != 0) {
        return "it must be open to its owner only (chmod 0400)";
    }
    if (st->st_size > KEY_FILE_MAX) {
        return "it is too long for a key";
    }
    return NULL;
}

static apr_status_t read_fd(npie_key_file_t *file, int fd)
{
    while (file->len < KEY_FILE_MAX) {
        ssize_t n = read(fd, file->data + file->len,
                         KEY_FILE_MAX - file->len);

        if (n == 0) {
            return APR_SUCCESS;
        }
        if (n > 0) {
            file->len += (apr_size_t)n;
        }
        else if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_key(npie_key_file_t *file, const char *name,
                             const char *path,
                             const npie_signer_config_t *config,
                             npie_err_t *err, apr_pool_t *p)
{
    const char *wrong = NULL;
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    file->len = 0;
    file->data = OPENSSL_secure_malloc(KEY_FILE_MAX);
    apr_pool_cleanup_register(p, file, forget, apr_pool_cleanup_null);
    if (fd < 0 || fstat(fd, &st) != 0) {
        wrong = strerror(errno);
    }
    else if (file->data == NULL) {
        wrong = "out of memory";
    }
    else {
        wrong = check_key_file(&st, config);
        if (wrong == NULL && read_fd(file, fd) != APR_SUCCESS) {
            wrong = "it cannot be read";
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    if (wrong != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s %s: %s", name,
                            path, wrong);
    }
    return APR_SUCCESS;
}

apr_status_t npie_key_files_read(npie_key_files_t *files,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p)
{
    const npie_key_place_t *ca = &config->key, *seal = &config->seal_key;
    apr_status_t rv = APR_SUCCESS;

    if (ca->file != NULL) {
        rv = read_key(&files->ca, ca->uri != NULL ? "PINFile" : "Key",
                      ca->file, config, err, p);
    }
    if (rv == APR_SUCCESS && seal->file != NULL) {
        rv = read_key(&files->seal, seal->uri != NULL ? "the seal's PIN file"
                      : "SealKey", seal->file, config, err, p);
    }
    return rv;
}

/* Adds one certificate to a chain. */
static apr_status_t add_certificate(void *baton, npie_cert_t *cert,
                                    const char *file, npie_err_t *err)
{
    apr_array_header_t *chain = baton;

    if (chain->nelts >= CHAIN_MAX) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "%s: more than %d certificates", file, CHAIN_MAX);
    }
    APR_ARRAY_PUSH(chain, npie_bytes_t) = cert->der;
    return APR_SUCCESS;
}

/* The certificates of a PEM file. All of them are handed out. */
static apr_status_t read_chain(apr_array_header_t **pchain, const char *name,
                               const char *path, npie_err_t *err,
                               apr_pool_t *p)
{
    npie_err_t why = { 0, NPIE_P_NONE, "" };

    *pchain = apr_array_make(p, 2, sizeof(npie_bytes_t));
    return npie_pem_read(path, add_certificate, *pchain, &why, p)
           == APR_SUCCESS ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s %s", name,
                       why.detail);
}

apr_status_t npie_authority_load(npie_authority_t **pauthority,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p)
{
    npie_authority_t *authority = apr_pcalloc(p, sizeof(*authority));
    apr_array_header_t *seal;
    apr_status_t rv = read_chain(&authority->chain, "Certificate",
                                 config->certificate_file, err, p);

    *pauthority = authority;
    if (rv == APR_SUCCESS && config->seal_certificate_file != NULL) {
        rv = read_chain(&seal, "SealCertificate",
                        config->seal_certificate_file, err, p);
        if (rv == APR_SUCCESS) {
            rv = npie_sealer_create(&authority->sealer, seal,
                                    config->letter_address, err, p);
        }
    }
    if (rv == APR_SUCCESS) {
        rv = npie_trust_load(&authority->trust, config->trust_files, err, p);
    }
    return rv == APR_SUCCESS
        ? npie_trust_crls(authority->trust, config->trust_crls, err, p) : rv;
}

/* Has the ends of all certificates watched: the nearest first, which signs
 * the employers'. */
static void watch_ends(npie_authority_t *authority,
                       const npie_signer_config_t *config, apr_pool_t *p)
{
    const apr_interval_time_t month = apr_time_from_sec(31 * 86400);

    authority->ends = npie_ends_make(p);
    for (int i = 0; i < authority->chain->nelts; i++) {
        npie_cert_t *cert;

        if (npie_cert_parse(&cert, APR_ARRAY_IDX(authority->chain, i,
                                                 npie_bytes_t), NULL, p)
            == APR_SUCCESS) {
            npie_ends_add(authority->ends, "Certificate", cert, i == 0
                          ? config->profile.validity_months * month : 0, p);
        }
    }
    if (authority->sealer != NULL) {
        npie_ends_add(authority->ends, "SealCertificate",
                      npie_sealer_certificate(authority->sealer), 0, p);
    }
    npie_ends_watch(authority->ends, apr_time_now());
}

static apr_status_t read_private(EVP_PKEY **pkey, const npie_key_file_t *file,
                                 const char *name, const char *path,
                                 npie_err_t *err)
{
    BIO *in = BIO_new_mem_buf(file->data, (int)file->len);

    *pkey = NULL;
    if (in != NULL) {
        *pkey = PEM_read_bio_PrivateKey(in, NULL,
                                        npie_openssl_no_passphrase,
                                        NULL);
        BIO_free(in);
    }
    ERR_clear_error();
    return *pkey != NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                       "%s %s: it holds no private key in PEM without a "
                       "passphrase", name, path);
}

/* Tokens are opened as User and not before: what a module loads and makes is
 * to be his. */
static apr_status_t open_tokens(npie_authority_t *authority,
                                const npie_signer_config_t *config,
                                npie_err_t *err, apr_pool_t *p)
{
    const apr_array_header_t *list = config->token_environment;

    if (!npie_signer_config_has_token(config)) {
        return APR_SUCCESS;
    }
    for (int i = 0; i < list->nelts; i++) {
        const char *text = APR_ARRAY_IDX(list, i, const char *);
        const char *value = strchr(text, '=') + 1;

        if (setenv(apr_pstrmemdup(p, text, (apr_size_t)(value - 1 - text)),
                   value, 1) != 0) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "PKCS11Environment: %s", strerror(errno));
        }
    }
    return npie_pkcs11_create(&authority->tokens, config->token_module, err,
                              p);
}

/* The key of a certificate, from wherever it is. */
static apr_status_t take_key(EVP_PKEY **pkey, npie_authority_t *authority,
                             const npie_key_place_t *place, const char *name,
                             const npie_key_file_t *file,
                             const npie_cert_t *cert, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_pkcs11_pin_t pin = { NULL, { file->data, file->len } };
    npie_err_t why = { 0, NPIE_P_NONE, "" };
    apr_status_t rv;

    if (place->uri == NULL) {
        return read_private(pkey, file, name, place->file, err);
    }
    if (place->file != NULL) {
        pin.name = apr_pstrcat(p, "PIN file ", place->file, NULL);
    }
    rv = npie_pkcs11_key(pkey, authority->tokens, place->uri, &pin,
                         X509_get0_pubkey(cert->x509), &why, p);
    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, rv, NPIE_P_NONE, "%s %s", name, why.detail);
}

static apr_status_t unlock_seal(npie_authority_t *authority,
                                const npie_key_file_t *file,
                                const npie_signer_config_t *config,
                                npie_err_t *err, apr_pool_t *p)
{
    EVP_PKEY *key;
    apr_status_t rv = take_key(&key, authority, &config->seal_key, "SealKey",
                               file, npie_sealer_certificate(authority->sealer),
                               err, p);

    return rv == APR_SUCCESS
        ? npie_sealer_unlock(authority->sealer, key, authority->trust, err, p)
        : rv;
}

apr_status_t npie_authority_unlock(npie_authority_t *authority,
                                   const npie_key_files_t *files,
                                   const npie_signer_config_t *config,
                                   npie_err_t *err, apr_pool_t *p)
{
    EVP_PKEY *key = NULL;
    npie_cert_t *ca;
    apr_status_t rv = npie_cert_parse(
        &ca, APR_ARRAY_IDX(authority->chain, 0, npie_bytes_t), err, p);

    if (rv == APR_SUCCESS) {
        rv = open_tokens(authority, config, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = take_key(&key, authority, &config->key, "Key", &files->ca, ca,
                      err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_issuer_create(&authority->issuer, key, ca, &config->profile,
                                err, p);
    }
    if (rv != APR_SUCCESS) {
        EVP_PKEY_free(key);
        return rv;
    }
    watch_ends(authority, config, p);
    return authority->sealer != NULL
        ? unlock_seal(authority, &files->seal, config, err, p) : APR_SUCCESS;
}
