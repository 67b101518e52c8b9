/* SPDX-License-Identifier: Apache-2.0
 * Keeping OCSP answers, and making them anew.
 */
#include "flow/answers.h"

#include <apr_strings.h>

#include "base/text.h"
#include "pki/ocsp.h"
#include "store/status.h"

apr_status_t npie_answer_keep(npie_sessions_t *sessions, const char *name,
                              const npie_signer_ocsp_t *answer, int always,
                              npie_err_t *err, apr_pool_t *p)
{
    const apr_interval_time_t life = answer->next_update - apr_time_now();

    if (life < apr_time_from_sec(NPIE_ANSWER_PART)) {
        return APR_SUCCESS;
    }
    return npie_status_put(sessions, name,
                           apr_psprintf(p, "%" APR_TIME_T_FMT " %"
                                        APR_TIME_T_FMT " %s",
                                        apr_time_sec(answer->this_update),
                                        apr_time_sec(answer->next_update),
                                        npie_text_base64_encode(
                                            answer->response, p)),
                           (int)apr_time_sec(life / NPIE_ANSWER_PART), always, err,
                           p);
}

static apr_status_t renew_one(const npie_ocsp_keeper_t *answers,
                              const npie_certificate_t *certificate,
                              npie_bytes_t issuer, const char *digest,
                              npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_ocsp_request_t request;
    npie_signer_ocsp_t answer;
    npie_bytes_t der;
    apr_status_t rv;

    APR_ARRAY_PUSH(known, npie_bytes_t) = certificate->der;
    rv = npie_ocsp_make(&der, certificate->der, issuer, digest, err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_ocsp_parse(&request, der, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_signer_ocsp(&answer, answers->signer, der, known, err, p);
    }
    return rv == APR_SUCCESS && request.name != NULL && answer.this_update != 0
        ? npie_answer_keep(answers->sessions, request.name, &answer, 1, err, p)
        : rv;
}

apr_status_t npie_answers_renew(const npie_ocsp_keeper_t *answers,
                                const npie_certificate_t *certificate,
                                npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *chain;
    npie_cert_t *cert;
    apr_status_t rv = npie_cert_parse(&cert, certificate->der, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_trust_chain(&chain, answers->trust, cert, err, p);
    }
    if (rv != APR_SUCCESS || chain->nelts == 0) {
        return rv;
    }
    rv = renew_one(answers, certificate, APR_ARRAY_IDX(chain, 0, npie_bytes_t),
                   "SHA1", err, p);
    return rv == APR_SUCCESS
        ? renew_one(answers, certificate,
                    APR_ARRAY_IDX(chain, 0, npie_bytes_t), "SHA256", err, p)
        : rv;
}
