/* SPDX-License-Identifier: Apache-2.0
 * What a renewal refuses, and that nothing is lost by it.
 */
#include "unit/flow_world.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/evp.h>

static const npie_bytes_t nothing = { NULL, 0 };

/* Everything the registry knows of an employer, as one text. */
static const char *all_of(person_t *person)
{
    const apr_int64_t id = person->employer.id;

    return world_ask(apr_psprintf(person->p,
        "SELECT * FROM renewal WHERE employer = %" APR_INT64_T_FMT ";"
        "SELECT l.folio, l.sha256, l.signed_at, l.voided FROM letter l"
        " JOIN renewal r ON r.id = l.renewal"
        " WHERE r.employer = %" APR_INT64_T_FMT ";"
        "SELECT serial, status, terms_signed FROM certificate"
        " WHERE employer = %" APR_INT64_T_FMT ";"
        "SELECT event FROM audit WHERE actor = '%s'",
        id, id, id, person->who.actor), person->p);
}

static apr_status_t sign(person_t *person, npie_letter_kind_t kind,
                         npie_bytes_t cms)
{
    return person_send(person, kind, cms, nothing, NULL);
}

static apr_status_t sign1(person_t *person)
{
    return sign(person, NPIE_LETTER_RENEWAL, nothing);
}

static apr_status_t sign2(person_t *person)
{
    return sign(person, NPIE_LETTER_TERMS, nothing);
}

typedef apr_status_t (*move_fn)(person_t *person);

/* A move with another telephone typed. */
static apr_status_t typed(person_t *person, const char *phone, move_fn move)
{
    person_t at = *person;
    apr_status_t rv;

    at.contact.phone = phone;
    rv = move(&at);
    person->err = at.err;
    return rv;
}

static apr_status_t other_data(person_t *person)
{
    return typed(person, "3300000000", person_data);
}

static apr_status_t correct(person_t *person)
{
    return typed(person, "3300000001", person_correct);
}

static apr_status_t other_key(person_t *person)
{
    person_t made = *person;
    apr_status_t rv;

    made.csr = fixture_csr(identity_key("P-256", person->p), person->p);
    rv = person_key(&made);
    person->err = made.err;
    return rv;
}

/* What is said of a move that comes too late. */
static npie_problem_t problem_of(char move, npie_renewal_state_t state)
{
    return state == NPIE_RENEWAL_NONE ? NPIE_P_NOT_NOW
        : move == 'd' || move == 'c' ? NPIE_P_DATA_OTHER
        : move == 'k' ? NPIE_P_KEY_OTHER : NPIE_P_NOT_NOW;
}

/* Which moves are for later in each state; d other data, k other key, r
 * rekey, c data corrected, 1 letter 1, m mail link, i issue, 2 letter 2, x cancel. */
static void test_out_of_order(void **state)
{
    static const struct {
        char name;
        move_fn move;
    } moves[] = {
        { 'd', other_data }, { 'k', other_key }, { 'r', person_rekey },
        { '1', sign1 }, { 'm', person_confirm }, { 'i', person_ask },
        { '2', sign2 }, { 'x', person_cancel }, { 'c', correct },
    };
    static const struct {
        npie_renewal_state_t state;
        const char *later;
    } states[] = {
        { NPIE_RENEWAL_NONE, "ckr1mi2" },
        { NPIE_RENEWAL_STARTED, "1mi2" },
        { NPIE_RENEWAL_KEYED, "dkmi2" },
        { NPIE_RENEWAL_SIGNED, "dki2" },
        { NPIE_RENEWAL_CONFIRMED, "dk2" },
        { NPIE_RENEWAL_ISSUED, "cdkrx" },
    };

    for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); ++s) {
        person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
        const char *before;

        person->policy.mail_link_required =
            states[s].state == NPIE_RENEWAL_SIGNED;
        if (states[s].state != NPIE_RENEWAL_NONE) {
            person_to(person, states[s].state);
        }
        before = all_of(person);
        for (size_t m = 0; m < sizeof(moves) / sizeof(moves[0]); ++m) {
            if (strchr(states[s].later, moves[m].name) != NULL) {
                assert_call(person, NPIE_ECONFLICT,
                            problem_of(moves[m].name, states[s].state),
                            moves[m].move(person));
            }
        }
        assert_string_equal(all_of(person), before);
    }
}

/* After the end the old certificate moves nothing. */
static void rename_employer(person_t *person, const char *name,
                            const char *surname)
{
    npie_employer_t *employer;

    assert_ok(person, npie_employer_get(&employer, person->flow.registry,
                                        person->employer.id, &person->err));
    employer->name = name;
    employer->surname = surname;
    assert_ok(person, npie_employer_update(person->flow.registry, employer,
                                           &person->err));
}

/* No letter of another company or person than the certificate's; how a name is
 * written does not matter. */
static void test_names(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const char *before;

    rename_employer(person, "Molinos del Bajío y Asociados", "Ñandú");
    before = all_of(person);
    assert_call(person, NPIE_EPOLICY, NPIE_P_NAMES_DIFFER, other_data(person));
    assert_non_null(strstr(person->err.detail, "Asociados"));
    rename_employer(person, "Molinos del Bajío, S.A. de C.V.", "Bolívar");
    assert_call(person, NPIE_EPOLICY, NPIE_P_NAMES_DIFFER, other_data(person));
    rename_employer(person, "MOLINOS DEL BAJIO SA DE CV", "NANDU");
    assert_string_equal(before, all_of(person));
    person_to(person, NPIE_RENEWAL_STARTED);
    /* Changed in between. */
    rename_employer(person, "Otra", "Ñandú");
    assert_call(person, NPIE_EPOLICY, NPIE_P_NAMES_DIFFER, other_key(person));
    rename_employer(person, "Molinos del Bajío, S.A. de C.V.", "Ñandú");
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

static void test_completed(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *renewed;

    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                other_data(person));
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                person_rekey(person));
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_SUPERSEDED,
                person_cancel(person));
    /* A session may be turned into one of the new certificate after this. */
    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE, sign2(person));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign(person, NPIE_LETTER_TERMS,
                     letter_cms(person, NPIE_LETTER_TERMS, &person->old->id)));
    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
    renewed = person_renewed(person, *state);
    assert_later(renewed, other_data(renewed));
    assert_later(renewed, person_cancel(renewed));
}

static npie_bytes_t flipped(npie_bytes_t bytes, apr_size_t at, apr_pool_t *p)
{
    unsigned char *copy = apr_pmemdup(p, bytes.data, bytes.len);

    copy[at] ^= 1;
    bytes.data = copy;
    return bytes;
}

static npie_bytes_t altered_cms(person_t *person, npie_letter_kind_t kind)
{
    const npie_bytes_t other = unit_bytes("another text");

    return kind == NPIE_LETTER_RENEWAL
        ? cms_over(&person->old->id, &other, 1, person->p)
        : cms_over(person->new_key, &other, 1, person->p);
}

/* What both letters refuse, signed by `right` if it were right. */
static void refuse_signatures(person_t *person, npie_letter_kind_t kind,
                              npie_bytes_t right)
{
    const npie_bytes_t text = unit_bytes("no CMS at all");

    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE,
                sign(person, kind, nothing));
    assert_call(person, NPIE_EINPUT, NPIE_P_SIGNATURE,
                sign(person, kind, text));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_SIGNATURE,
                sign(person, kind, flipped(right, right.len - 1, person->p)));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_ALTERED,
                sign(person, kind, altered_cms(person, kind)));
}

static void test_signature1(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_NONE, *state);
    npie_subject_t subject = fixture_subject;
    fixture_employer_t *same_key, *strange;
    const char *before;

    subject.rp10 = person->employer.user;
    same_key = fixture_employer(world->ca, &person->old->id, &subject,
                                apr_time_now() + EXPIRED, *state);
    strange = fixture_employer(world->stranger, &person->old->id, &subject,
                               apr_time_now() + EXPIRED, *state);
    person_to(person, NPIE_RENEWAL_KEYED);
    before = all_of(person);
    refuse_signatures(person, NPIE_LETTER_RENEWAL,
                      letter_cms(person, NPIE_LETTER_RENEWAL,
                                 &person->old->id));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign(person, NPIE_LETTER_RENEWAL,
                     letter_cms(person, NPIE_LETTER_RENEWAL,
                                &neighbour->old->id)));
    assert_non_null(strstr(person->err.detail, neighbour->old->cert->serial));
    assert_non_null(strstr(person->err.detail, person->old->cert->serial));
    assert_non_null(strstr(person->err.detail, "the old one"));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign(person, NPIE_LETTER_RENEWAL,
                     letter_cms(person, NPIE_LETTER_RENEWAL, &same_key->id)));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign(person, NPIE_LETTER_RENEWAL,
                     letter_cms(person, NPIE_LETTER_RENEWAL, &strange->id)));
    assert_string_equal(all_of(person), before);
    assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
}

/* The old key got too short, or its CA untrusted, on the way. */
static void test_signature1_policy(void **state)
{
    person_t *person = person_new("RSA-1024", EXPIRED, *state);
    const npie_trust_t *trust = person->flow.trust;
    apr_array_header_t *files = apr_array_make(*state, 1, sizeof(char *));
    const char *file = apr_pstrcat(*state, world->signer->dir, "/other.crt",
                                   NULL);
    npie_trust_t *other;

    fixture_write(file, unit_bytes(npie_cert_pem(world->stranger->cert,
                                                 *state)), 0644);
    APR_ARRAY_PUSH(files, const char *) = file;
    assert_ok(person, npie_trust_load(&other, files, &person->err, *state));
    person_to(person, NPIE_RENEWAL_KEYED);
    person->policy.old_key_min_bits = 2048;
    assert_call(person, NPIE_EPOLICY, NPIE_P_KEY_WEAK,
                person_sign(person, NPIE_LETTER_RENEWAL));
    person->policy.old_key_min_bits = 1024;
    person->flow.trust = other;
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_UNTRUSTED,
                person_sign(person, NPIE_LETTER_RENEWAL));
    person->flow.trust = trust;
    assert_ok(person, person_sign(person, NPIE_LETTER_RENEWAL));
    person->flow.trust = other;
    assert_call(person, NPIE_ECONFIG, NPIE_P_INTERNAL, person_ask(person));
    person->flow.trust = trust;
    person_to(person, NPIE_RENEWAL_COMPLETED);
}

static void test_signature2(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    const char *before;

    person_to(person, NPIE_RENEWAL_ISSUED);
    before = all_of(person);
    refuse_signatures(person, NPIE_LETTER_TERMS,
                      letter_cms(person, NPIE_LETTER_TERMS, person->new_key));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign(person, NPIE_LETTER_TERMS,
                     letter_cms(person, NPIE_LETTER_TERMS, &person->old->id)));
    assert_non_null(strstr(person->err.detail, "the new one"));
    person->flow.now = person->new_cert->not_before - 1;
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_NOT_YET,
                person_sign(person, NPIE_LETTER_TERMS));
    assert_string_equal(all_of(person), before);
    person->flow.now = person->new_cert->not_before;
    assert_ok(person, person_sign(person, NPIE_LETTER_TERMS));
}

static void test_key(void **state)
{
    static const char *const names[] = {
        "", "a b", "../a", "a.key", "llave\xC3\xB1", "a/b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    static const char *const digests[] = {
        "0", "g",
        ("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg")
    };
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_NONE, *state);
    const npie_bytes_t good = person->csr;
    const char *before;

    person_to(neighbour, NPIE_RENEWAL_KEYED);
    assert_ok(person, person_data(person));
    before = all_of(person);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        assert_call(person, NPIE_EINPUT, NPIE_P_KEY_NAME,
                    npie_flow_key(&person->flow, &person->who, good, names[i],
                                  "", &person->err));
    }
    for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); ++i) {
        assert_call(person, NPIE_EINPUT, NPIE_P_REQUEST,
                    npie_flow_key(&person->flow, &person->who, good, "a",
                                  digests[i], &person->err));
    }
    person->csr = unit_bytes("no request");
    assert_call(person, NPIE_EINPUT, NPIE_P_CSR, person_key(person));
    person->csr = flipped(good, good.len - 1, *state);
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_CSR_SIGNATURE,
                person_key(person));
    person->csr = fixture_csr(identity_key("RSA-1024", *state), *state);
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_WEAK,
                person_key(person));
    person->csr = fixture_csr(&person->old->id, *state);
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                person_key(person));
    person->csr = neighbour->csr;
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                person_key(person));
    person->csr = good;
    assert_string_equal(all_of(person), before);
    assert_ok(person, npie_flow_key(&person->flow, &person->who, good,
                                    "B_2-x", "0123456789ABCDEF0123456789abcdef"
                                    "0123456789abcdef0123456789abcdef",
                                    &person->err));
    assert_string_equal(person_place(person).renewal->key_sha256,
                        "0123456789abcdef0123456789abcdef"
                        "0123456789abcdef0123456789abcdef");
}

static void test_lapse(void **state)
{
    static const npie_renewal_state_t states[] = {
        NPIE_RENEWAL_STARTED, NPIE_RENEWAL_KEYED, NPIE_RENEWAL_CONFIRMED
    };

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); ++i) {
        person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
        npie_place_t place;

        person_to(person, states[i]);
        person->flow.now += 10 * DAY;
        place = person_place(person);
        assert_true(place.lapsed);
        assert_null(place.renewal);
        assert_int_equal(place.verdict, NPIE_VERDICT_RENEWAL);
        assert_string_equal(place.employer->contact.email,
                            "antes@molinos.example");
        assert_false(person_place(person).lapsed);
        assert_later(person, person_ask(person));
        assert_ok(person, person_data(person));
        assert_int_equal(person_place(person).renewal->state,
                         NPIE_RENEWAL_STARTED);
        assert_string_equal(
            world_ask(apr_psprintf(*state,
                "SELECT count(*) FROM letter l JOIN renewal r ON r.id ="
                " l.renewal WHERE r.employer = %" APR_INT64_T_FMT
                " AND voided = 0", person->employer.id), *state), "0");
    }
}

/* Posted from a page that was opened before. */
static void test_lapse_at_move(void **state)
{
    static const move_fn moves[] = { other_data, correct, other_key,
                                     person_rekey, sign1, person_confirm,
                                     person_ask, sign2 };

    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); ++i) {
        person_t *person = person_at(NPIE_RENEWAL_NONE, *state);

        person_to(person, NPIE_RENEWAL_CONFIRMED);
        person->flow.now += 10 * DAY;
        assert_call(person, NPIE_ECONFLICT, NPIE_P_LAPSED, moves[i](person));
        assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
        assert_ok(person, person_cancel(person));
        person = person_at(NPIE_RENEWAL_CONFIRMED, *state);
        person->flow.now += 10 * DAY;
        assert_ok(person, person_cancel(person));
        assert_int_equal(person_state(person), NPIE_RENEWAL_NONE);
    }
}

/* The new certificate expires with its letter unsigned: the one before it is
 * renewed again. */
static void test_lapse_issued(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *renewed;

    person_to(person, NPIE_RENEWAL_ISSUED);
    person->flow.now += 100 * DAY;
    assert_int_equal(person_state(person), NPIE_RENEWAL_ISSUED);
    person->flow.now = person->new_cert->not_after;
    renewed = person_renewed(person, *state);
    renewed->flow.now = person->new_cert->not_after;
    assert_call(person, NPIE_ECONFLICT, NPIE_P_LAPSED,
                sign(person, NPIE_LETTER_TERMS, nothing));
    assert_int_equal(person_place(renewed).problem, NPIE_P_CERT_SUPERSEDED);
    assert_int_equal(person_place(person).verdict, NPIE_VERDICT_RENEWAL);
    assert_null(person_place(person).renewal);
    assert_ok(person, person_data(person));
    assert_int_equal(person_place(person).generation, 3);
}

/* The same, seen first on a page: the certificate that was made and never used
 * has not replaced the one before it. */
static void test_lapse_issued_seen(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    npie_place_t place;

    person_to(person, NPIE_RENEWAL_ISSUED);
    person->flow.now = person->new_cert->not_after;
    place = person_place(person);
    assert_true(place.lapsed);
    assert_int_equal(place.problem, NPIE_P_NONE);
    assert_int_equal(place.verdict, NPIE_VERDICT_RENEWAL);
}

static void revoke_row(person_t *person, apr_int64_t certificate)
{
    assert_ok(person, npie_certificate_end(person->flow.registry, certificate,
                                           NPIE_CERTIFICATE_REVOKED,
                                           "keyCompromise", person->flow.now,
                                           &person->err));
}

static void test_revoked(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *renewed;

    person_to(person, NPIE_RENEWAL_KEYED);
    revoke_row(person, person->who.certificate);
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                person_sign(person, NPIE_LETTER_RENEWAL));
    assert_call(person, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                person_cancel(person));

    /* The old one falls after the new one was made: it gets no terms. */
    person = person_at(NPIE_RENEWAL_NONE, *state);
    person_to(person, NPIE_RENEWAL_ISSUED);
    revoke_row(person, person->who.certificate);
    renewed = person_renewed(person, *state);
    assert_call(renewed, NPIE_EPOLICY, NPIE_P_CERT_REVOKED,
                person_sign(renewed, NPIE_LETTER_TERMS));
    assert_int_equal(person_place(renewed).verdict, NPIE_VERDICT_TERMS);
}

static void test_additional(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *colleague = person_again(person, *state);
    npie_place_t place;

    colleague->who.certificate = person_additional(person);
    person_to(person, NPIE_RENEWAL_KEYED);
    place = person_place(colleague);
    assert_int_equal(place.problem, NPIE_P_CERT_ADDITIONAL);
    assert_null(place.renewal);
    assert_call(colleague, NPIE_EPOLICY, NPIE_P_CERT_ADDITIONAL,
                other_data(colleague));
    assert_call(colleague, NPIE_EPOLICY, NPIE_P_CERT_ADDITIONAL,
                sign1(colleague));
    colleague->flow.now = person->old->cert->not_after - 1;
    assert_int_equal(person_place(colleague).verdict,
                     NPIE_VERDICT_APPLICATION);
    assert_later(colleague, other_data(colleague));
    assert_int_equal(person_state(person), NPIE_RENEWAL_KEYED);
}

/* A session whose rows are not what they were. */
static void test_gone(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_NONE, *state);
    person_t *neighbour = person_at(NPIE_RENEWAL_NONE, *state);
    npie_place_t place;

    person->who.employer = neighbour->who.employer;
    assert_call(person, APR_NOTFOUND, NPIE_P_SESSION,
                npie_flow_place(&place, &person->flow, &person->who,
                                &person->err));
    person->who.certificate = 999999;
    assert_int_equal(npie_flow_place(&place, &person->flow, &person->who,
                                     &person->err), APR_NOTFOUND);
    assert_int_equal(person_data(person), APR_NOTFOUND);
    assert_int_equal(person_ask(person), APR_NOTFOUND);
}

/* A letter that was voided since the place was read, of which only the hash is
 * left: not now, and no fault of ours. */
static void test_voided_meanwhile(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_KEYED, *state);
    const npie_bytes_t no_file = { NULL, 0 };
    const npie_bytes_t cms = letter_cms(person, NPIE_LETTER_RENEWAL,
                                        &person->old->id);

    world_ask(apr_psprintf(*state, "UPDATE letter SET voided = 1, pdf = 'AA=='"
                           " WHERE folio = %" APR_INT64_T_FMT,
                           person_letter(person, NPIE_LETTER_RENEWAL)->folio),
              *state);
    assert_later(person, person_send(person, NPIE_LETTER_RENEWAL, cms, no_file,
                                     NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_out_of_order), pool_test(test_voided_meanwhile),
        pool_test(test_names),
        pool_test(test_completed),
        pool_test(test_signature1), pool_test(test_signature1_policy),
        pool_test(test_signature2), pool_test(test_key),
        pool_test(test_lapse), pool_test(test_lapse_at_move),
        pool_test(test_lapse_issued), pool_test(test_lapse_issued_seen),
        pool_test(test_revoked),
        pool_test(test_additional), pool_test(test_gone),
    };

    return world_run(tests);
}
