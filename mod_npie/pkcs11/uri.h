/* SPDX-License-Identifier: Apache-2.0
 * pkcs11: URIs (RFC 7512), which name a token or a key in it.
 */
#ifndef NPIE_PKCS11_URI_H
#define NPIE_PKCS11_URI_H

#include <apr_pools.h>

#include "base/status.h"

/** What a URI must name. */
typedef enum npie_pkcs11_uri_kind_t {
    NPIE_PKCS11_URI_KEY,  /**< one private key: its token (token, serial,
                              manufacturer or model) and itself (object, id
                              or both) */
    NPIE_PKCS11_URI_TOKEN /**< a token alone */
} npie_pkcs11_uri_kind_t;

/** A parsed URI. Read-only. */
typedef struct npie_pkcs11_uri_t {
    void *parsed;       /**< P11KitUri, freed with the pool */
    const char *text;   /**< for messages: without its query */
    const char *module; /**< module-path, absolute; NULL: not set */
} npie_pkcs11_uri_t;

/** Tells whether the text starts like a pkcs11: URI. */
int npie_pkcs11_uri_is(const char *text);

/**
 * Parses a URI.
 * @param text NUL ended
 * @return APR_SUCCESS; NPIE_ECONFIG: malformed, pin-value or pin-source is set
 *         (the detail never repeats it), or built without PKCS#11
 */
apr_status_t npie_pkcs11_uri_parse(npie_pkcs11_uri_t **puri, const char *text,
                                  npie_pkcs11_uri_kind_t kind, npie_err_t *err,
                                  apr_pool_t *p);

#endif
