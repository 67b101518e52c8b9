/* SPDX-License-Identifier: Apache-2.0
 * Whole renewals, with everything real: registry, npie-signer, letters.
 */
#include "unit/flow_world.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "pki/cms.h"


/* The letter in the registry carries a signature by this certificate that
 * covers all of it. */
static void assert_signed(person_t *person, npie_letter_kind_t kind,
                          const npie_cert_t *by)
{
    const npie_cms_rules_t rules = { .trust = world->trust, .min_bits = 1024,
                                     .require_signing_certificate = 1 };
    const npie_letter_row_t *letter = person_letter(person, kind);
    npie_letter_file_t *parts;
    npie_cert_t *signer;

    assert_true(letter->signed_at != 0);
    assert_ok(person, npie_letter_file_parse(&parts, letter->pdf,
                                             &person->err, person->p));
    assert_int_equal(parts->cadena->kind, kind);
    assert_int_equal(parts->cadena->folio, letter->folio);
    assert_ok(person, npie_cms_verify(&signer, parts->cms, parts->signed_part,
                                      2, &rules, &person->err, person->p));
    assert_string_equal(signer->serial, by->serial);
}

static void assert_letter1(person_t *person)
{
    const npie_letter_row_t *letter = person_letter(person,
                                                    NPIE_LETTER_RENEWAL);
    npie_letter_file_t *parts;

    assert_ok(person, npie_letter_file_parse(&parts, letter->pdf,
                                             &person->err, person->p));
    assert_int_equal(letter->signed_at, 0);
    assert_int_equal(parts->cms.len, 0);
    assert_string_equal(parts->cadena->rp, person->employer.rp);
    assert_string_equal(parts->cadena->email, person->contact.email);
    assert_string_equal(parts->cadena->old_spki,
                        person->old->cert->spki_sha256);
    assert_string_equal(parts->cadena->new_spki,
                        spki_of(person->new_key, person->p));
    assert_int_equal(parts->cadena->time,
                     apr_time_from_sec(apr_time_sec(person->flow.now)));
}

/* Place by place, from the first page to the last. */
static void renew(person_t *person, npie_verdict_t before)
{
    npie_place_t place = person_place(person);

    assert_int_equal(place.verdict, before);
    assert_null(place.renewal);
    assert_int_equal(place.generation, 2);
    assert_ptr_equal(place.old, place.certificate);

    assert_ok(person, person_data(person));
    place = person_place(person);
    assert_int_equal(place.verdict, before);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_STARTED);
    assert_string_equal(place.employer->contact.email, person->contact.email);
    assert_string_equal(place.registered.email, "antes@molinos.example");

    assert_ok(person, person_key(person));
    assert_int_equal(person_state(person), NPIE_RENEWAL_KEYED);
    assert_letter1(person);

    assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
    assert_int_equal(person_state(person), NPIE_RENEWAL_CONFIRMED);
    assert_signed(person, NPIE_LETTER_RENEWAL, person->old->cert);

    assert_ok(person, person_issue(person));
    place = person_place(person);
    assert_int_equal(place.verdict, before);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_ISSUED);
    assert_int_equal(place.issued->generation, 2);
    assert_int_equal(place.generation, 2);
    assert_int_equal(place.issued->terms_signed, 0);
    assert_int_equal(place.issued->id, place.newest->id);
    assert_string_equal(place.registered.email, person->contact.email);
    assert_string_equal(person->new_cert->rp10, person->employer.user);
    assert_string_equal(person->new_cert->email, person->contact.email);

    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    assert_signed(person, NPIE_LETTER_TERMS, person->new_cert);
}

static void assert_completed(person_t *person)
{
    person_t *renewed = person_renewed(person, person->p);
    npie_place_t place = person_place(person);

    assert_int_equal(place.verdict, NPIE_VERDICT_REFUSED);
    assert_int_equal(place.problem, NPIE_P_CERT_SUPERSEDED);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_COMPLETED);
    assert_string_equal(place.certificate->reason, "superseded");
    assert_true(place.certificate->ended != 0);

    place = person_place(renewed);
    assert_int_equal(place.verdict, NPIE_VERDICT_APPLICATION);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_COMPLETED);
    assert_int_equal(place.issued->id, place.certificate->id);
    assert_int_equal(place.old->id, person->who.certificate);
    assert_true(place.certificate->terms_signed != 0);
    assert_string_equal(place.employer->contact.phone,
                        person->contact.phone);
}

static void assert_audit(person_t *person, const char *events)
{
    assert_string_equal(
        world_ask(apr_psprintf(person->p,
            "SELECT group_concat(event, ' ') FROM audit WHERE actor = '%s'",
            person->who.actor), person->p), events);
}

static void test_expired(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    renew(person, NPIE_VERDICT_RENEWAL);
    assert_completed(person);
    assert_audit(person, "data key sign-letter confirm issue supersede sign-terms");
}

/* The oldest keys there are, and an RSA key after them. */
static void test_rsa1024(void **state)
{
    person_t *person = person_new("RSA-1024", EXPIRED, *state);

    person->new_key = identity_key("RSA-2048", *state);
    person->csr = fixture_csr(person->new_key, *state);
    renew(person, NPIE_VERDICT_RENEWAL);
    assert_completed(person);
}

static void test_early(void **state)
{
    person_t *person = person_new("P-256", -170 * DAY, *state);

    renew(person, NPIE_VERDICT_EARLY);
    assert_completed(person);
}

/* The next renewal begins where this one has ended. */
static void test_again(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *next;
    npie_place_t place;

    person_to(person, NPIE_RENEWAL_COMPLETED);
    next = person_renewed(person, *state);
    next->policy.renew_before = 1000 * DAY;
    next->old->cert = person->new_cert;
    next->old->id = *person->new_key;
    next->new_key = identity_key("P-384", *state);
    next->csr = fixture_csr(next->new_key, *state);
    place = person_place(next);
    assert_int_equal(place.verdict, NPIE_VERDICT_EARLY);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_COMPLETED);
    assert_ok(next, person_data(next));
    assert_int_equal(person_place(next).generation, 3);
    person_to(next, NPIE_RENEWAL_COMPLETED);
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT group_concat(generation || status, ' ') FROM certificate"
            " WHERE employer = %" APR_INT64_T_FMT, person->employer.id),
            *state), "1superseded 2superseded 3active");
}

/* Every step twice, from either browser: the same answer, nothing more. */
static void test_repeats(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *other = person_again(person, *state);
    npie_bytes_t no_file = { NULL, 0 };
    npie_bytes_t cms;

    assert_ok(person, person_data(person));
    assert_ok(other, person_data(other));
    assert_ok(person, person_key(person));
    assert_ok(other, person_data(other));
    assert_ok(other, person_key(other));
    cms = letter_cms(person, NPIE_LETTER_RENEWAL, &person->old->id);
    assert_ok(person, person_send(person, NPIE_LETTER_RENEWAL, cms, no_file,
                                  NULL));
    assert_ok(other, person_send(other, NPIE_LETTER_RENEWAL, cms, no_file,
                                 NULL));
    assert_ok(other, person_key(other));
    assert_ok(person, person_issue(person));
    assert_ok(other, person_issue(other));
    assert_ok(other, person_send(other, NPIE_LETTER_RENEWAL, cms, no_file,
                                 NULL));
    assert_string_equal(person->new_cert->serial, other->new_cert->serial);
    cms = letter_cms(person, NPIE_LETTER_TERMS, person->new_key);
    assert_ok(person, person_send(person, NPIE_LETTER_TERMS, cms, no_file,
                                  NULL));
    assert_ok(person, person_send(person, NPIE_LETTER_TERMS, cms, no_file,
                                  NULL));
    assert_ok(other, person_send(other, NPIE_LETTER_TERMS, cms, no_file,
                                 NULL));
    assert_ok(other, person_ask(other));
    assert_audit(person, "data key sign-letter confirm issue supersede sign-terms");
}

/* Signed with the session of the new certificate. */
static void test_terms_later(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *renewed;

    person_to(person, NPIE_RENEWAL_ISSUED);
    renewed = person_renewed(person, *state);
    assert_int_equal(person_place(renewed).verdict, NPIE_VERDICT_TERMS);
    assert_later(renewed, person_cancel(renewed));
    assert_later(renewed, person_rekey(renewed));
    assert_ok(renewed, person_sign(renewed, NPIE_LETTER_TERMS));
    assert_completed(person);
}

static void test_additionals(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_NONE, *state);
    const apr_int64_t one = person_additional(person);
    const apr_int64_t two = person_additional(person);
    const apr_int64_t strange = person_additional(neighbour);

    person_to(person, NPIE_RENEWAL_ISSUED);
    assert_string_equal(
        world_ask("SELECT count(*) FROM certificate"
                  " WHERE additional = 1 AND status = 'active'", *state), "3");
    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT group_concat(status || reason, ' ') FROM certificate WHERE"
            " id IN (%" APR_INT64_T_FMT ", %" APR_INT64_T_FMT ", %"
            APR_INT64_T_FMT ") ORDER BY id", one, two, strange), *state),
        "supersededsuperseded supersededsuperseded active");
}

/* The data may be corrected as long as no letter names them. */
static void test_corrected(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    assert_ok(person, person_data(person));
    person->contact.email = "otra@molinos.example";
    assert_ok(person, person_data(person));
    assert_string_equal(person_place(person).renewal->contact.email,
                        "otra@molinos.example");
    assert_ok(person, person_key(person));
    assert_letter1(person);
    person->contact.fax = "3399999999";
    assert_call(person, NPIE_ECONFLICT, NPIE_P_DATA_OTHER,
                person_data(person));
    assert_string_equal(person_place(person).renewal->contact.fax, "");
    assert_audit(person, "data data key");
}

/* The mail link is waited for, until the admin drops the rule. */
static void test_mail_link(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    person->policy.mail_link_required = 1;
    assert_ok(person, person_data(person));
    assert_ok(person, person_key(person));
    assert_later(person, person_confirm(person));
    assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
    assert_int_equal(person_state(person), NPIE_RENEWAL_SIGNED);
    assert_later(person, person_ask(person));
    assert_ok(person, person_confirm(person));
    assert_ok(person, person_confirm(person));
    person_to(person, NPIE_RENEWAL_COMPLETED);

    person = person_at(NPIE_RENEWAL_NONE, *state);
    person->policy.mail_link_required = 1;
    person_to(person, NPIE_RENEWAL_SIGNED);
    person->policy.mail_link_required = 0;
    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_audit(person, "data key sign-letter confirm issue supersede sign-terms");
}

/* The letter as a file: unsigned beside the signature, or signed elsewhere. */
static void test_files(void **state)
{
    const npie_bytes_t none = { NULL, 0 };
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    npie_bytes_t file, cms;

    cms = letter_cms(person, NPIE_LETTER_RENEWAL, &person->old->id);
    file = person_letter(person, NPIE_LETTER_RENEWAL)->pdf;
    assert_ok(person, person_send(person, NPIE_LETTER_RENEWAL, cms, file,
                                  NULL));
    assert_ok(person, person_issue(person));
    cms = letter_cms(person, NPIE_LETTER_TERMS, person->new_key);
    file = person_letter(person, NPIE_LETTER_TERMS)->pdf;
    assert_ok(person, npie_letter_file_sign(&file, file, cms, &person->err,
                                            *state));
    assert_ok(person, person_send(person, NPIE_LETTER_TERMS, none, file,
                                  NULL));
    assert_completed(person);
    assert_signed(person, NPIE_LETTER_TERMS, person->new_cert);
}

static void test_cancel(void **state)
{
    static const npie_renewal_state_t states[] = {
        NPIE_RENEWAL_STARTED, NPIE_RENEWAL_KEYED, NPIE_RENEWAL_CONFIRMED
    };
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

    assert_ok(person, person_cancel(person));
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); ++i) {
        person->new_key = identity_key("P-256", *state);
        person->csr = fixture_csr(person->new_key, *state);
        person_to(person, states[i]);
        assert_ok(person, person_cancel(person));
        assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
        assert_ok(person, person_cancel(person));
        assert_later(person, person_key(person));
    }
    assert_string_equal(
        world_ask(apr_psprintf(*state,
            "SELECT count(*) || ' ' || sum(voided) FROM letter l JOIN renewal"
            " r ON r.id = l.renewal WHERE r.employer = %" APR_INT64_T_FMT,
            person->employer.id), *state), "2 2");
    assert_ok(person, person_data(person));
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                person_key(person));
    assert_string_equal(person_place(person).registered.email,
                        "antes@molinos.example");
}

static void test_rekey(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    npie_place_t place;
    apr_int64_t first;

    assert_later(person, person_rekey(person));
    person_to(person, NPIE_RENEWAL_CONFIRMED);
    first = person_place(person).renewal->letter1;
    assert_ok(person, person_rekey(person));
    assert_ok(person, person_rekey(person));
    place = person_place(person);
    assert_int_equal(place.renewal->state, NPIE_RENEWAL_STARTED);
    assert_int_equal(place.renewal->letter1, 0);
    assert_int_equal(place.renewal->csr.len, 0);
    assert_string_equal(place.renewal->new_spki, "");
    assert_string_equal(place.renewal->key_name, "");
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                person_key(person));
    person->new_key = identity_key("P-256", *state);
    person->csr = fixture_csr(person->new_key, *state);
    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_true(person_place(person).renewal->letter1 > first);
    assert_audit(person, "data key sign-letter confirm rekey key sign-letter"
                         " confirm issue supersede sign-terms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_expired), pool_test(test_rsa1024),
        pool_test(test_early), pool_test(test_again), pool_test(test_repeats),
        pool_test(test_terms_later), pool_test(test_additionals),
        pool_test(test_corrected), pool_test(test_mail_link),
        pool_test(test_files), pool_test(test_cancel), pool_test(test_rekey),
    };

    return world_run(tests);
}
