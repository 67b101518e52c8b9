/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: frames to npie-signer, each answered by an authority made
 * for the purpose. By hand: make fuzz-frames; make check replays
 * t/fuzz/frames-corpus. A file's first byte is the operation.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "signer/ops.h"
#include "unit/forge.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static npie_ops_t ops;
static apr_pool_t *whole;

static void need(int held, const char *what)
{
    if (!held) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

static void end(void)
{
    apr_pool_destroy(whole);
    apr_terminate();
}

static const char *write_text(const char *name, const char *text,
                              apr_pool_t *p)
{
    const npie_bytes_t bytes = { (const unsigned char *)text, strlen(text) };

    return forge_file(name, bytes, p);
}

/* Writes key, certificate and configuration. */
static const char *configure(apr_pool_t *p)
{
    static const forge_t authority = { .common_name = "Autoridad",
                                       .extensions = FORGE_CA };
    identity_t *id = identity_key("P-256", p);
    const char *key = forge_path("ca.key", p);
    npie_cert_t *cert;

    forge_certificate(id, &authority, p);
    identity_write_key(id, key);
    need(chmod(key, 0400) == 0, key);
    need(npie_cert_parse(&cert, id->der, NULL, p) == APR_SUCCESS, "a CA");
    return write_text("signer.conf", apr_psprintf(p,
        "Key %s\nCertificate %s\nIssuanceLog %s\n%sPeerUser %ld\n"
        "Rate 1000000 1s\n", key, 
        write_text("ca.crt", npie_cert_pem(cert, p), p),
        forge_path("issuance.log", p),
        geteuid() == 0 ? "User nobody\n" : "", (long)geteuid()), p);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    npie_err_t err = { 0, NPIE_P_NONE, "no pool" };
    npie_key_files_t *files;
    npie_signer_config_t *config = NULL;
    npie_authority_t *authority = NULL;
    npie_issuance_t *log = NULL;
    npie_revocations_t *revocations = NULL;
    npie_heads_t *heads = NULL;
    npie_sealed_log_t *sealed = NULL;
    apr_pool_t *p = NULL;
    const char *conf;

    (void)argc;
    (void)argv;
    apr_initialize();
    apr_pool_create(&p, NULL);
    whole = p;
    /* libcrypto's own end comes after ours. */
    OPENSSL_init_crypto(0, NULL);
    atexit(end);
    files = apr_pcalloc(p, sizeof(*files));
    conf = configure(p);
    need(npie_signer_config_read(&config, conf, &err, p) == APR_SUCCESS
         && npie_key_files_read(files, config, &err, p) == APR_SUCCESS
         && npie_authority_load(&authority, config, &err, p) == APR_SUCCESS
         && npie_authority_unlock(authority, files, config, &err, p)
            == APR_SUCCESS
         && npie_issuance_open(&log, config->log_file, &err, p) == APR_SUCCESS
         && npie_revocations_open(&revocations, config->revocation_file, &err,
                                  p) == APR_SUCCESS
         && npie_heads_open(&heads, config->heads_file, &err, p)
            == APR_SUCCESS
         && npie_sealed_open(&sealed, config->sealed_file, &err, p)
            == APR_SUCCESS, err.detail);
    npie_key_files_forget(files);
    npie_ops_init(&ops, authority, log, revocations, heads, sealed, config, p);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npie_signer_header_t header = { 0, 7, 0 };
    npie_signer_header_t answer;
    npie_bytes_t reply = { NULL, 0 };
    apr_pool_t *p;

    if (size == 0) {
        return 0;
    }
    if (size >= NPIE_SIGNER_HEADER_SIZE) {
        npie_signer_header_get(&answer, data);
    }
    apr_pool_create(&p, whole);
    header.op = (apr_uint16_t)(*data & 0x0f);
    header.length = (apr_uint32_t)(size - 1);
    npie_ops_answer(&reply, &ops, &header,
                    (npie_bytes_t){ data + 1, size - 1 }, p);
    need(reply.len >= NPIE_SIGNER_HEADER_SIZE + 4
         && npie_signer_header_get(&answer, reply.data) == APR_SUCCESS
         && answer.op == (header.op | NPIE_SIGNER_REPLY) && answer.id == 7
         && answer.length == reply.len - NPIE_SIGNER_HEADER_SIZE,
         "not one whole reply");
    need(npie_issuance_count(ops.log) == 0, "a certificate for nobody");
    need(ERR_peek_error() == 0, "an error stays in the queue");
    apr_pool_destroy(p);
    return 0;
}
