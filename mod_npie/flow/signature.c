/* SPDX-License-Identifier: Apache-2.0
 * Verifying a signature over a stored letter, and writing it in.
 */
#include "flow/signature.h"

#include <string.h>

#include "pki/cms.h"
#include "pki/cms_chain.h"

static apr_status_t check_signer(const npie_signature_t *wanted,
                                 const npie_cert_t *signer, npie_err_t *err)
{
    const npie_certificate_t *want = wanted->certificate;

    if (strcmp(signer->spki_sha256, want->spki) == 0 &&
        strcmp(signer->serial, want->serial) == 0) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                        "signed with certificate %s, wanted %s, the %s one",
                        signer->serial, want->serial, wanted->name);
}

static apr_status_t check_dates(const npie_flow_t *flow,
                                const npie_signature_t *wanted,
                                const npie_cert_t *signer, npie_err_t *err)
{
    const apr_time_t now = flow->now;

    if (!wanted->valid ||
        (now >= signer->not_before && now < signer->not_after)) {
        return APR_SUCCESS;
    }
    return npie_err_set(err, NPIE_EPOLICY,
                        now < signer->not_before ? NPIE_P_CERT_NOT_YET
                                                 : NPIE_P_CERT_TOO_OLD,
                        "the %s certificate %s is not valid now",
                        wanted->name, signer->serial);
}

apr_status_t npie_signature_verify(const npie_flow_t *flow,
                                   const npie_signature_t *wanted,
                                   npie_bytes_t pdf, npie_bytes_t cms,
                                   npie_err_t *err)
{
    const npie_cms_rules_t rules = { .trust = flow->trust,
                                     .min_bits = wanted->min_bits };
    npie_cert_t *signer = NULL;
    npie_letter_file_t *parts;
    apr_status_t rv, right;

    rv = npie_letter_file_parse(&parts, pdf, err, flow->p);
    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the stored letter cannot be read");
    }
    rv = npie_cms_verify(&signer, cms, parts->signed_part, 2, &rules, err,
                         flow->p);
    if (signer == NULL) {
        return rv;
    }
    /* A chain that fails matters only for the certificate asked for; any
     * other one is the wrong one, trusted or not. */
    right = check_signer(wanted, signer, err);
    if (right != APR_SUCCESS || rv != APR_SUCCESS) {
        return right != APR_SUCCESS ? right : rv;
    }
    return check_dates(flow, wanted, signer, err);
}

apr_status_t npie_signature_write(npie_bytes_t *out, const npie_flow_t *flow,
                                  npie_bytes_t pdf, npie_bytes_t cms,
                                  npie_err_t *err)
{
    npie_letter_file_t *parts;
    npie_bytes_t complete;
    apr_status_t rv = npie_letter_file_sign(out, pdf, cms, err, flow->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_letter_file_parse(&parts, *out, NULL, flow->p);
    if (rv != APR_SUCCESS || parts->cms.len == 0 || parts->cms.len > cms.len ||
        memcmp(parts->cms.data, cms.data, parts->cms.len) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_SIGNATURE,
                            "the signature is not DER");
    }
    rv = npie_cms_complete(&complete, parts->cms, flow->trust, err, flow->p);
    return rv == APR_SUCCESS && complete.data != parts->cms.data
        ? npie_letter_file_sign(out, pdf, complete, err, flow->p) : rv;
}
