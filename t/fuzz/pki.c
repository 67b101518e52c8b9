/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: certificates, requests and signatures from outside. By
 * hand: make fuzz-pki; make check replays t/fuzz/pki-corpus.
 */
#include <string.h>

#include <openssl/err.h>

#include "base/text.h"
#include "fuzz/begin.h"
#include "pki/cms.h"
#include "pki/csr.h"

static npie_cms_rules_t rules;

static void need(int held, const char *what)
{
    if (!held) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rules.trust = fuzz_begin();
    rules.min_bits = 1024;
    return 0;
}

static void need_clean(const char *text)
{
    need(npie_text_is_clean(text, strlen(text)), "a text is not clean");
}

/* What holds of every certificate that is taken. */
static void check_cert(const npie_cert_t *cert)
{
    need_clean(cert->common_name);
    need_clean(cert->organization);
    need_clean(cert->curp);
    need_clean(cert->rfc);
    need_clean(cert->email);
    need_clean(cert->issuer);
    need_clean(cert->key_type);
    need(*cert->rp10 == '\0' || strlen(cert->rp10) == 10, "an RP");
    need(strlen(cert->serial) >= 2 && strlen(cert->serial) <= 40
         && strlen(cert->serial) % 2 == 0, "a serial number");
    need(strlen(cert->spki_sha256) == 64, "a hash");
    need(cert->public_key.data[0] == 0x03, "a public key");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const npie_key_rules_t keys = { 2048, 1, 1, NULL };
    static const char hola[] = "hola\n";
    npie_bytes_t content = { (const unsigned char *)hola, strlen(hola) };
    npie_bytes_t bytes = { data, size };
    npie_cert_t *cert = NULL;
    npie_csr_t *csr = NULL;
    apr_pool_t *p = NULL;
    apr_status_t rv;

    apr_pool_create(&p, NULL);
    rv = npie_cert_parse(&cert, bytes, NULL, p);
    need((rv == APR_SUCCESS) == (cert != NULL), "half a certificate");
    if (cert != NULL) {
        check_cert(cert);
        npie_trust_verify(rules.trust, cert, NULL, 1024, NULL, p);
    }
    rv = npie_csr_parse(&csr, bytes, &keys, NULL, p);
    need((rv == APR_SUCCESS) == (csr != NULL), "half a request");
    for (int strict = 0; strict < 2; ++strict) {
        rules.require_signing_certificate = strict;
        rv = npie_cms_verify(&cert, bytes, &content, 1, &rules, NULL, p);
        need(rv != APR_SUCCESS || cert != NULL, "nobody's signature");
        if (cert != NULL) {
            check_cert(cert);
        }
    }
    need(ERR_peek_error() == 0, "an error stays in the queue");
    apr_pool_destroy(p);
    return 0;
}
