/* SPDX-License-Identifier: Apache-2.0
 * Reading of the Cookie header.
 */
#include "base/cookie.h"

#include <string.h>

#include <apr_strings.h>

const char *npie_cookie_find(const char *header, const char *name,
                             apr_pool_t *p)
{
    const apr_size_t len = strlen(name);
    const char *found = NULL;
    char *state = NULL;

    if (header == NULL) {
        return NULL;
    }
    for (char *word = apr_strtok(apr_pstrdup(p, header), "; ", &state);
         word != NULL; word = apr_strtok(NULL, "; ", &state)) {
        if (strncmp(word, name, len) == 0 && word[len] == '=') {
            if (found != NULL) {
                return NULL;
            }
            found = word + len + 1;
        }
    }
    return found;
}
