/* SPDX-License-Identifier: Apache-2.0
 * Forms as browsers post them. First byte: u urlencoded, m multipart, t the
 * first line is the media type.
 * Parser: base/form.c
 */
#include <string.h>

#include <apr_strings.h>

#include "fuzz/form.h"

/* A body whose first line is its media type. */
static apr_status_t parse_typed(npie_form_t **pform, npie_bytes_t input,
                                apr_pool_t *p)
{
    const unsigned char *end = memchr(input.data, '\n', input.len);
    npie_bytes_t body = { end, 0 };

    if (end == NULL) {
        return NPIE_EINPUT;
    }
    ++body.data;
    body.len = input.len - (apr_size_t)(body.data - input.data);
    return npie_form_parse(pform,
                           apr_pstrmemdup(p, (const char *)input.data,
                                          (apr_size_t)(end - input.data)),
                           body, NULL, p);
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_form_t *form = NULL;
    npie_bytes_t body = { input.data + 1, input.len - 1 };
    apr_status_t rv;

    if (input.len == 0) {
        return 0;
    }
    switch (*input.data) {
    case 'u':
        rv = npie_form_parse(&form, "application/x-www-form-urlencoded", body,
                             NULL, p);
        break;
    case 'm':
        rv = npie_form_parse(&form, "multipart/form-data; boundary=x", body,
                             NULL, p);
        break;
    case 't':
        rv = parse_typed(&form, body, p);
        break;
    default:
        return 0;
    }
    return fuzz_need_form(rv, form);
}

const fuzz_target_t fuzz_target = {
    .name = "form", .corpus = "form", .form = FUZZ_TEXT, .lead = 1, .run = run
};
