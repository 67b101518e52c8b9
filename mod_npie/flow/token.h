/* SPDX-License-Identifier: Apache-2.0
 * The tokens in the links of mails. For this room alone.
 */
#ifndef NPIE_FLOW_TOKEN_H
#define NPIE_FLOW_TOKEN_H

#include "base/bytes.h"
#include "base/status.h"

/** Has this text the length and the alphabet of a token? 1 = yes. */
int npie_token_is(const char *text);

/** The digest by which alone the registry knows a token.
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_token_digest(char hash[NPIE_SHA256_HEX_SIZE],
                               const char *token, npie_err_t *err);

#endif
