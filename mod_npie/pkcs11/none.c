/* SPDX-License-Identifier: Apache-2.0
 * A build without PKCS#11: every key is a file.
 */
#include "pkcs11/token.h"

#include <string.h>

static apr_status_t without(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "this was built "
                        "without PKCS#11: install p11-kit's development files "
                        "and configure --with-pkcs11, or use a key file");
}

int npie_pkcs11_uri_is(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

apr_status_t npie_pkcs11_uri_parse(npie_pkcs11_uri_t **puri, const char *text,
                                  npie_pkcs11_uri_kind_t kind, npie_err_t *err,
                                  apr_pool_t *p)
{
    (void)puri;
    (void)text;
    (void)kind;
    (void)p;
    return without(err);
}

apr_status_t npie_pkcs11_create(npie_pkcs11_t **ptokens, const char *module,
                                npie_err_t *err, apr_pool_t *p)
{
    (void)ptokens;
    (void)module;
    (void)p;
    return without(err);
}

apr_status_t npie_pkcs11_key(EVP_PKEY **pkey, npie_pkcs11_t *tokens,
                             const npie_pkcs11_uri_t *uri,
                             const npie_pkcs11_pin_t *pin,
                             EVP_PKEY *public_key, npie_err_t *err,
                             apr_pool_t *p)
{
    (void)pkey;
    (void)tokens;
    (void)uri;
    (void)pin;
    (void)public_key;
    (void)p;
    return without(err);
}

apr_status_t npie_pkcs11_room(npie_pkcs11_t *tokens,
                              const npie_pkcs11_uri_t *uri,
                              const npie_pkcs11_pin_t *pin, const char *label,
                              npie_err_t *err, apr_pool_t *p)
{
    (void)tokens;
    (void)uri;
    (void)pin;
    (void)label;
    (void)p;
    return without(err);
}

apr_status_t npie_pkcs11_generate(EVP_PKEY **pkey, const char **puri,
                                  npie_pkcs11_t *tokens,
                                  const npie_pkcs11_uri_t *uri,
                                  const npie_pkcs11_pin_t *pin,
                                  const char *kind, const char *label,
                                  npie_err_t *err, apr_pool_t *p)
{
    (void)pkey;
    (void)puri;
    (void)kind;
    return npie_pkcs11_room(tokens, uri, pin, label, err, p);
}

void npie_pkcs11_undo(npie_pkcs11_t *tokens)
{
    (void)tokens;
}
