/* SPDX-License-Identifier: Apache-2.0
 * Making certificates of any shape, and asking programs about files.
 */
#include "unit/forge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#define OUTPUT_MAX (256 * 1024)
#define FOLDER_KEY "forge-folder"

static void add_entry(X509_NAME *name, const forge_entry_t *e)
{
    const unsigned char *value = (const unsigned char *)e->value;

    identity_need(X509_NAME_add_entry_by_NID(name, e->nid, e->type, value,
                                             e->len != 0 ? e->len : -1, -1,
                                             0), "entry");
}

static void set_name(X509_NAME *name, const char *common_name,
                     const forge_entry_t *entries)
{
    if (common_name != NULL) {
        add_entry(name, &(forge_entry_t){ NID_commonName, V_ASN1_UTF8STRING,
                                          common_name, 0 });
    }
    for (int i = 0; entries != NULL && i < FORGE_ENTRIES; ++i) {
        const forge_entry_t *e = &entries[i];

        if (e->value != NULL) {
            add_entry(name, e);
        }
    }
}

static void set_serial(X509 *x509, const char *hex)
{
    BIGNUM *bn = NULL;
    ASN1_INTEGER *serial;

    identity_need(BN_hex2bn(&bn, hex) > 0, "serial");
    serial = BN_to_ASN1_INTEGER(bn, NULL);
    identity_need(X509_set_serialNumber(x509, serial), "serial");
    ASN1_INTEGER_free(serial);
    BN_free(bn);
}

static void add_extensions(X509 *x509, const forge_t *forge)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, forge->issuer != NULL ? forge->issuer->x509 : x509,
                   x509, NULL, NULL, 0);
    for (int i = 0; i < FORGE_EXTENSIONS; ++i) {
        const forge_extension_t *e = &forge->extensions[i];
        X509_EXTENSION *extension;

        if (e->name != NULL) {
            extension = X509V3_EXT_nconf(NULL, &ctx, e->name, e->value);
            identity_need(extension != NULL
                          && X509_add_ext(x509, extension, -1), e->name);
            X509_EXTENSION_free(extension);
        }
    }
}

/* The digest, or NULL where the algorithm has its own. */
static const EVP_MD *digest_of(const forge_t *forge, const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "ED25519")) {
        return NULL;
    }
    return forge->md != NULL ? forge->md : EVP_sha256();
}

void forge_certificate(identity_t *id, const forge_t *forge, apr_pool_t *p)
{
    EVP_PKEY *key = forge->issuer != NULL ? forge->issuer->key : id->key;
    int dated = forge->from != 0 || forge->until != 0;
    X509 *x509 = X509_new();
    long from = 86400L * (dated ? forge->from : -30);
    long until = 86400L * (dated ? forge->until : 30);
    X509_NAME *issuer;
    unsigned char *der = NULL;
    npie_bytes_t bytes;
    int len;

    identity_need(X509_set_version(x509, X509_VERSION_3), "version");
    set_serial(x509, forge->serial != NULL ? forge->serial : "1");
    set_name(X509_get_subject_name(x509), forge->common_name, forge->entries);
    if (forge->issuer_name != NULL) {
        issuer = X509_NAME_new();
        set_name(issuer, forge->issuer_name, NULL);
    } else {
        issuer = X509_NAME_dup(X509_get_subject_name(
            forge->issuer != NULL ? forge->issuer->x509 : x509));
    }
    identity_need(X509_set_issuer_name(x509, issuer), "issuer");
    identity_need(X509_gmtime_adj(X509_getm_notBefore(x509), from) != NULL
                  && X509_gmtime_adj(X509_getm_notAfter(x509), until) != NULL,
                  "dates");
    identity_need(X509_set_pubkey(x509, id->key), "key");
    add_extensions(x509, forge);
    identity_need(X509_sign(x509, key, digest_of(forge, key)) > 0, "signature");
    len = i2d_X509(x509, &der);
    bytes.data = apr_pmemdup(p, der, (apr_size_t)len);
    bytes.len = (apr_size_t)len;
    identity_take(id, bytes, p);
    OPENSSL_free(der);
    X509_NAME_free(issuer);
    X509_free(x509);
}

identity_t *forge_seal(const identity_t *ca, const char *usage,
                       apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    const forge_t forge = {
        .common_name = "Sello de Demostración",
        .extensions = { { "basicConstraints", "critical,CA:FALSE" },
                        { "keyUsage", "critical,nonRepudiation" },
                        { "extendedKeyUsage", usage } },
        .issuer = ca, .from = -10, .until = 300, .serial = "3032"
    };

    forge_certificate(id, &forge, p);
    return id;
}

static apr_status_t remove_folder(void *data)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf '%s'", (char *)data);
    identity_need(system(command) == 0, command);
    return APR_SUCCESS;
}

static const char *folder(apr_pool_t *p)
{
    void *found = NULL;

    apr_pool_userdata_get(&found, FOLDER_KEY, p);
    if (found == NULL) {
        char *made = apr_pstrdup(p, "/tmp/npie-unit-XXXXXX");

        identity_need(mkdtemp(made) != NULL, "mkdtemp");
        apr_pool_userdata_set(made, FOLDER_KEY, remove_folder, p);
        found = made;
    }
    return found;
}

const char *forge_path(const char *name, apr_pool_t *p)
{
    return apr_pstrcat(p, folder(p), "/", name, NULL);
}

const char *forge_file(const char *name, npie_bytes_t bytes, apr_pool_t *p)
{
    const char *path = forge_path(name, p);
    FILE *file = fopen(path, "wb");

    identity_need(file != NULL
                  && fwrite(bytes.data, 1, bytes.len, file) == bytes.len
                  && fclose(file) == 0, path);
    return path;
}

static npie_bytes_t drain(FILE *file, apr_pool_t *p)
{
    unsigned char *data = apr_palloc(p, OUTPUT_MAX + 1);
    npie_bytes_t bytes = { data, 0 };

    bytes.len = fread(data, 1, OUTPUT_MAX, file);
    data[bytes.len] = '\0';
    return bytes;
}

npie_bytes_t forge_read(const char *name, apr_pool_t *p)
{
    FILE *file = fopen(forge_path(name, p), "rb");
    npie_bytes_t bytes;

    identity_need(file != NULL, name);
    bytes = drain(file, p);
    fclose(file);
    return bytes;
}

int forge_run(const char **out, apr_pool_t *p, const char *format, ...)
{
    va_list ap;
    const char *command, *output;
    FILE *pipe;
    int status;

    va_start(ap, format);
    command = apr_pvsprintf(p, format, ap);
    va_end(ap);
    pipe = popen(apr_psprintf(p, "cd '%s' && { %s; } 2>&1", folder(p),
                              command), "r");
    identity_need(pipe != NULL, command);
    output = (const char *)drain(pipe, p).data;
    status = pclose(pipe);
    if (out != NULL) {
        *out = output;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
