/* SPDX-License-Identifier: Apache-2.0
 * Signatures, and the chain that the server adds to them.
 * Parser: pki/cms.c pki/cms_chain.c
 */
#include <string.h>

#include "fuzz/certificate.h"
#include "pki/cms.h"
#include "pki/cms_chain.h"

static npie_trust_t *trust;

static void begin(apr_pool_t *p)
{
    trust = fuzz_trust(p);
}

static int verify(npie_bytes_t cms, int strict, apr_pool_t *p)
{
    const npie_bytes_t content = fuzz_bytes("hola\n");
    const npie_cms_rules_t rules = { trust, 1024, strict, 0 };
    npie_cert_t *cert = NULL;
    apr_status_t rv = npie_cms_verify(&cert, cms, &content, 1, &rules, NULL,
                                      p);

    fuzz_need(rv != APR_SUCCESS || cert != NULL, "nobody's signature");
    if (cert != NULL) {
        fuzz_need_certificate(cert);
    }
    return rv == APR_SUCCESS;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const int strict = verify(input, 1, p);
    const int good = verify(input, 0, p);
    npie_bytes_t whole;

    fuzz_need(good || !strict, "the stricter rule takes more");
    if (npie_cms_complete(&whole, input, trust, NULL, p) == APR_SUCCESS
        && good) {
        fuzz_need(verify(whole, 0, p), "the chain spoils a signature");
        fuzz_need(npie_cms_same_signature(input, whole), "another signature");
    }
    return good;
}

const fuzz_target_t fuzz_target = {
    .name = "cms", .corpus = "pki", .form = FUZZ_DER, .begin = begin,
    .run = run
};
