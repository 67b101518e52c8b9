/* SPDX-License-Identifier: Apache-2.0
 * What the institute has of a letter that somebody holds on paper.
 */
#ifndef NPIE_FLOW_PRINTED_H
#define NPIE_FLOW_PRINTED_H

#include "flow/flow.h"

/**
 * Finds the institute's own copy of a letter by its folio and the code that is
 * printed on it (letter/printed.h): as signed, with its seal and timestamps
 * where it has them.
 * @param code of a stranger
 * @param pfile set to its bytes, in the flow's pool
 * @return APR_SUCCESS; APR_NOTFOUND (PRINTED), the same for a folio that there
 *         is not, a letter that is not signed, and another code;
 *         NPIE_EBACKEND; NPIE_EINTERNAL
 */
apr_status_t npie_flow_printed(npie_bytes_t *pfile, npie_flow_t *flow,
                               apr_int64_t folio, const char *code,
                               npie_err_t *err);

#endif
