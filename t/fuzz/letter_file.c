/* SPDX-License-Identifier: Apache-2.0
 * libFuzzer target: files given for letters, with and without a seal. By hand:
 * make fuzz-letter
 */
#include "fuzz/begin.h"
#include "letter/revision.h"
#include "letter/verify.h"
#include "unit/letter_form.h"

/* The field that takes the seal. */
#define FIELD "3 0 obj\n<<\n/FT /Sig\n/T (Instituto)\n>>\nendobj\n"

static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
static const npie_bytes_t cms = { der, sizeof(der) };
static npie_verify_rules_t rules;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    rules.trust = fuzz_begin();
    rules.old_key_min_bits = 1024;
    return 0;
}

/* A letter with something like a signature and something like a seal. */
static npie_bytes_t sealed_letter(apr_pool_t *p)
{
    npie_bytes_t letter = form_make(FORM_OBJECTS FIELD, 0, p);
    npie_seal_t *seal;
    unsigned char *data;

    if (npie_letter_file_sign(&letter, letter, cms, NULL, p) != APR_SUCCESS
        || npie_seal_prepare(&seal, letter, 0, NULL, p) != APR_SUCCESS
        || npie_seal_fill(seal, cms, NULL) != APR_SUCCESS) {
        abort();
    }
    data = apr_palloc(p, letter.len + seal->section.len);
    memcpy(data, letter.data, letter.len);
    memcpy(data + letter.len, seal->section.data, seal->section.len);
    return (npie_bytes_t){ data, letter.len + seal->section.len };
}

static void check(npie_bytes_t file, apr_pool_t *p)
{
    npie_letter_file_t *parts;
    npie_letter_view_t *view;
    npie_bytes_t out;
    npie_revision_t *revision;
    int is_letter = npie_letter_file_parse(&parts, file, NULL, p)
        == APR_SUCCESS;

    if ((npie_revision_parse(&revision, file, NULL, p) == APR_SUCCESS)
        != (npie_file_kind(file) == NPIE_FILE_LETTER)) {
        abort();
    }
    /* Nobody has signed any of these. */
    if (npie_letter_verify(&view, &rules, file, NULL, p) != APR_SUCCESS
        || view->outcome == NPIE_OUTCOME_SEALED
        || view->outcome == NPIE_OUTCOME_SIGNED) {
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
static npie_bytes_t overlay(npie_bytes_t letter, const uint8_t *data,
                            size_t size, apr_pool_t *p)
{
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

/* In a buffer of just this size, so that a read behind it is seen. */
static void check_exact(npie_bytes_t letter, apr_pool_t *p)
{
    unsigned char *exact = malloc(letter.len);

    memcpy(exact, letter.data, letter.len);
    letter.data = exact;
    check(letter, p);
    free(exact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    npie_bytes_t raw = { data, size };
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    check(raw, p);
    if (size > 3) {
        check_exact(overlay(form_make(FORM_OBJECTS, 0, p), data, size, p), p);
        check_exact(overlay(sealed_letter(p), data, size, p), p);
    }
    apr_pool_destroy(p);
    return 0;
}
