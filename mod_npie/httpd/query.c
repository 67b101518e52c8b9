/* SPDX-License-Identifier: Apache-2.0
 * Reading the query string.
 */
#include "httpd/query.h"

#include <apr_strings.h>

#define DIGITS_MAX 18

/* Mail gateways encode what needs no encoding. NULL: no encoding at all. */
static const char *decoded(const request_rec *r, const char *text,
                           apr_size_t len)
{
    char *copy = apr_pstrmemdup(r->pool, text, len);

    return ap_unescape_urlencoded(copy) == OK ? copy : NULL;
}

const char *npie_query_text(const request_rec *r, const char *name)
{
    const char *from = r->args != NULL ? r->args
        : apr_table_get(r->notes, NPIE_QUERY_NOTE);

    while (from != NULL && *from != '\0') {
        const apr_size_t pair = strcspn(from, "&");
        const apr_size_t len = strcspn(from, "=&");
        const char *named = len < pair ? decoded(r, from, len) : NULL;

        if (named != NULL && strcmp(named, name) == 0) {
            const char *value = decoded(r, from + len + 1, pair - len - 1);

            return value != NULL ? value : "";
        }
        from += pair + (from[pair] == '&');
    }
    return "";
}

apr_int64_t npie_query_id(const char *text)
{
    const apr_size_t len = strlen(text);

    return len >= 1 && len <= DIGITS_MAX && strspn(text, "0123456789") == len
        ? apr_atoi64(text) : 0;
}

apr_int64_t npie_query_number(const request_rec *r, const char *name)
{
    return npie_query_id(npie_query_text(r, name));
}
