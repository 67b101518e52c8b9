/* SPDX-License-Identifier: Apache-2.0
 * Asking npie-signer about what becomes of certificates.
 */
#include "signer/client.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "pki/ocsp.h"

/* A time in RFC 3339. */
#define TIME_MAX 40

apr_status_t npie_signer_revoke(const npie_signer_t *signer,
                                const npie_signer_revoke_t *revoke,
                                npie_err_t *err, apr_pool_t *p)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    int held = 0;
    apr_status_t rv;

    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, revoke->certificate);
    npie_wire_put_u16(&w, (apr_uint16_t)revoke->reason);
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(revoke->revoked));
    npie_wire_put_u64(&w, (apr_uint64_t)apr_time_sec(revoke->invalid_since));
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_REVOKE,
                         npie_wire_written(&w), err, p);
    if (rv == APR_SUCCESS) {
        held = npie_wire_get_u16(&r);
    }
    if (rv == APR_SUCCESS && revoke->held != NULL) {
        *revoke->held = held;
    }
    return rv != APR_SUCCESS
        || (npie_wire_get_end(&r) == APR_SUCCESS && held <= 1)
           ? rv : npie_signer_malformed(signer, err);
}

apr_status_t npie_signer_standing(int *prevoked, npie_reason_t *preason,
                                  const npie_signer_t *signer,
                                  npie_bytes_t certificate, npie_err_t *err,
                                  apr_pool_t *ptemp)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    apr_status_t rv;

    npie_wire_writer_init(&w, ptemp);
    npie_wire_put_bytes(&w, certificate);
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_STANDING,
                         npie_wire_written(&w), err, ptemp);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    *prevoked = npie_wire_get_u16(&r);
    *preason = (npie_reason_t)npie_wire_get_u16(&r);
    return npie_wire_get_end(&r) == APR_SUCCESS && *prevoked <= 1
        && npie_reason_any_name((int)*preason) != NULL
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}

apr_status_t npie_signer_crl(npie_signer_crl_t *crl,
                             const npie_signer_t *signer, npie_err_t *err,
                             apr_pool_t *p)
{
    const npie_bytes_t nothing = { NULL, 0 };
    npie_wire_reader_t r;
    apr_status_t rv;

    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_CRL, nothing, err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    crl->crl = npie_wire_get_bytes(&r, NPIE_SIGNER_REPLY_MAX);
    crl->ca = npie_wire_get_bytes(&r, NPIE_CERT_MAX);
    crl->this_update = npie_wire_get_seconds(&r);
    crl->next_update = npie_wire_get_seconds(&r);
    return npie_wire_get_end(&r) == APR_SUCCESS && crl->crl.len > 0
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}

apr_status_t npie_signer_ocsp(npie_signer_ocsp_t *answer,
                              const npie_signer_t *signer,
                              npie_bytes_t request,
                              const apr_array_header_t *certificates,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    apr_status_t rv;

    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, request);
    npie_wire_put_u16(&w, (apr_uint16_t)certificates->nelts);
    for (int i = 0; i < certificates->nelts; ++i) {
        npie_wire_put_bytes(&w, APR_ARRAY_IDX(certificates, i, npie_bytes_t));
    }
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_OCSP, npie_wire_written(&w),
                         err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    answer->response = npie_wire_get_bytes(&r, NPIE_OCSP_ANSWER_MAX);
    answer->this_update = npie_wire_get_seconds(&r);
    answer->next_update = npie_wire_get_seconds(&r);
    return npie_wire_get_end(&r) == APR_SUCCESS && answer->response.len > 0
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}

/* One head of a reply; 0 when it is none. */
static int take_head(npie_signer_head_t *head, npie_wire_reader_t *r,
                     apr_pool_t *p)
{
    head->sequence = (apr_int64_t)npie_wire_get_u64(r);
    apr_cpystrn(head->hash, npie_wire_get_string(r, sizeof(head->hash) - 1, p),
                sizeof(head->hash));
    return head->sequence > 0
        && npie_text_is_clean(head->hash, strlen(head->hash));
}

apr_status_t npie_signer_heads(npie_signer_heads_t *heads,
                               const npie_signer_t *signer,
                               apr_uint64_t place, npie_err_t *err,
                               apr_pool_t *p)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    apr_status_t rv;
    int count, good = 1;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u64(&w, place);
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_HEADS, npie_wire_written(&w),
                         err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    heads->next = npie_wire_get_u64(&r);
    heads->resealed = (apr_int64_t)npie_wire_get_u64(&r);
    heads->resealed_at = npie_wire_get_string(&r, TIME_MAX, p);
    count = npie_wire_get_u16(&r);
    heads->list = apr_array_make(p, count, sizeof(npie_signer_head_t));
    for (int i = 0; i < count && good; ++i) {
        good = take_head(apr_array_push(heads->list), &r, p);
    }
    /* More without any would never end. */
    good = good && (heads->next == 0 || count > 0) && heads->resealed >= 0
        && npie_text_is_clean(heads->resealed_at, strlen(heads->resealed_at));
    return npie_wire_get_end(&r) == APR_SUCCESS && good
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}

/* An answer about a certificate that nobody knows is signed like any. */
apr_status_t npie_signer_responder(npie_cert_t **presponder,
                                   npie_signer_crl_t *crl,
                                   const npie_signer_t *signer,
                                   npie_err_t *err, apr_pool_t *p)
{
    npie_signer_ocsp_t answer;
    npie_bytes_t request = { NULL, 0 };
    apr_status_t rv = npie_signer_crl(crl, signer, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_ocsp_make(&request, request, crl->ca, "SHA256", err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_signer_ocsp(&answer, signer, request,
                              apr_array_make(p, 0, sizeof(npie_bytes_t)), err,
                              p);
    }
    return rv == APR_SUCCESS
        ? npie_ocsp_signer(presponder, answer.response, crl->ca, err, p) : rv;
}
