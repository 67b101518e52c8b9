/* SPDX-License-Identifier: Apache-2.0
 * What holds of every form, whatever body it came in.
 */
#ifndef NPIE_FUZZ_FORM_H
#define NPIE_FUZZ_FORM_H

#include <string.h>

#include "base/form.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

/* Returns whether it was taken. */
static inline int fuzz_need_form(apr_status_t rv, const npie_form_t *form)
{
    static const char *const names[] = { "a", "correo", "correo2", "carta",
                                         "firma", "" };

    fuzz_need((rv == APR_SUCCESS) == (form != NULL), "half a form");
    for (size_t i = 0; form != NULL && i < sizeof(names) / sizeof(*names);
         ++i) {
        const char *text = npie_form_text(form, names[i]);
        const char *filename = NULL;
        npie_bytes_t file = npie_form_file(form, names[i], &filename);

        fuzz_need(npie_text_is_clean_multiline(text, strlen(text)),
                  "a text is not clean");
        fuzz_need_clean(filename);
        fuzz_need(file.len == 0 || file.data != NULL, "a file without bytes");
        fuzz_need(file.len == 0 || *text == '\0', "a file that is a text");
    }
    return rv == APR_SUCCESS;
}

#endif
