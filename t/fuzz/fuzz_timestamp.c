/* SPDX-License-Identifier: Apache-2.0
 * Answers of a timestamp authority, and tokens out of a letter.
 * Parser: pki/timestamp.c
 */
#include <string.h>

#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include "fuzz/fuzz.h"
#include "pki/timestamp.h"

static const char CONTENT[] = "what was sealed";
static const char POLICY[] = "1.2.3.4.1";
static EVP_PKEY *key;
static X509 *authority;
static npie_tsa_t *trusted;
static npie_bytes_t request;
static npie_bytes_t content;
static time_t before;

static void extend(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *certify(void)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               (const unsigned char *)"Hora", -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 77);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    extend(cert, NID_basic_constraints, "critical,CA:TRUE");
    extend(cert, NID_ext_key_usage, "critical,timeStamping");
    extend(cert, NID_subject_key_identifier, "hash");
    fuzz_need(X509_sign(cert, key, EVP_sha256()) > 0, "a certificate");
    return cert;
}

static ASN1_INTEGER *serial(TS_RESP_CTX *ctx, void *unused)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();

    (void)ctx;
    (void)unused;
    ASN1_INTEGER_set(number, 1729);
    return number;
}

/* What an honest authority answers to the request, DER. */
static npie_bytes_t answer(apr_pool_t *p)
{
    BIO *in = BIO_new_mem_buf(request.data, (int)request.len);
    TS_RESP_CTX *ctx = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj(POLICY, 1);
    TS_RESP *made;
    unsigned char *der = NULL;
    int len;

    TS_RESP_CTX_set_serial_cb(ctx, serial, NULL);
    TS_RESP_CTX_set_signer_cert(ctx, authority);
    TS_RESP_CTX_set_signer_key(ctx, key);
    TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256());
    TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256());
    TS_RESP_CTX_set_def_policy(ctx, policy);
    TS_RESP_CTX_add_md(ctx, EVP_sha256());
    made = TS_RESP_create_response(ctx, in);
    fuzz_need(made != NULL, "an answer");
    len = i2d_TS_RESP(made, &der);
    TS_RESP_free(made);
    TS_RESP_CTX_free(ctx);
    ASN1_OBJECT_free(policy);
    BIO_free(in);
    return fuzz_der(der, len, p);
}

static void begin(apr_pool_t *p)
{
    BIO *pem = BIO_new(BIO_s_mem());
    npie_bytes_t file;
    char *text;

    key = EVP_EC_gen("P-256");
    authority = certify();
    PEM_write_bio_X509(pem, authority);
    file.len = (apr_size_t)BIO_get_mem_data(pem, &text);
    file.data = (unsigned char *)text;
    fuzz_need(npie_tsa_load(&trusted, fuzz_file(file), NULL, p)
              == APR_SUCCESS, "a trusted authority");
    BIO_free(pem);
    content = fuzz_bytes(CONTENT);
    before = time(NULL);
    fuzz_need(npie_timestamp_ask(&request, &content, 1, NULL, NULL, p)
              == APR_SUCCESS, "a request");
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    npie_bytes_t whole = answer(p);
    npie_bytes_t token;

    fuzz_need(npie_timestamp_take(&token, whole, request, NULL, p)
              == APR_SUCCESS, "an honest answer");
    fuzz_seed(list, "a", whole);
    fuzz_seed(list, "t", token);
}

/* The first byte says what the others are: an answer, or a token. */
static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_timestamp_t *stamp = NULL;
    npie_bytes_t token;

    if (input.len == 0) {
        return 0;
    }
    token.data = input.data + 1;
    token.len = input.len - 1;
    if (input.data[0] == 'a'
        && npie_timestamp_take(&token, token, request, NULL, p)
           != APR_SUCCESS) {
        return 0;
    }
    if (npie_timestamp_verify(&stamp, token, &content, 1, trusted, NULL, p)
        != APR_SUCCESS) {
        return 0;
    }
    fuzz_need_clean(stamp->authority);
    fuzz_need(strcmp(stamp->serial, "06C1") == 0, "a serial that was signed");
    fuzz_need(apr_time_sec(stamp->time) >= before
              && apr_time_sec(stamp->time) <= time(NULL),
              "a time that was signed");
    return 1;
}

const fuzz_target_t fuzz_target = {
    .name = "timestamp", .form = FUZZ_DER, .lead = 1, .begin = begin,
    .seeds = seeds, .run = run
};
