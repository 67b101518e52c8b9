/* SPDX-License-Identifier: Apache-2.0
 * Looking at the certificates that the signer makes.
 */
#include "flow/made.h"

#include <string.h>

#include "model/field.h"

static apr_status_t wrong(const npie_cert_t *cert, const char *what,
                          npie_err_t *err)
{
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                        "the signer's certificate %s %s", cert->serial, what);
}

apr_status_t npie_made_check(npie_cert_t **pcert, const npie_flow_t *flow,
                             npie_bytes_t der, const char *spki,
                             const char *rp, npie_err_t *err)
{
    npie_err_t why = { 0 };
    npie_cert_t *cert;
    apr_status_t rv;

    rv = npie_cert_parse(pcert, der, &why, flow->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                            "the signer's certificate cannot be parsed: %s",
                            why.detail);
    }
    cert = *pcert;
    if (strcmp(cert->spki_sha256, spki) != 0) {
        return wrong(cert, "is for another key", err);
    }
    if (strncmp(cert->rp10, rp, NPIE_RP10_SIZE - 1) != 0) {
        return wrong(cert, "names another employer", err);
    }
    if (flow->now < cert->not_before) {
        return npie_err_set(err, NPIE_EBACKEND, NPIE_P_CLOCKS,
                            "the signer's certificate %s is not valid yet: "
                            "this machine's clock is behind npie-signer's",
                            cert->serial);
    }
    if (flow->now >= cert->not_after) {
        return wrong(cert, "is not valid any more", err);
    }
    rv = npie_trust_verify(flow->trust, cert, NULL,
                           npie_policy_new_rsa_bits(flow->policy), &why,
                           flow->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_INTERNAL,
                            "the signer's certificate %s does not verify, is "
                            "its CA trusted here? %s", cert->serial,
                            why.detail);
    }
    return APR_SUCCESS;
}
