/* SPDX-License-Identifier: Apache-2.0
 * Bodies of programs: JSON that stands for a form.
 * Parser: httpd/json_body.c
 */
#include "fuzz/form.h"
#include "httpd/json_body.h"

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_form_t *form = NULL;

    const apr_status_t rv = npie_json_body_parse(&form, input, NULL, p);

    return fuzz_need_form(rv, form);
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    (void)p;
    fuzz_seed_text(list, "{\"correo\":\"ana@b.example\",\"telefono\":"
                   "5512345678,\"fax\":null,\"carta\":\"JVBERg==\"}");
    fuzz_seed_text(list, "{\"a\":\"\\u00f1\\ud83d\\ude00\",\"b\":\"\\n\"}");
}

const fuzz_target_t fuzz_target = {
    .name = "json", .corpus = "json", .form = FUZZ_TEXT, .seeds = seeds,
    .run = run
};
