/* SPDX-License-Identifier: Apache-2.0
 * Tokens: their form and their digest.
 */
#include "flow/token.h"

#include <string.h>

#include "base/random.h"
#include "flow/mail.h"
#include "pki/digest.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" \
                 "0123456789-_"

int npie_token_is(const char *text)
{
    return strlen(text) == NPIE_LINK_LENGTH &&
           strspn(text, ALPHABET) == NPIE_LINK_LENGTH;
}

apr_status_t npie_token_digest(char hash[NPIE_SHA256_HEX_SIZE],
                               const char *token, npie_err_t *err)
{
    const npie_bytes_t bytes = { (const unsigned char *)token,
                                 strlen(token) };
    apr_status_t rv = npie_sha256_hex(hash, bytes);

    return rv == APR_SUCCESS
               ? rv : npie_err_set(err, rv, NPIE_P_INTERNAL, "no digest");
}

apr_status_t npie_token_make(const char **ptoken,
                             char hash[NPIE_SHA256_HEX_SIZE], npie_err_t *err,
                             apr_pool_t *p)
{
    char *token;
    apr_status_t rv = npie_random_token(&token, NPIE_LINK_BYTES, p);

    if (rv != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_INTERNAL,
                            "no token for a link");
    }
    *ptoken = token;
    return npie_token_digest(hash, token, err);
}
