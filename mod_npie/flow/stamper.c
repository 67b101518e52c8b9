/* SPDX-License-Identifier: Apache-2.0
 * Collects what a verifier needs later, and has the letter dated.
 */
#include "flow/stamper.h"

#include <string.h>

#include "base/text.h"
#include "flow/paper.h"
#include "letter/revision.h"
#include "pki/cms_chain.h"
#include "pki/ocsp.h"

/** Adds what is not there yet. */
static void add_once(apr_array_header_t *list, npie_bytes_t der)
{
    for (int i = 0; i < list->nelts; ++i) {
        const npie_bytes_t there = APR_ARRAY_IDX(list, i, npie_bytes_t);

        if (there.len == der.len
            && memcmp(there.data, der.data, der.len) == 0) {
            return;
        }
    }
    APR_ARRAY_PUSH(list, npie_bytes_t) = der;
}

static void add_certificates(npie_stamp_data_t *data, npie_bytes_t cms,
                             apr_pool_t *p)
{
    const apr_array_header_t *certs = npie_cms_certificates(cms, p);

    for (int i = 0; i < certs->nelts; ++i) {
        add_once(data->certs, APR_ARRAY_IDX(certs, i, npie_bytes_t));
    }
}

/** What the authority says of one certificate. Of another authority's it says
 * nothing, which is no failure. */
static apr_status_t add_status(npie_stamp_data_t *data,
                               const npie_signer_t *signer,
                               npie_bytes_t certificate, npie_bytes_t ca,
                               npie_err_t *err, apr_pool_t *p)
{
    apr_array_header_t *known = apr_array_make(p, 1, sizeof(npie_bytes_t));
    npie_signer_ocsp_t answer;
    npie_bytes_t request;
    apr_status_t rv;

    APR_ARRAY_PUSH(known, npie_bytes_t) = certificate;
    rv = npie_ocsp_make(&request, certificate, ca, "SHA1", err, p);
    if (rv == APR_SUCCESS) {
        rv = npie_signer_ocsp(&answer, signer, request, known, err, p);
    }
    if (rv == APR_SUCCESS && answer.this_update != 0) {
        add_once(data->ocsps, answer.response);
    }
    return rv;
}

static apr_status_t add_statuses(npie_stamp_data_t *data,
                                 const npie_signer_t *signer, npie_err_t *err,
                                 apr_pool_t *p)
{
    const int count = data->certs->nelts;
    npie_signer_crl_t crl = { .this_update = 0 };
    apr_status_t rv = npie_signer_crl(&crl, signer, err, p);

    if (rv == APR_SUCCESS) {
        add_once(data->crls, crl.crl);
        add_once(data->certs, crl.ca);
    }
    for (int i = 0; rv == APR_SUCCESS && i < count; ++i) {
        const npie_bytes_t der = APR_ARRAY_IDX(data->certs, i, npie_bytes_t);

        if (der.len != crl.ca.len
            || memcmp(der.data, crl.ca.data, der.len) != 0) {
            rv = add_status(data, signer, der, crl.ca, err, p);
        }
    }
    return rv;
}

/** The two signatures' certificates, and what is known of them. */
static apr_status_t collect(npie_stamp_data_t **pdata,
                            const npie_stamper_t *stamper, npie_bytes_t file,
                            npie_err_t *err, apr_pool_t *p)
{
    npie_stamp_data_t *data = npie_stamp_data_make(p);
    npie_revision_t *revision;
    apr_status_t rv = npie_revision_parse(&revision, file, err, p);

    *pdata = data;
    if (rv != APR_SUCCESS) {
        return rv;
    }
    add_certificates(data, revision->parts->cms, p);
    add_certificates(data, revision->cms, p);
    return stamper->signer == NULL ? APR_SUCCESS
        : add_statuses(data, stamper->signer, err, p);
}

/** An authority whose certificate has ended cannot put its clock back to when
 * it was valid. */
static apr_status_t check_time(const npie_timestamp_t *stamp, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p)
{
    const apr_interval_time_t apart = stamp->time > now ? stamp->time - now
        : now - stamp->time;

    return apart <= NPIE_STAMPER_SLACK ? APR_SUCCESS
        : npie_err_set(err, NPIE_EPROTO, NPIE_P_TIMESTAMP,
                       "the timestamp says %s, which is not now: look at the "
                       "clocks of this machine and of the authority",
                       npie_text_time(stamp->time, p));
}

apr_status_t npie_stamper_date(npie_bytes_t *pdated,
                               npie_timestamp_t **pstamp,
                               const npie_stamper_t *stamper,
                               npie_bytes_t file, apr_time_t now,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_stamp_data_t *data = NULL;
    apr_array_header_t *before;
    npie_bytes_t token;
    npie_seal_t *stamp;
    apr_size_t end;
    apr_status_t rv = APR_SUCCESS;

    npie_stamps_find(&before, &end, file, p);
    if (before->nelts == 0) {
        rv = collect(&data, stamper, file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_stamp_prepare(&stamp, file, data, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_tsa_ask(&token, &stamper->server, stamp->signed_part, 3, err,
                          p);
    }
    /* What nobody would take later is not taken now. */
    if (rv == APR_SUCCESS) {
        rv = npie_timestamp_verify(pstamp, token, stamp->signed_part, 3,
                                   stamper->tsa, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = check_time(*pstamp, now, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_seal_fill(stamp, token, err);
    }
    if (rv == APR_SUCCESS) {
        *pdated = npie_paper_joined(file, stamp->section, p);
    }
    return rv;
}
