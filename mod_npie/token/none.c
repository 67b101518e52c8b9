/* SPDX-License-Identifier: Apache-2.0
 * A build without PKCS#11: every key is a file.
 */
#include "token/token.h"

#include <string.h>

static apr_status_t without(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "this was built "
                        "without PKCS#11: install p11-kit's development files "
                        "and configure --with-pkcs11, or use a key file");
}

int npie_token_uri_is(const char *text)
{
    return strncmp(text, "pkcs11:", 7) == 0;
}

apr_status_t npie_token_uri_parse(npie_token_uri_t **puri, const char *text,
                                  npie_token_uri_kind_t kind, npie_err_t *err,
                                  apr_pool_t *p)
{
    (void)puri;
    (void)text;
    (void)kind;
    (void)p;
    return without(err);
}

apr_status_t npie_tokens_create(npie_tokens_t **ptokens, const char *module,
                                npie_err_t *err, apr_pool_t *p)
{
    (void)ptokens;
    (void)module;
    (void)p;
    return without(err);
}

apr_status_t npie_tokens_key(EVP_PKEY **pkey, npie_tokens_t *tokens,
                             const npie_token_uri_t *uri,
                             const npie_token_pin_t *pin,
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

apr_status_t npie_tokens_room(npie_tokens_t *tokens,
                              const npie_token_uri_t *uri,
                              const npie_token_pin_t *pin, const char *label,
                              npie_err_t *err, apr_pool_t *p)
{
    (void)tokens;
    (void)uri;
    (void)pin;
    (void)label;
    (void)p;
    return without(err);
}

apr_status_t npie_tokens_generate(EVP_PKEY **pkey, const char **puri,
                                  npie_tokens_t *tokens,
                                  const npie_token_uri_t *uri,
                                  const npie_token_pin_t *pin,
                                  const char *kind, const char *label,
                                  npie_err_t *err, apr_pool_t *p)
{
    (void)pkey;
    (void)puri;
    (void)kind;
    return npie_tokens_room(tokens, uri, pin, label, err, p);
}

void npie_tokens_undo(npie_tokens_t *tokens)
{
    (void)tokens;
}
