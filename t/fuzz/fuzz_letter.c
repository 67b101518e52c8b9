/* SPDX-License-Identifier: Apache-2.0
 * Files given for letters, with and without a seal; and inputs laid over a
 * letter and a sealed one.
 * Parser: letter/file.c letter/file_kind.c letter/file_scan.c
 * letter/revision.c letter/verify.c
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "letter/revision.h"
#include "letter/verify.h"
#include "unit/letter_form.h"

/* The longest input that is laid over a letter too. */
#define OVERLAY_MAX 512
/* The field that takes the seal. */
#define FIELD "3 0 obj\n<<\n/FT /Sig\n/T (Instituto)\n>>\nendobj\n"

static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
static const npie_bytes_t cms = { der, sizeof(der) };
static npie_verify_rules_t rules;

static void begin(apr_pool_t *p)
{
    rules.trust = fuzz_trust(p);
    rules.old_key_min_bits = 1024;
}

static npie_bytes_t signed_letter(apr_pool_t *p)
{
    npie_bytes_t letter = form_make(FORM_OBJECTS FIELD, 0, p);

    fuzz_need(npie_letter_file_sign(&letter, letter, cms, NULL, p)
              == APR_SUCCESS, "no letter");
    return letter;
}

/* A letter with something like a signature and something like a seal. */
static npie_bytes_t sealed_letter(apr_pool_t *p)
{
    const npie_bytes_t letter = signed_letter(p);
    const npie_face_t face = { .form = NPIE_FACE_UTC };
    npie_seal_t *seal;
    unsigned char *data;

    fuzz_need(npie_seal_prepare(&seal, letter, 0, &face, NULL, p)
              == APR_SUCCESS
              && npie_seal_fill(seal, cms, NULL) == APR_SUCCESS, "no seal");
    data = apr_palloc(p, letter.len + seal->section.len);
    memcpy(data, letter.data, letter.len);
    memcpy(data + letter.len, seal->section.data, seal->section.len);
    return (npie_bytes_t){ data, letter.len + seal->section.len };
}

/* What is taken for a letter takes a signature, and is one then. */
static void need_signable(npie_bytes_t file, apr_pool_t *p)
{
    npie_letter_file_t *parts;
    npie_bytes_t out;

    fuzz_need(npie_letter_file_sign(&out, file, cms, NULL, p) == APR_SUCCESS
              && npie_letter_file_parse(&parts, out, NULL, p) == APR_SUCCESS
              && parts->cms.len == sizeof(der), "a letter takes none");
}

static int check(npie_bytes_t file, apr_pool_t *p)
{
    npie_letter_file_t *parts;
    npie_letter_view_t *view;
    npie_revision_t *revision;
    const int is_letter = npie_letter_file_parse(&parts, file, NULL, p)
        == APR_SUCCESS;

    fuzz_need((npie_revision_parse(&revision, file, NULL, p) == APR_SUCCESS)
              == (npie_file_kind(file) == NPIE_FILE_LETTER),
              "a letter is what reads as one");
    fuzz_need(npie_letter_verify(&view, &rules, file, NULL, p) == APR_SUCCESS,
              "no verdict");
    /* Nobody has signed any of these. */
    fuzz_need(view->outcome != NPIE_OUTCOME_SEALED
              && view->outcome != NPIE_OUTCOME_SIGNED
              && view->outcome != NPIE_OUTCOME_UNKNOWN, "good: nobody signed");
    if (is_letter && parts->cms.len == 0) {
        need_signable(file, p);
    }
    return is_letter;
}

/* A letter with the input laid over it: two bytes of place, one that says
 * whether the letter ends there, and what stands there. In a buffer of just
 * this size, so that a read behind it is seen. */
static void check_overlay(npie_bytes_t letter, npie_bytes_t input,
                          apr_pool_t *p)
{
    const size_t at = ((size_t)input.data[0] << 8 | input.data[1])
        % letter.len;
    const size_t end = at + input.len - 3;
    const size_t len = (input.data[2] & 1) != 0 || end > letter.len
        ? end : letter.len;
    unsigned char *exact = malloc(len);

    memcpy(exact, letter.data, letter.len < len ? letter.len : len);
    memcpy(exact + at, input.data + 3, input.len - 3);
    check((npie_bytes_t){ exact, len }, p);
    free(exact);
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const int good = check(input, p);

    if (input.len > 3 && input.len <= OVERLAY_MAX) {
        check_overlay(form_make(FORM_OBJECTS, 0, p), input, p);
        check_overlay(sealed_letter(p), input, p);
    }
    return good;
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    fuzz_seed(list, "", form_make(FORM_OBJECTS FIELD, 0, p));
    fuzz_seed(list, "", signed_letter(p));
    fuzz_seed(list, "", sealed_letter(p));
}

const fuzz_target_t fuzz_target = {
    .name = "letter", .corpus = "letter", .form = FUZZ_TEXT, .begin = begin,
    .seeds = seeds, .run = run
};
