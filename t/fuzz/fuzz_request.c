/* SPDX-License-Identifier: Apache-2.0
 * Parts of a request's head. First byte: q query string, k Cookie header.
 * Parser: base/form.c base/cookie.c
 */
#include <string.h>

#include "base/cookie.h"
#include "base/form.h"
#include "fuzz/fuzz.h"

static int run(npie_bytes_t input, apr_pool_t *p)
{
    static const char *const names[] = { "t", "n", "problema", "volver",
                                         "hecho", "" };
    const char *text = fuzz_text(input, p);
    const char *value;

    if (*text == 'k') {
        value = npie_cookie_find(text + 1, "__Host-npie", p);
        fuzz_need(value == NULL || strpbrk(value, "; ") == NULL,
                  "more than one cookie's value");
        return value != NULL;
    }
    for (size_t i = 0; *text == 'q' && i < sizeof(names) / sizeof(*names);
         ++i) {
        value = npie_form_query(text + 1, names[i], p);
        fuzz_need(strlen(value) <= strlen(text), "longer than it came");
        if (*value != '\0') {
            return 1;
        }
    }
    return 0;
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    (void)p;
    fuzz_seed_text(list, "qt=Zm9v_-bGlnYQ&utm_source=correo");
    fuzz_seed_text(list, "qproblema=71&volver=%2Fapp%2F%3Fx%3D1");
    fuzz_seed_text(list, "q%6e=12;hecho=revocado&n=3&&=&n");
    fuzz_seed_text(list, "k__Host-npie=0123456789012345678901234567890123456"
                   "789_-A; otra=1");
    fuzz_seed_text(list, "ka=1;  __Host-npie=x;__Host-npie=y; __Host-npie");
}

const fuzz_target_t fuzz_target = {
    .name = "request", .form = FUZZ_TEXT, .lead = 1, .seeds = seeds,
    .run = run
};
