/* SPDX-License-Identifier: Apache-2.0
 * npiectl ca init with keys in a PKCS#11 token.
 */
#ifndef NPIE_CTL_CA_TOKEN_H
#define NPIE_CTL_CA_TOKEN_H

#include <openssl/types.h>

#include "ctl/ctl.h"
#include "pki/points.h"

/** The token of --pkcs11. */
typedef struct npie_ca_token_t npie_ca_token_t;

/**
 * Reads the options and logs in to the token.
 * @param ptoken set to NULL when keys are to be files
 * @return APR_SUCCESS; NPIE_EINPUT; NPIE_ECONFIG: no such token, wrong PIN
 */
apr_status_t npie_ca_token_open(npie_ca_token_t **ptoken, npie_ctl_t *ctl,
                                npie_err_t *err);

/**
 * Is nothing in the way of this part's key?
 * @param part "issuing"
 * @return APR_SUCCESS; NPIE_ECONFLICT: an object has its label
 */
apr_status_t npie_ca_token_room(npie_ca_token_t *token, const char *part,
                                npie_err_t *err);

/**
 * Makes a part's key.
 * @param pkey owned by the caller, freed before the pool of ctl is destroyed
 * @param puri set to the key's URI
 * @return APR_SUCCESS; NPIE_ECONFIG; NPIE_EINPUT: no such kind
 */
apr_status_t npie_ca_token_make(EVP_PKEY **pkey, const char **puri,
                                npie_ca_token_t *token, const char *part,
                                const char *kind, npie_err_t *err);

/** Destroys what was made. */
void npie_ca_token_undo(npie_ca_token_t *token);

/** The npie-signer.conf of an authority.
 * @param dir of the certificates, absolute
 * @param points of what is issued */
npie_bytes_t npie_ca_token_conf(const npie_ca_token_t *token, const char *dir,
                                const char *issuing_uri, const char *seal_uri,
                                const npie_points_t *points);

#endif
