/* SPDX-License-Identifier: Apache-2.0
 * OCSP requests from anybody, and answers of npie-signer as httpd looks at
 * them.
 * Parser: pki/ocsp.c
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "pki/ocsp.h"

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_ocsp_request_t request;
    npie_cert_t *signer = NULL;

    npie_ocsp_signer(&signer, input, input, NULL, p);
    if (npie_ocsp_parse(&request, input, NULL, p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need(request.count >= 1 && request.count <= NPIE_OCSP_CERTS_MAX,
              "how many certificates");
    for (int i = 0; i < request.count; ++i) {
        fuzz_need_clean(request.serials[i]);
    }
    fuzz_need(request.name == NULL
              || strspn(request.name, "abcdefghijklmnopqrstuvwxyz"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
                 == strlen(request.name), "a name to keep it under");
    return 1;
}

const fuzz_target_t fuzz_target = {
    .name = "ocsp", .corpus = "ocsp", .form = FUZZ_DER, .run = run
};
