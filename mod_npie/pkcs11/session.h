/* SPDX-License-Identifier: Apache-2.0
 * Within the room: a module, a token in it that is logged in to, a key in
 * that.
 */
#ifndef NPIE_PKCS11_SESSION_H
#define NPIE_PKCS11_SESSION_H

#include <apr_tables.h>
#include <openssl/types.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>

#include "pkcs11/token.h"

/** A shared library that speaks PKCS#11. */
typedef struct npie_pkcs11_module_t {
    struct npie_pkcs11_module_t *next;
    const char *path;
    void *handle;
    CK_FUNCTION_LIST *call;
    unsigned generation; /**< of its initialisation; 0: none yet. What was
                              opened in another is gone */
    int running;         /**< 1: between C_Initialize and C_Finalize */
} npie_pkcs11_module_t;

/** A token. */
typedef struct npie_pkcs11_token_t {
    struct npie_pkcs11_token_t *next;
    npie_pkcs11_module_t *module;
    const npie_pkcs11_uri_t *uri; /**< by which it is found */
    const char *pin_name;
    char *pin;          /**< secure memory; NULL: none */
    CK_ULONG pin_len;
    int writes;         /**< 1: the session is to be one for writing */
    int given_up;       /**< 1: its PIN was refused; nothing is tried again */
    unsigned generation; /**< of the module when it was opened; 0: closed */
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
} npie_pkcs11_token_t;

/** A key. */
typedef struct npie_pkcs11_key_t {
    npie_pkcs11_token_t *token;
    const npie_pkcs11_uri_t *uri;
    EVP_PKEY *public_key;
    CK_KEY_TYPE type;    /**< CKK_RSA, CKK_EC */
    unsigned generation; /**< when it was found; 0: not yet */
    CK_OBJECT_HANDLE handle;
    int asks_always;     /**< 1: wants the PIN for each signature */
} npie_pkcs11_key_t;

/** Objects that were made and may have to go again. */
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

/** As npie_err_set(NPIE_ECONFIG), with what the module's answer means. */
apr_status_t npie_pkcs11_fail(npie_err_t *err, const npie_pkcs11_uri_t *uri,
                             const char *what, CK_RV rc);

/** Loads a module, or finds it loaded.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_module_load(npie_pkcs11_module_t **pmodule,
                                    npie_pkcs11_t *tokens,
                                    const npie_pkcs11_uri_t *uri,
                                    npie_err_t *err);

/** Begins anew: every session of the module is over afterwards.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_module_restart(npie_pkcs11_module_t *module,
                                       npie_err_t *err);

/** The end of all modules: C_Finalize. They stay in memory. */
void npie_pkcs11_modules_end(npie_pkcs11_t *tokens);

/** The token of a URI, opened and logged in to: one that was before, or
 * another.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_get(npie_pkcs11_token_t **ptoken,
                             npie_pkcs11_t *tokens,
                            const npie_pkcs11_uri_t *uri,
                            const npie_pkcs11_pin_t *pin, int writes,
                            npie_err_t *err);

/** Opens it and logs in, unless that is so.
 * @return APR_SUCCESS; NPIE_ECONFIG */
apr_status_t npie_pkcs11_open(npie_pkcs11_token_t *token, npie_err_t *err);

/** The objects of a template.
 * @param count at most this many are looked for; set to how many there are
 * @return CKR_OK or the module's answer */
CK_RV npie_pkcs11_find(CK_OBJECT_HANDLE *found, CK_ULONG *count,
                      const npie_pkcs11_token_t *token, CK_ATTRIBUTE *wanted,
                      CK_ULONG nwanted);

/** An attribute's bytes.
 * @return 1; 0: there is none */
int npie_pkcs11_attribute(npie_bytes_t *value, const npie_pkcs11_token_t *token,
                         CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                         apr_pool_t *p);

/**
 * Signs a digest; looks for the token again once when it cannot be reached.
 * @param signature room for EVP_PKEY_get_size(key->public_key) bytes; PKCS#1
 *        v1.5, or an ECDSA-Sig-Value in DER, that verifies
 * @param plen set to its length
 * @return APR_SUCCESS; NPIE_ECONFIG, NPIE_EINTERNAL
 */
apr_status_t npie_pkcs11_key_sign(unsigned char *signature, size_t *plen,
                                 npie_pkcs11_key_t *key, const EVP_MD *md,
                                 const unsigned char *digest, size_t len,
                                 npie_err_t *err);

/** Loads the provider that makes npie_pkcs11_key_sign() known to libcrypto.
 * @return 1 or 0 */
int npie_pkcs11_provider_load(npie_pkcs11_t *tokens);

/** A key of that provider, that calls this one; it has to outlive it.
 * @return NULL: out of memory */
EVP_PKEY *npie_pkcs11_provider_key(const npie_pkcs11_t *tokens,
                                  npie_pkcs11_key_t *key);

#endif
