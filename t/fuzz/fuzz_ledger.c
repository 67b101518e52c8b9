/* SPDX-License-Identifier: Apache-2.0
 * A line of the ledger.
 * Parser: ledger/entry.c
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "ledger/entry.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define WHEN "2026-11-30T22:39:33Z"
#define HEAD(n) n " " WHEN " 0123456789abcdef "
#define TAIL " " HEX64 " 0123456789012345678901234567890123456789" \
    "012345678901234567890123456789012345678901234w=="

static int run(npie_bytes_t input, apr_pool_t *p)
{
    npie_entry_t *entry, *again;
    apr_array_header_t *marks;

    if (npie_entry_parse(&entry, fuzz_text(input, p), p) != NULL) {
        return 0;
    }
    marks = npie_entry_marks(entry, p);
    fuzz_need(marks->nelts > 0, "an entry without a mark");
    for (int i = 0; i < marks->nelts; i++) {
        const char *name = APR_ARRAY_IDX(marks, i, npie_ledger_mark_t).name;

        fuzz_need(strlen(name) < 255 && strchr(name, ' ') == NULL, name);
    }
    fuzz_need(npie_entry_parse(&again, entry->line, p) == NULL
              && again->number == entry->number && again->kind == entry->kind,
              "the same line is another entry");
    return 1;
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    static const char *const texts[] = {
        HEAD("1") "signer AAAA" TAIL,
        HEAD("2") "issue 7 " HEX64 " " HEX64 " 3030 1 AAAA" TAIL,
        HEAD("3") "seal 7 2 " HEX64 " " HEX64 TAIL,
        HEAD("4") "revoke " HEX64 " 0A superseded " WHEN " - " WHEN TAIL,
        HEAD("5") "crl " HEX64 " 1 " WHEN " " WHEN " 4 0@" WHEN " " HEX64
            " AAAA" TAIL,
        HEAD("6") "head 0 17 " HEX64 TAIL, HEAD("7") "reseal 1 3 " HEX64 TAIL,
    };

    (void)p;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); ++i) {
        fuzz_seed_text(list, texts[i]);
    }
}

const fuzz_target_t fuzz_target = {
    .name = "ledger", .form = FUZZ_TEXT, .seeds = seeds, .run = run
};
