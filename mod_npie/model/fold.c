/* SPDX-License-Identifier: Apache-2.0
 * Folds names with libunistring.
 */
#include "model/fold.h"

#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

const char *npie_fold(const char *text, apr_pool_t *p)
{
    size_t len = 0, at = 0, out = 0;
    /* The language changes only Turkish and Lithuanian letters. */
    uint8_t *folded = u8_casefold((const uint8_t *)text, strlen(text), "es",
                                  UNINORM_NFKD, NULL, &len);
    char *name;

    if (folded == NULL) {
        return "";
    }
    name = apr_palloc(p, len + 1);
    while (at < len) {
        ucs4_t c;
        const int size = u8_mbtouc(&c, folded + at, len - at);

        if (uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L
                                                | UC_CATEGORY_MASK_N)) {
            memcpy(name + out, folded + at, (size_t)size);
            out += (size_t)size;
        }
        at += (size_t)size;
    }
    name[out] = '\0';
    free(folded);
    return name;
}
