/* SPDX-License-Identifier: Apache-2.0
 * The name of a key, or of a place for keys, in a PKCS#11 token: a pkcs11: URI
 * (RFC 7512).
 */
#ifndef NPIE_PKCS11_URI_H
#define NPIE_PKCS11_URI_H

#include <apr_pools.h>

#include "base/status.h"

/** What a URI is to name. */
typedef enum npie_pkcs11_uri_kind_t {
    NPIE_PKCS11_URI_KEY,  /**< one private key: its token (token, serial,
                              manufacturer or model) and itself (object, id
                              or both) */
    NPIE_PKCS11_URI_TOKEN /**< a token alone */
} npie_pkcs11_uri_kind_t;

/** A URI taken apart. Read-only. */
typedef struct npie_pkcs11_uri_t {
    void *parsed;       /**< P11KitUri, freed with the pool */
    const char *text;   /**< for messages: without its query */
    const char *module; /**< module-path, absolute; NULL: not named */
} npie_pkcs11_uri_t;

/** Is this meant to be a pkcs11: URI? */
int npie_pkcs11_uri_is(const char *text);

/**
 * Takes a URI apart.
 * @param text NUL ended
 * @return APR_SUCCESS; NPIE_ECONFIG, also for one that has a PIN in it or
 *         says where one is (pin-value, pin-source): the detail never repeats
 *         it; and where this was built without PKCS#11
 */
apr_status_t npie_pkcs11_uri_parse(npie_pkcs11_uri_t **puri, const char *text,
                                  npie_pkcs11_uri_kind_t kind, npie_err_t *err,
                                  apr_pool_t *p);

#endif
