/* SPDX-License-Identifier: Apache-2.0
 * Certification requests.
 * Parser: pki/csr.c pki/weak.c pki/openssl.c
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pki/csr.h"

static int run(npie_bytes_t input, apr_pool_t *p)
{
    static const npie_key_rules_t keys = { 2048, 1, 1, NULL };
    npie_csr_t *csr = NULL;
    apr_status_t rv = npie_csr_parse(&csr, input, &keys, NULL, p);

    fuzz_need((rv == APR_SUCCESS) == (csr != NULL), "half a request");
    if (csr == NULL) {
        return 0;
    }
    fuzz_need(strlen(csr->spki_sha256) == 64 && csr->spki.len > 0
              && csr->public_key.data[0] == 0x03, "a request's key");
    fuzz_need(strcmp(csr->key_type, "RSA") != 0 || csr->key_bits >= 2048,
              "a key that is too short");
    return 1;
}

const fuzz_target_t fuzz_target = {
    .name = "csr", .corpus = "pki", .form = FUZZ_DER, .run = run
};
