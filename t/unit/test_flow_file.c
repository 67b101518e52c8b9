/* SPDX-License-Identifier: Apache-2.0
 * Problem 71: the file is not the letter, and what it is instead.
 */
#include "unit/flow_world.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/evp.h>

static const npie_bytes_t nothing = { NULL, 0 };

/* With the right signature, so that the file alone is at fault. */
static void refused(person_t *person, npie_letter_kind_t kind,
                    npie_bytes_t file, npie_letter_mismatch_t mismatch,
                    npie_file_kind_t is, apr_int64_t folio)
{
    const npie_bytes_t cms = kind == NPIE_LETTER_RENEWAL
        ? letter_cms(person, kind, &person->old->id)
        : letter_cms(person, kind, person->new_key);
    const npie_renewal_state_t before = person_state(person);
    npie_letter_check_t check = { NPIE_MISMATCH_NONE, NPIE_FILE_OTHER, -1 };

    assert_call(person, NPIE_EINPUT, NPIE_P_LETTER,
                person_send(person, kind, cms, file, &check));
    assert_int_equal(check.mismatch, mismatch);
    assert_int_equal(check.kind, is);
    assert_int_equal(check.folio, folio);
    assert_int_equal(person_state(person), before);
    assert_int_equal(person_letter(person, kind)->signed_at, 0);
    assert_call(person, NPIE_EINPUT, NPIE_P_LETTER,
                person_send(person, kind, cms, file, NULL));
}

static void refused1(person_t *person, npie_bytes_t file,
                     npie_letter_mismatch_t mismatch, npie_file_kind_t is,
                     apr_int64_t folio)
{
    refused(person, NPIE_LETTER_RENEWAL, file, mismatch, is, folio);
}

static npie_bytes_t pdf1(person_t *person)
{
    return person_letter(person, NPIE_LETTER_RENEWAL)->pdf;
}

static npie_bytes_t joined(npie_bytes_t file, const char *more, apr_pool_t *p)
{
    const apr_size_t len = strlen(more);
    unsigned char *both = apr_palloc(p, file.len + len);

    memcpy(both, file.data, file.len);
    memcpy(both + file.len, more, len);
    file.data = both;
    file.len += len;
    return file;
}

static void test_no_letter(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);

    refused1(person, unit_bytes("\x89PNG\r\n\x1a\n and so on"),
             NPIE_MISMATCH_NOT_PDF, NPIE_FILE_PICTURE, 0);
    refused1(person, unit_bytes("PK\x03\x04 and so on"),
             NPIE_MISMATCH_NOT_PDF, NPIE_FILE_ZIP, 0);
    refused1(person, unit_bytes("a shopping list"),
             NPIE_MISMATCH_NOT_PDF, NPIE_FILE_OTHER, 0);
    refused1(person, unit_bytes("%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n"),
             NPIE_MISMATCH_OTHER_PDF, NPIE_FILE_PDF, 0);
    refused1(person, person->old->cert->der, NPIE_MISMATCH_NOT_PDF,
             NPIE_FILE_CERTIFICATE, 0);
    refused1(person, joined(pdf1(person), "1 0 obj\nendobj\n%%EOF\n", *state),
             NPIE_MISMATCH_RESAVED, NPIE_FILE_LETTER_RESAVED, 0);
}

/* The right folio, but one byte is not as it was. */
static void test_altered(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_letter_row_t *letter = person_letter(person,
                                                    NPIE_LETTER_RENEWAL);
    const npie_bytes_t pdf = letter->pdf;
    npie_letter_file_t *parts;
    unsigned char *copy;
    npie_bytes_t file = pdf;

    /* Some bit that the strict reading does not look at. */
    copy = apr_pmemdup(*state, pdf.data, pdf.len);
    for (apr_size_t i = pdf.len / 4; i < pdf.len; ++i) {
        copy[i] ^= 1;
        file.data = copy;
        if (npie_letter_file_parse(&parts, file, NULL, *state) ==
            APR_SUCCESS) {
            break;
        }
        copy[i] ^= 1;
    }
    assert_int_not_equal(memcmp(copy, pdf.data, pdf.len), 0);
    refused1(person, file, NPIE_MISMATCH_ALTERED, NPIE_FILE_LETTER,
             letter->folio);
    assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
}

static void test_older(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_letter_row_t *voided = person_letter(person,
                                                    NPIE_LETTER_RENEWAL);

    assert_ok(person, person_rekey(person));
    /* Nobody signed it: its hash is kept, and not its bytes. */
    assert_string_equal(world_ask(apr_psprintf(*state,
        "SELECT length(pdf) || ' ' || sha256 FROM letter WHERE folio = %"
        APR_INT64_T_FMT, voided->folio), *state),
        apr_pstrcat(*state, "2 ", voided->sha256, NULL));
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_KEYED);
    refused1(person, voided->pdf, NPIE_MISMATCH_OLDER, NPIE_FILE_LETTER,
             voided->folio);
}

/* A signed one is kept whole, whatever becomes of its renewal. */
static void test_signed_kept(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
    const char *folio = apr_psprintf(*state,
        "SELECT length(l.pdf) > 1000 FROM letter l JOIN renewal r ON r.id ="
        " l.renewal WHERE l.voided = 1 AND r.employer = %" APR_INT64_T_FMT,
        person->employer.id);

    assert_ok(person, person_cancel(person));
    assert_string_equal(world_ask(folio, *state), "1");
}

/* Both letters of the renewal before, when the next one is to be signed. */
static void test_earlier_renewal(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    const npie_letter_row_t *one = person_letter(person, NPIE_LETTER_RENEWAL);
    const npie_letter_row_t *two = person_letter(person, NPIE_LETTER_TERMS);
    person_t *next = person_renewed(person, *state);

    next->policy.renew_before = 1000 * DAY;
    next->old->cert = person->new_cert;
    next->old->id = *person->new_key;
    next->new_key = identity_key("P-256", *state);
    next->csr = fixture_csr(next->new_key, *state);
    assert_ok(next, person_data(next));
    assert_ok(next, person_key(next));
    refused1(next, one->pdf, NPIE_MISMATCH_OLDER, NPIE_FILE_LETTER,
             one->folio);
    refused1(next, two->pdf, NPIE_MISMATCH_OLDER, NPIE_FILE_LETTER,
             two->folio);
}

static void test_other_kind(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    const npie_letter_row_t *one = person_letter(person, NPIE_LETTER_RENEWAL);

    refused(person, NPIE_LETTER_TERMS, one->pdf, NPIE_MISMATCH_OTHER_KIND,
            NPIE_FILE_LETTER, one->folio);
}

static void test_other_employer(void **state)
{
    person_t *neighbour = person_at(NPIE_RENEWAL_KEYED, *state);
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_letter_row_t *letter = person_letter(neighbour,
                                                    NPIE_LETTER_RENEWAL);

    refused1(person, letter->pdf, NPIE_MISMATCH_OTHER_EMPLOYER,
             NPIE_FILE_LETTER, letter->folio);
}

/* A letter just like ours, with a folio that was never given out. */
static void test_forged(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_letter_t letter = {
        .kind = NPIE_LETTER_RENEWAL, .folio = 999999,
        .time = apr_time_from_sec(apr_time_sec(person->flow.now)),
        .employer = &person->employer,
        .old_public_key = person->old->cert->public_key,
        .old_spki = person->old->cert->spki_sha256,
        .new_public_key = person->old->cert->public_key,
        .new_spki = spki_of(person->new_key, *state),
        .serial = "",
    };
    npie_bytes_t pdf;

    assert_ok(person, npie_letter_draw(&pdf, world->art, &letter,
                                       &person->err, *state));
    refused1(person, pdf, NPIE_MISMATCH_FORGED, NPIE_FILE_LETTER, 999999);
}

/* Files that carry a signature themselves. */
static void test_signed_file(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_bytes_t right = letter_cms(person, NPIE_LETTER_RENEWAL,
                                          &person->old->id);
    const npie_bytes_t wrong = letter_cms(person, NPIE_LETTER_RENEWAL,
                                          &neighbour->old->id);
    npie_letter_check_t check;
    npie_bytes_t file;

    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE,
                person_send(person, NPIE_LETTER_RENEWAL, nothing, pdf1(person),
                          &check));
    assert_int_equal(check.mismatch, NPIE_MISMATCH_NONE);
    assert_ok(person, npie_letter_file_sign(&file, pdf1(person), wrong,
                                            &person->err, *state));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                person_send(person, NPIE_LETTER_RENEWAL, nothing, file,
                            &check));
    assert_int_equal(check.mismatch, NPIE_MISMATCH_NONE);
    assert_int_equal(check.folio, person_place(person).renewal->letter1);
    /* The page's own signature is the one that counts. */
    assert_ok(person, person_send(person, NPIE_LETTER_RENEWAL, right, file,
                                &check));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_no_letter), pool_test(test_altered),
        pool_test(test_older), pool_test(test_signed_kept),
        pool_test(test_earlier_renewal),
        pool_test(test_other_kind), pool_test(test_other_employer),
        pool_test(test_forged), pool_test(test_signed_file),
    };

    return world_run(tests);
}
