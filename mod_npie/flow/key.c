/* SPDX-License-Identifier: Apache-2.0
 * The digest of a key file.
 */
#include "flow/key.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/bytes.h"

const char *npie_key_digest(const char *hex, apr_pool_t *p)
{
    const apr_size_t len = strlen(hex);
    char *lower;

    if ((len != 0 && len != NPIE_SHA256_HEX_SIZE - 1) ||
        strspn(hex, "0123456789abcdefABCDEF") != len) {
        return NULL;
    }
    lower = apr_pstrdup(p, hex);
    for (apr_size_t i = 0; i < len; ++i) {
        lower[i] = (char)apr_tolower(lower[i]);
    }
    return lower;
}
