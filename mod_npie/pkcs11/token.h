/* SPDX-License-Identifier: Apache-2.0
 * Private keys that live in PKCS#11 tokens: smart cards, hardware security
 * modules, SoftHSM. Linked by npie-signer and npiectl alone: no part of httpd
 * loads a module.
 */
#ifndef NPIE_PKCS11_TOKEN_H
#define NPIE_PKCS11_TOKEN_H

#include <apr_pools.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pkcs11/uri.h"

/** Modules in use and the tokens logged in to. One thread. */
typedef struct npie_pkcs11_t npie_pkcs11_t;

/** A PIN, and what to call where it comes from. */
typedef struct npie_pkcs11_pin_t {
    const char *name;   /**< "PINFile /etc/npie/pin"; NULL: there is none */
    npie_bytes_t bytes; /**< the file's bytes: its first line is the PIN.
                             Cleansed by the caller; copied into locked memory
                             for as long as the tokens live */
} npie_pkcs11_pin_t;

/**
 * Nothing is loaded yet. The pool's cleanup logs out and cleanses the PINs: it
 * has to outlive every key.
 * @param module of a URI without module-path; NULL: each must have one
 * @return APR_SUCCESS; NPIE_ECONFIG: built without PKCS#11; NPIE_EINTERNAL
 */
apr_status_t npie_pkcs11_create(npie_pkcs11_t **ptokens, const char *module,
                                npie_err_t *err, apr_pool_t *p);

/**
 * A key for libcrypto to sign with (RSA PKCS#1 v1.5, ECDSA). Has it sign
 * something once: it is the certificate's, and it works. Each signature is
 * verified before it is handed out. A token that was taken away is looked for
 * again at each use; libcrypto's call fails meanwhile, and npie_openssl_fail()
 * tells why. A PIN that was refused is never tried again; one whose last try
 * is left is not tried.
 * @param pkey set to the key, owned by the caller; to be freed before tokens
 * @param public_key of its certificate; copied from
 * @return APR_SUCCESS; NPIE_ECONFIG: module, token, PIN or key is not there,
 *         not good, or not the certificate's
 */
apr_status_t npie_pkcs11_key(EVP_PKEY **pkey, npie_pkcs11_t *tokens,
                             const npie_pkcs11_uri_t *uri,
                             const npie_pkcs11_pin_t *pin,
                             EVP_PKEY *public_key, npie_err_t *err,
                             apr_pool_t *p);

/**
 * Looks whether keys can be made: token there, PIN good, not write protected,
 * and no object of that label.
 * @param uri of a token
 * @return APR_SUCCESS; NPIE_ECONFLICT: there is such an object; NPIE_ECONFIG
 */
apr_status_t npie_pkcs11_room(npie_pkcs11_t *tokens,
                              const npie_pkcs11_uri_t *uri,
                              const npie_pkcs11_pin_t *pin, const char *label,
                              npie_err_t *err, apr_pool_t *p);

/**
 * Makes a key pair on the token: sensitive, not extractable, for signing.
 * @param pkey as of npie_pkcs11_key()
 * @param puri set to the key's own URI, in p, without module-path
 * @param kind "rsa:2048", "rsa:3072", "rsa:4096", "p256", "p384"
 * @return as npie_pkcs11_room(); NPIE_EINPUT: no such kind
 */
apr_status_t npie_pkcs11_generate(EVP_PKEY **pkey, const char **puri,
                                  npie_pkcs11_t *tokens,
                                  const npie_pkcs11_uri_t *uri,
                                  const npie_pkcs11_pin_t *pin,
                                  const char *kind, const char *label,
                                  npie_err_t *err, apr_pool_t *p);

/** Destroys every key that npie_pkcs11_generate() has made: what follows has
 * failed. */
void npie_pkcs11_undo(npie_pkcs11_t *tokens);

#endif
