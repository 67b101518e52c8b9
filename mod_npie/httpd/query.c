/* SPDX-License-Identifier: Apache-2.0
 * Reading the query string.
 */
#include "httpd/query.h"

#include <apr_strings.h>

#include "base/form.h"

#define DIGITS_MAX 18

const char *npie_query_text(const request_rec *r, const char *name)
{
    return npie_form_query(r->args != NULL ? r->args
                           : apr_table_get(r->notes, NPIE_QUERY_NOTE), name,
                           r->pool);
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
