/* SPDX-License-Identifier: Apache-2.0
 * Certificates from outside, and the chains that trust finds for them.
 * Parser: pki/cert.c pki/x509.c pki/der.c pki/trust.c pki/policy.c
 */
#include "fuzz/certificate.h"

static npie_trust_t *trust;

static void begin(apr_pool_t *p)
{
    trust = fuzz_trust(p);
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    apr_status_t rv = npie_cert_parse(&cert, input, NULL, p);

    fuzz_need((rv == APR_SUCCESS) == (cert != NULL), "half a certificate");
    if (cert == NULL) {
        return 0;
    }
    fuzz_need_certificate(cert);
    return npie_trust_verify(trust, cert, NULL, 1024, NULL, p) == APR_SUCCESS;
}

const fuzz_target_t fuzz_target = {
    .name = "x509", .corpus = "pki", .form = FUZZ_DER, .begin = begin,
    .run = run
};
