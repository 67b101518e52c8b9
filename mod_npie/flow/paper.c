/* SPDX-License-Identifier: Apache-2.0
 * Letters out of their two tables.
 */
#include "flow/paper.h"

#include <string.h>

#include "letter/stamp.h"

npie_bytes_t npie_paper_joined(npie_bytes_t file, npie_bytes_t section,
                               apr_pool_t *p)
{
    unsigned char *data = apr_palloc(p, file.len + section.len + 1);

    memcpy(data, file.data, file.len);
    memcpy(data + file.len, section.data, section.len);
    return (npie_bytes_t){ data, file.len + section.len };
}

apr_status_t npie_paper_read(npie_paper_t *paper, npie_flow_t *flow,
                             npie_err_t *err)
{
    npie_letter_row_t *letter;
    npie_addition_t *addition;
    apr_status_t rv;

    if (paper->of == NPIE_SEALING_ADDITION) {
        rv = npie_addition_by_folio(&addition, flow->registry, paper->folio,
                                    err);
        if (rv == APR_SUCCESS) {
            paper->pdf = addition->pdf;
            paper->employer = addition->employer;
        }
        return rv;
    }
    rv = npie_letter_get(&letter, flow->registry, paper->folio, err);
    if (rv == APR_SUCCESS) {
        paper->pdf = letter->pdf;
        paper->employer = letter->employer;
        paper->renewal = letter->renewal;
    }
    return rv;
}

apr_status_t npie_paper_sealed(npie_acuse_t *acuse, const npie_paper_t *paper,
                               npie_flow_t *flow, npie_err_t *err)
{
    npie_sealing_t sealing;
    npie_stamping_t stamping;
    apr_status_t rv = npie_sealing_get(&sealing, flow->registry, paper->of,
                                       paper->folio, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    acuse->pdf = npie_paper_joined(paper->pdf, sealing.section, flow->p);
    acuse->sealed_at = sealing.sealed_at;
    rv = npie_stamping_get(&stamping, flow->registry, paper->of, paper->folio,
                           err);
    if (rv == APR_SUCCESS) {
        acuse->pdf = npie_paper_joined(acuse->pdf, stamping.stamps, flow->p);
        acuse->dated_at = stamping.first;
    }
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_paper_token(npie_bytes_t *ptoken, const npie_acuse_t *acuse,
                              apr_pool_t *p)
{
    apr_array_header_t *stamps;
    apr_size_t end;

    npie_stamps_find(&stamps, &end, acuse->pdf, p);
    if (acuse->dated_at == 0 || stamps->nelts == 0) {
        return APR_NOTFOUND;
    }
    *ptoken = APR_ARRAY_IDX(stamps, 0, npie_stamp_t).token;
    return APR_SUCCESS;
}
