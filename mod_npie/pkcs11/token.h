/* SPDX-License-Identifier: Apache-2.0
 * Private keys in PKCS#11 tokens: smart cards, hardware security modules,
 * SoftHSM. Only npie-signer and npiectl link this folder; httpd loads no
 * module.
 */
#ifndef NPIE_PKCS11_TOKEN_H
#define NPIE_PKCS11_TOKEN_H

#include <apr_pools.h>
#include <openssl/types.h>

#include "base/status.h"
#include "pkcs11/types.h"
#include "pkcs11/uri.h"

/**
 * Creates an empty set of tokens. The pool's cleanup logs out and cleanses the
 * PINs. The pool must outlive every key.
 * @param module for URIs without module-path; NULL: every URI must have one
 * @return APR_SUCCESS; NPIE_ECONFIG: built without PKCS#11; NPIE_EINTERNAL
 */
apr_status_t npie_pkcs11_create(npie_pkcs11_t **ptokens, const char *module,
                                npie_err_t *err, apr_pool_t *p);

/**
 * Opens a key with which libcrypto can sign (RSA PKCS#1 v1.5, ECDSA). Makes a
 * trial signature to check that the key works and matches the certificate.
 * Every signature is verified before it is returned. When the token is removed,
 * each use looks for it again; until it is back libcrypto's call fails, and
 * npie_openssl_fail() has the reason. A refused PIN is never tried again, and
 * the last try before a token locks is never used.
 * @param pkey set to the key, owned by the caller; free it before the tokens
 * @param public_key public key of the certificate; copied
 * @return APR_SUCCESS; NPIE_ECONFIG: module, token, PIN or key is missing,
 *         unusable, or not the certificate's
 */
apr_status_t npie_pkcs11_key(EVP_PKEY **pkey, npie_pkcs11_t *tokens,
                             const npie_pkcs11_uri_t *uri,
                             const npie_pkcs11_pin_t *pin,
                             EVP_PKEY *public_key, npie_err_t *err,
                             apr_pool_t *p);

/**
 * Checks that keys can be generated: the token is connected, the PIN is right,
 * the token is writable, and no object has that label.
 * @param uri of a token
 * @return APR_SUCCESS; NPIE_ECONFLICT: such an object exists; NPIE_ECONFIG
 */
apr_status_t npie_pkcs11_room(npie_pkcs11_t *tokens,
                              const npie_pkcs11_uri_t *uri,
                              const npie_pkcs11_pin_t *pin, const char *label,
                              npie_err_t *err, apr_pool_t *p);

/**
 * Generates a key pair on the token: sensitive, not extractable, for signing.
 * @param pkey as of npie_pkcs11_key()
 * @param puri set to the key's own URI, in p, without module-path
 * @param kind "rsa:2048", "rsa:3072", "rsa:4096", "p256", "p384"
 * @return as npie_pkcs11_room(); NPIE_EINPUT: unknown kind
 */
apr_status_t npie_pkcs11_generate(EVP_PKEY **pkey, const char **puri,
                                  npie_pkcs11_t *tokens,
                                  const npie_pkcs11_uri_t *uri,
                                  const npie_pkcs11_pin_t *pin,
                                  const char *kind, const char *label,
                                  npie_err_t *err, apr_pool_t *p);

/** Destroys every key that npie_pkcs11_generate() generated, after a later
 * failure. */
void npie_pkcs11_undo(npie_pkcs11_t *tokens);

#endif
