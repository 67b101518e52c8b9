/* SPDX-License-Identifier: Apache-2.0
 * The tokens in the links of mails. For this room alone.
 */
#ifndef NPIE_FLOW_TOKEN_H
#define NPIE_FLOW_TOKEN_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** Has this text the length and the alphabet of a token? 1 = yes. */
int npie_token_is(const char *text);

/** Makes a token.
 * @param ptoken set in p; hash to its digest
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_token_make(const char **ptoken,
                             char hash[NPIE_SHA256_HEX_SIZE], npie_err_t *err,
                             apr_pool_t *p);

/** The digest by which alone the registry knows a token.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_token_digest(char hash[NPIE_SHA256_HEX_SIZE],
                               const char *token, npie_err_t *err);

#endif
