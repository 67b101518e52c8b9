/* SPDX-License-Identifier: Apache-2.0
 * What the signer made, looked at. For this room alone.
 */
#ifndef NPIE_FLOW_MADE_H
#define NPIE_FLOW_MADE_H

#include "flow/flow.h"

/**
 * Is this the certificate that was asked for? The signer is another program
 * with another configuration: what it made is looked at like anything from
 * outside.
 * @param pcert set in the flow's pool
 * @param spki of the key asked for, hex; rp of the employer
 * @return APR_SUCCESS; NPIE_EPROTO, NPIE_ECONFIG; NPIE_EBACKEND (CLOCKS): our
 *         clock is behind the signer's
 */
apr_status_t npie_made_check(npie_cert_t **pcert, const npie_flow_t *flow,
                             npie_bytes_t der, const char *spki,
                             const char *rp, npie_err_t *err);

#endif
