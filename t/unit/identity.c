/* SPDX-License-Identifier: Apache-2.0
 * Making keys, requests and signatures.
 */
#include "unit/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

void identity_need(int held, const char *what)
{
    if (!held) {
        fprintf(stderr, "fixture: %s\n", what);
        ERR_print_errors_fp(stderr);
        abort();
    }
}

static apr_status_t free_identity(void *data)
{
    identity_t *id = data;

    EVP_PKEY_free(id->key);
    X509_free(id->x509);
    return APR_SUCCESS;
}

/* Primes are looked for in a process of their own, which valgrind leaves alone:
 * under it a key takes half a minute. */
static EVP_PKEY *rsa_key(const char *bits, apr_pool_t *p)
{
    const char *command = apr_pstrcat(p, "openssl genpkey -algorithm RSA"
                                      " -pkeyopt rsa_keygen_bits:", bits,
                                      " 2>/dev/null", NULL);
    FILE *made = popen(command, "r");
    EVP_PKEY *key = NULL;

    if (made != NULL) {
        key = PEM_read_PrivateKey(made, NULL, NULL, NULL);
        pclose(made);
    }
    return key;
}

identity_t *identity_key(const char *kind, apr_pool_t *p)
{
    identity_t *id = apr_pcalloc(p, sizeof(*id));

    if (strncmp(kind, "RSA-", 4) == 0) {
        id->key = rsa_key(kind + 4, p);
    } else if (strcmp(kind, "ED25519") == 0) {
        id->key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
    } else {
        id->key = EVP_EC_gen(kind);
    }
    identity_need(id->key != NULL, kind);
    apr_pool_cleanup_register(p, id, free_identity, apr_pool_cleanup_null);
    return id;
}

/* libcrypto's DER as bytes in p. */
static npie_bytes_t kept(unsigned char *der, int len, apr_pool_t *p)
{
    npie_bytes_t bytes;

    identity_need(len > 0, "encoding");
    bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    OPENSSL_free(der);
    return bytes;
}

void identity_take(identity_t *id, npie_bytes_t der, apr_pool_t *p)
{
    const unsigned char *at = der.data;

    X509_free(id->x509);
    id->x509 = d2i_X509(NULL, &at, (long)der.len);
    identity_need(id->x509 != NULL
                  && X509_check_private_key(id->x509, id->key) == 1,
                  "the key's certificate");
    id->der.data = apr_pmemdup(p, der.data, der.len);
    id->der.len = der.len;
}

npie_bytes_t identity_csr(const identity_t *id, const identity_t *signer,
                          apr_pool_t *p)
{
    X509_REQ *request = X509_REQ_new();
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    identity_need(X509_REQ_set_pubkey(request, id->key)
                  && X509_REQ_sign(request, signer->key, EVP_sha256()) > 0,
                  "request");
    len = i2d_X509_REQ(request, &der);
    bytes = kept(der, len, p);
    X509_REQ_free(request);
    return bytes;
}

npie_bytes_t identity_cms(const identity_t *id, npie_bytes_t content,
                          unsigned flags, apr_pool_t *p)
{
    BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
    CMS_ContentInfo *cms = CMS_sign(id->x509, id->key, NULL, in,
                                    CMS_DETACHED | CMS_BINARY | flags);
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    identity_need(cms != NULL, "signature");
    len = i2d_CMS_ContentInfo(cms, &der);
    bytes = kept(der, len, p);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return bytes;
}

void identity_write_key(const identity_t *id, const char *path)
{
    FILE *out = fopen(path, "w");

    identity_need(out != NULL
                  && PEM_write_PrivateKey(out, id->key, NULL, NULL, 0, NULL,
                                          NULL)
                  && fclose(out) == 0, path);
}
