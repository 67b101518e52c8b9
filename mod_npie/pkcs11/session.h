/* SPDX-License-Identifier: Apache-2.0
 * Modules, tokens with a login, and keys. For pkcs11/ only.
 */
#ifndef NPIE_PKCS11_SESSION_H
#define NPIE_PKCS11_SESSION_H

#include <apr_tables.h>
#include <openssl/types.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include "base/bytes.h"
#include "base/status.h"
#include "pkcs11/types.h"
#include "pkcs11/uri.h"

/** A PKCS#11 module, a shared library. */
typedef struct npie_pkcs11_module_t {
    struct npie_pkcs11_module_t *next;
    const char *path;
    void *handle;
    CK_FUNCTION_LIST *call;
    unsigned generation; /**< of its initialisation; 0: none yet. Sessions of
                              another generation are invalid */
    int running;         /**< 1: between C_Initialize and C_Finalize */
} npie_pkcs11_module_t;

/** A token. */
typedef struct npie_pkcs11_token_t {
    struct npie_pkcs11_token_t *next;
    npie_pkcs11_module_t *module;
    const npie_pkcs11_uri_t *uri; /**< that selects it */
    const char *pin_name;
    char *pin;          /**< in secure memory; NULL: none */
    CK_ULONG pin_len;
    int writes;         /**< 1: needs a read-write session */
    int given_up;       /**< 1: its PIN was refused; no further attempt */
    unsigned generation; /**< of the module when opened; 0: closed */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
} npie_pkcs11_token_t;

/** A key. */
typedef struct npie_pkcs11_key_t {
    npie_pkcs11_token_t *token;
    const npie_pkcs11_uri_t *uri;
    EVP_PKEY *public_key;
    CK_KEY_TYPE type;    /**< CKK_RSA, CKK_EC */
    unsigned generation; /**< of the token when found; 0: not yet */
    CK_OBJECT_HANDLE handle;
    int asks_always;     /**< 1: needs the PIN for each signature */
} npie_pkcs11_key_t;

/** A generated object, for npie_pkcs11_undo(). */
typedef struct npie_pkcs11_made_t {
    npie_pkcs11_token_t *token;
    CK_OBJECT_HANDLE handle;
} npie_pkcs11_made_t;

struct npie_pkcs11_t {
    apr_pool_t *p;
    const char *module;           /**< default */
    npie_pkcs11_module_t *modules;
    npie_pkcs11_token_t *tokens;
    OSSL_LIB_CTX *libctx;         /**< where the provider is loaded */
    OSSL_PROVIDER *provider;
    OSSL_PROVIDER *encoders;      /**< for public halves in certificates */
    apr_array_header_t *made;     /**< of npie_pkcs11_made_t */
};

/** Same as npie_err_set(NPIE_ECONFIG), with the meaning of the code. */
apr_status_t npie_pkcs11_fail(npie_err_t *err, const npie_pkcs11_uri_t *uri,
                             const char *what, CK_RV rc);

/** Loads a module, unless it is loaded already.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_module_load(npie_pkcs11_module_t **pmodule,
                                    npie_pkcs11_t *tokens,
                                    const npie_pkcs11_uri_t *uri,
                                    npie_err_t *err);

/** Reinitialises a module. All its sessions end.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_module_restart(npie_pkcs11_module_t *module,
                                       npie_err_t *err);

/** Finalises all modules (C_Finalize). They stay in memory. */
void npie_pkcs11_modules_end(npie_pkcs11_t *tokens);

/** Finds the token of a URI, opens it and logs in. Reuses an open one.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_get(npie_pkcs11_token_t **ptoken,
                             npie_pkcs11_t *tokens,
                            const npie_pkcs11_uri_t *uri,
                            const npie_pkcs11_pin_t *pin, int writes,
                            npie_err_t *err);

/** Opens a token and logs in, unless that was done.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_open(npie_pkcs11_token_t *token, npie_err_t *err);

/** Finds the objects that match a template.
 * @param count in: maximum number; out: number found
 * @return CKR_OK or the module's answer */
CK_RV npie_pkcs11_find(CK_OBJECT_HANDLE *found, CK_ULONG *count,
                      const npie_pkcs11_token_t *token, CK_ATTRIBUTE *wanted,
                      CK_ULONG nwanted);

/** Reads an attribute.
 * @return 1; 0: the object lacks it */
int npie_pkcs11_attribute(npie_bytes_t *value, const npie_pkcs11_token_t *token,
                         CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                         apr_pool_t *p);

/**
 * Signs a digest. When the token is unreachable, looks for it once more.
 * @param signature room for EVP_PKEY_get_size(key->public_key) bytes; PKCS#1
 *        v1.5, or an ECDSA-Sig-Value in DER, that verifies
 * @param plen set to its length
 * @return APR_SUCCESS; NPIE_ECONFIG, NPIE_EINTERNAL
 */
apr_status_t npie_pkcs11_key_sign(unsigned char *signature, size_t *plen,
                                 npie_pkcs11_key_t *key, const EVP_MD *md,
                                 const unsigned char *digest, size_t len,
                                 npie_err_t *err);

/** Loads the provider through which libcrypto calls npie_pkcs11_key_sign().
 * @return 1 or 0 */
int npie_pkcs11_provider_load(npie_pkcs11_t *tokens);

/** Makes a key of that provider for this key, which must outlive it.
 * @return NULL: out of memory */
EVP_PKEY *npie_pkcs11_provider_key(const npie_pkcs11_t *tokens,
                                  npie_pkcs11_key_t *key);

#endif
