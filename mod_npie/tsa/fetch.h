/* SPDX-License-Identifier: Apache-2.0
 * Asks a timestamp authority (RFC 3161, section 3.4: HTTP).
 */
#ifndef NPIE_TSA_FETCH_H
#define NPIE_TSA_FETCH_H

#include "pki/timestamp.h"
#include "tsa/server.h"

/**
 * Asks for a timestamp over content given in pieces: only its digest leaves.
 * One attempt, no redirects. libcurl must have been initialised. Thread-safe.
 * @param ptoken set to DER in p: granted, of this digest and nonce; its
 *        signature is the caller's matter
 * @return APR_SUCCESS; NPIE_EBACKEND (TIMESTAMP): no answer; NPIE_EPROTO: not
 *         one of this request; NPIE_EPOLICY: refused; NPIE_ECONFIG;
 *         NPIE_EINTERNAL
 */
apr_status_t npie_tsa_ask(npie_bytes_t *ptoken,
                          const npie_tsa_server_t *server,
                          const npie_bytes_t *content, int npieces,
                          npie_err_t *err, apr_pool_t *p);

#endif
