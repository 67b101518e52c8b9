/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: files given for letters. By hand: make fuzz-letter
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <apr_general.h>

#include "letter/revision.h"
#include "unit/letter_form.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return apr_initialize();
}

static void check(npie_bytes_t file, apr_pool_t *p)
{
    static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
    npie_bytes_t cms = { der, sizeof(der) };
    npie_letter_file_t *parts;
    npie_bytes_t out;
    npie_revision_t *revision;
    int is_letter = npie_letter_file_parse(&parts, file, NULL, p)
        == APR_SUCCESS;

    if ((npie_revision_parse(&revision, file, NULL, p) == APR_SUCCESS)
        != (npie_file_kind(file) == NPIE_FILE_LETTER)) {
        abort();
    }
    /* What is taken for a letter takes a signature, and is one then. */
    if (is_letter && parts->cms.len == 0
        && (npie_letter_file_sign(&out, file, cms, NULL, p) != APR_SUCCESS
            || npie_letter_file_parse(&parts, out, NULL, p) != APR_SUCCESS
            || parts->cms.len != sizeof(der))) {
        abort();
    }
}

/* A letter with the input laid over it: two bytes of place, one that says
 * whether the letter ends there, and what stands there. */
static npie_bytes_t overlay(const uint8_t *data, size_t size, apr_pool_t *p)
{
    npie_bytes_t letter = form_make(FORM_OBJECTS, 0, p);
    size_t at = ((size_t)data[0] << 8 | data[1]) % letter.len;
    int cut = data[2] & 1;
    size_t end = at + size - 3;
    unsigned char *copy = apr_palloc(p, letter.len + size);

    memcpy(copy, letter.data, letter.len);
    memcpy(copy + at, data + 3, size - 3);
    letter.data = copy;
    letter.len = cut || end > letter.len ? end : letter.len;
    return letter;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npie_bytes_t raw = { data, size };
    npie_bytes_t letter;
    unsigned char *exact;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    check(raw, p);
    if (size > 3) {
        letter = overlay(data, size, p);
        /* A buffer of just this size, so that a read behind it is seen. */
        exact = malloc(letter.len);
        memcpy(exact, letter.data, letter.len);
        letter.data = exact;
        check(letter, p);
        free(exact);
    }
    apr_pool_destroy(p);
    return 0;
}
