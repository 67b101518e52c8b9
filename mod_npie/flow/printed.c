/* SPDX-License-Identifier: Apache-2.0
 * Printed letters, by folio and code.
 */
#include "flow/printed.h"

#include <string.h>

#include "flow/paper.h"
#include "letter/printed.h"

/* One answer, whatever it was. */
static apr_status_t none(npie_err_t *err)
{
    return npie_err_set(err, APR_NOTFOUND, NPIE_P_PRINTED,
                        "no signed letter has this folio and this code");
}

static apr_status_t find(npie_paper_t *paper, npie_flow_t *flow,
                         apr_int64_t folio, npie_err_t *err)
{
    apr_status_t rv;

    memset(paper, 0, sizeof(*paper));
    paper->folio = folio;
    paper->of = NPIE_SEALING_RENEWAL;
    rv = npie_paper_read(paper, flow, err);
    if (rv == APR_NOTFOUND) {
        paper->of = NPIE_SEALING_ADDITION;
        rv = npie_paper_read(paper, flow, err);
    }
    return rv;
}

apr_status_t npie_flow_printed(npie_bytes_t *pfile, npie_flow_t *flow,
                               apr_int64_t folio, const char *code,
                               npie_err_t *err)
{
    char own[NPIE_PRINTED_CODE_SIZE];
    npie_letter_file_t *file;
    npie_acuse_t acuse;
    npie_paper_t paper;
    apr_status_t rv = find(&paper, flow, folio, err);

    if (rv == APR_NOTFOUND || (rv == APR_SUCCESS && paper.pdf.len == 0)) {
        return none(err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_letter_file_parse(&file, paper.pdf, NULL, flow->p)
        != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "the stored letter %" APR_INT64_T_FMT
                            " cannot be read", folio);
    }
    if (npie_printed_code(own, file->cms, NULL, flow->p) != APR_SUCCESS
        || !npie_printed_same(own, code)) {
        return none(err);
    }
    rv = npie_paper_sealed(&acuse, &paper, flow, err);
    *pfile = rv == APR_SUCCESS ? acuse.pdf : paper.pdf;
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}
