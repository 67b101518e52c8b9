/* SPDX-License-Identifier: Apache-2.0
 * The CA that signs: its key, its certificates, and whom it trusts; and the
 * institute's seal.
 */
#ifndef NPIE_SIGNER_AUTHORITY_H
#define NPIE_SIGNER_AUTHORITY_H

#include <apr_tables.h>

#include "pki/issue.h"
#include "pki/trust.h"
#include "signer/config.h"
#include "signer/ends.h"
#include "signer/sealer.h"
#include "pkcs11/token.h"

/** An authority ready to sign. One thread. */
typedef struct npie_authority_t {
    npie_issuer_t *issuer;
    npie_trust_t *trust;       /**< own and older authorities */
    apr_array_header_t *chain; /**< of npie_bytes_t, DER, nearest first */
    npie_sealer_t *sealer;     /**< NULL: there is no seal */
    npie_pkcs11_t *tokens;     /**< NULL: every key was a file's */
    npie_ends_t *ends;         /**< its certificates, the seal's too */
} npie_authority_t;

/** The bytes of a key file, or of a token's PIN file, in memory that is not
 * swapped or dumped where the system allows; the pool's cleanup cleanses
 * them. */
typedef struct npie_key_file_t {
    unsigned char *data;
    apr_size_t len;
} npie_key_file_t;

/** Those of the CA and, where there is one, of the seal. */
typedef struct npie_key_files_t {
    npie_key_file_t ca;
    npie_key_file_t seal; /**< len 0: none */
} npie_key_files_t;

/**
 * Reads the key files without looking into them. To be called before
 * privileges are dropped.
 * @return APR_SUCCESS; NPIE_ECONFIG: not there, not a plain file, owned by
 *         somebody else than root and User, or open to group or others
 */
apr_status_t npie_key_files_read(npie_key_files_t *files,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p);

/** Cleanses the bytes now. */
void npie_key_files_forget(npie_key_files_t *files);

/**
 * Loads certificates and trust: the public part. To be called before
 * privileges are dropped, so that the files may lie anywhere.
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_authority_load(npie_authority_t **pauthority,
                                 const npie_signer_config_t *config,
                                 npie_err_t *err, apr_pool_t *p);

/**
 * Takes the keys into use. Those in tokens are logged in to, once, and sign
 * something: to be called as the user that serves.
 * @return APR_SUCCESS; NPIE_ECONFIG: no private key without a passphrase, a
 *         token, PIN or key of it that is not there or not good, not the
 *         certificate's, or a seal that nobody would trust
 */
apr_status_t npie_authority_unlock(npie_authority_t *authority,
                                   const npie_key_files_t *files,
                                   const npie_signer_config_t *config,
                                   npie_err_t *err, apr_pool_t *p);

#endif
