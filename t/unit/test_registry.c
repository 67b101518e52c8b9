/* SPDX-License-Identifier: Apache-2.0
 * store/registry.h on SQLite and on PostgreSQL: what each function does, and
 * what the schema forbids.
 */
#include "unit/registries.h"

static void test_employer(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t e = registry_employer(f);
    npie_contact_t contact = { "ñandú@correo.example", "5555555555", "5" };
    npie_employer_t *got = NULL;
    apr_int64_t id = 0;
    apr_int64_t other = 0;

    assert_ok(f, npie_employer_insert(&id, f->registry, &e, &f->err));
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_int_equal(got->id, id);
    assert_string_equal(got->name, e.name);
    assert_string_equal(got->rp, e.rp);
    assert_string_equal(got->rfc, e.rfc);
    assert_string_equal(got->user, e.user);
    assert_string_equal(got->given_name, e.given_name);
    assert_string_equal(got->surname, e.surname);
    assert_string_equal(got->surname2, "");
    assert_string_equal(got->curp, e.curp);
    assert_string_equal(got->subdelegation, e.subdelegation);
    assert_int_equal(got->address.entity, 11);
    assert_string_equal(got->address.street, e.address.street);
    assert_string_equal(got->address.outer_number, "12");
    assert_string_equal(got->address.inner_number, "");
    assert_string_equal(got->address.postcode, "37000");
    assert_string_equal(got->contact.email, "a@b.example");
    assert_ok(f, npie_employer_by_user(&got, f->registry, e.user, &f->err));
    assert_int_equal(got->id, id);
    assert_ok(f, npie_employer_by_rp10(&got, f->registry,
                                       apr_pstrndup(f->p, e.rp, 10), &f->err));
    assert_int_equal(got->id, id);
    assert_status(f, APR_NOTFOUND,
                  npie_employer_by_rp10(&got, f->registry, e.rp, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_by_user(&got, f->registry, "' OR 1=1 --",
                                        &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, 1 << 30, &f->err));

    assert_status(f, NPIE_ECONFLICT,
                  npie_employer_insert(&other, f->registry, &e, &f->err));
    assert_int_equal(other, 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_set_contact(f->registry, id, &contact,
                                            &f->err));
    assert_int_equal(f->err.problem, NPIE_P_REGISTRY_DOWN);
    contact.fax = "";
    assert_ok(f, npie_employer_set_contact(f->registry, id, &contact, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_set_contact(f->registry, 1 << 30, &contact,
                                            &f->err));
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_string_equal(got->contact.email, contact.email);
    assert_string_equal(got->contact.phone, contact.phone);
}

static void test_certificate(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t employer = registry_employer_added(f);
    npie_certificate_t c = registry_certificate(f, employer, 1);
    npie_certificate_t *got = NULL;
    apr_int64_t id = 0;
    apr_int64_t second;

    assert_status(f, APR_NOTFOUND,
                  npie_certificate_newest(&got, f->registry, employer,
                                          &f->err));
    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    assert_ok(f, npie_certificate_by_spki(&got, f->registry, c.spki, &f->err));
    assert_int_equal(got->id, id);
    assert_int_equal(got->employer, employer);
    assert_int_equal(got->generation, 1);
    assert_string_equal(got->serial, "3030");
    assert_int_equal(got->der.len, c.der.len);
    assert_memory_equal(got->der.data, c.der.data, c.der.len);
    assert_int_equal(got->not_before, c.not_before);
    assert_int_equal(got->not_after, c.not_after);
    assert_int_equal(got->status, NPIE_CERTIFICATE_ACTIVE);
    assert_int_equal(got->ended, 0);
    assert_int_equal(got->terms_signed, 0);

    assert_status(f, NPIE_ECONFLICT,
                  npie_certificate_insert(&second, f->registry, &c, &f->err));
    c.spki = registry_hex64(f, ++f->serial);
    assert_status(f, NPIE_ECONFLICT,
                  npie_certificate_insert(&second, f->registry, &c, &f->err));
    second = registry_certificate_added(f, employer, 2);
    assert_ok(f, npie_certificate_newest(&got, f->registry, employer,
                                         &f->err));
    assert_int_equal(got->id, second);

    assert_ok(f, npie_certificate_set_terms(f->registry, id, NOW + 999999,
                                            &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_certificate_set_terms(f->registry, id, NOW, &f->err));
    assert_ok(f, npie_certificate_end(f->registry, id,
                                      NPIE_CERTIFICATE_SUPERSEDED,
                                      "superseded", NOW, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_certificate_end(f->registry, id,
                                       NPIE_CERTIFICATE_REVOKED,
                                       "keyCompromise", NOW, &f->err));
    assert_ok(f, npie_certificate_get(&got, f->registry, id, &f->err));
    assert_int_equal(got->status, NPIE_CERTIFICATE_SUPERSEDED);
    assert_int_equal(got->ended, NOW);
    assert_string_equal(got->reason, "superseded");
    assert_int_equal(got->terms_signed, NOW);
}

static void test_additionals(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t employer = registry_employer_added(f);
    npie_certificate_t c = registry_certificate(f, employer, 1);
    apr_array_header_t *list = NULL;
    npie_certificate_t *newest = NULL;
    apr_int64_t ids[3];

    registry_certificate_added(f, employer, 1);
    assert_ok(f, npie_certificate_additionals(&list, f->registry, employer,
                                              &f->err));
    assert_int_equal(list->nelts, 0);
    c.additional = 1;
    c.holder = "Íñigo";
    c.holder_email = "i@b.example";
    c.generation = 9;
    for (int i = 0; i < 3; i++) {
        c.spki = registry_hex64(f, ++f->serial);
        assert_ok(f, npie_certificate_insert(&ids[i], f->registry, &c,
                                             &f->err));
    }
    assert_ok(f, npie_certificate_end(f->registry, ids[1],
                                      NPIE_CERTIFICATE_REVOKED, "", NOW,
                                      &f->err));
    assert_ok(f, npie_certificate_additionals(&list, f->registry, employer,
                                              &f->err));
    assert_int_equal(list->nelts, 2);
    assert_int_equal(APR_ARRAY_IDX(list, 0, npie_certificate_t *)->id, ids[0]);
    assert_int_equal(APR_ARRAY_IDX(list, 1, npie_certificate_t *)->id, ids[2]);
    assert_string_equal(APR_ARRAY_IDX(list, 1, npie_certificate_t *)->holder,
                        "Íñigo");
    assert_ok(f, npie_certificate_newest(&newest, f->registry, employer,
                                         &f->err));
    assert_int_equal(newest->additional, 0);
}

static void test_keys(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t employer = registry_employer_added(f);
    npie_certificate_t c = registry_certificate(f, employer, 1);
    const char *spki = registry_hex64(f, ++f->serial);
    apr_int64_t id;

    assert_status(f, APR_NOTFOUND, npie_key_seen(f->registry, spki, &f->err));
    assert_ok(f, npie_key_note(f->registry, spki, NOW, &f->err));
    assert_ok(f, npie_key_seen(f->registry, spki, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_key_note(f->registry, spki, NOW, &f->err));
    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    assert_ok(f, npie_key_seen(f->registry, c.spki, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_key_note(f->registry, c.spki, NOW, &f->err));
}

static void test_renewal(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_renewal_t again = r;
    npie_renewal_t *got = NULL;

    assert_ok(f, npie_renewal_open(&got, f->registry, r.employer, &f->err));
    assert_int_equal(got->id, r.id);
    assert_int_equal(got->employer, r.employer);
    assert_int_equal(got->old_certificate, r.old_certificate);
    assert_int_equal(got->new_certificate, 0);
    assert_int_equal(got->state, NPIE_RENEWAL_STARTED);
    assert_string_equal(got->contact.email, "nuevo@b.example");
    assert_int_equal(got->csr.len, 0);
    assert_string_equal(got->new_spki, "");
    assert_int_equal(got->letter1, 0);
    assert_int_equal(got->created, NOW);
    assert_status(f, NPIE_ECONFLICT,
                  npie_renewal_insert(&again.id, f->registry, &again,
                                      &f->err));

    r.state = NPIE_RENEWAL_KEYED;
    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_update(f->registry, &r, NPIE_RENEWAL_STARTED,
                                      &f->err));
    r.csr = unit_bytes("csr");
    r.new_spki = registry_hex64(f, ++f->serial);
    r.key_name = "A000_2";
    r.letter1 = registry_letter_added(f, r.id, NPIE_LETTER_RENEWAL).folio;
    r.changed = NOW + SEC(5);
    assert_status(f, NPIE_ECONFLICT,
                  npie_renewal_update(f->registry, &r, NPIE_RENEWAL_SIGNED,
                                      &f->err));
    assert_ok(f, npie_renewal_update(f->registry, &r, NPIE_RENEWAL_STARTED,
                                     &f->err));
    assert_ok(f, npie_renewal_open(&got, f->registry, r.employer, &f->err));
    assert_int_equal(got->state, NPIE_RENEWAL_KEYED);
    assert_memory_equal(got->csr.data, "csr", 3);
    assert_string_equal(got->new_spki, r.new_spki);
    assert_string_equal(got->key_name, "A000_2");
    assert_string_equal(got->key_sha256, "");
    assert_int_equal(got->letter1, r.letter1);
    assert_int_equal(got->created, NOW);
    assert_int_equal(got->changed, NOW + SEC(5));
}

static void test_renewal_to_the_end(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_renewal_t *got = NULL;

    r.csr = unit_bytes("csr");
    r.new_spki = registry_hex64(f, ++f->serial);
    r.letter1 = registry_letter_added(f, r.id, NPIE_LETTER_RENEWAL).folio;
    r.state = NPIE_RENEWAL_ISSUED;
    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_update(f->registry, &r, NPIE_RENEWAL_STARTED,
                                      &f->err));
    r.new_certificate = registry_certificate_added(f, r.employer, 2);
    r.letter2 = registry_letter_added(f, r.id, NPIE_LETTER_TERMS).folio;
    assert_ok(f, npie_renewal_update(f->registry, &r, NPIE_RENEWAL_STARTED,
                                     &f->err));
    r.state = NPIE_RENEWAL_COMPLETED;
    assert_ok(f, npie_renewal_update(f->registry, &r, NPIE_RENEWAL_ISSUED,
                                     &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_renewal_open(&got, f->registry, r.employer, &f->err));
    assert_ok(f, npie_renewal_by_new(&got, f->registry, r.new_certificate,
                                     &f->err));
    assert_int_equal(got->id, r.id);
    assert_int_equal(got->letter2, r.letter2);
    assert_status(f, APR_NOTFOUND,
                  npie_renewal_by_new(&got, f->registry, r.old_certificate,
                                      &f->err));
    /* Each way to end one lets the next one begin. */
    for (int i = NPIE_RENEWAL_COMPLETED; i <= NPIE_RENEWAL_LAPSED; i++) {
        npie_renewal_t next = registry_renewal(r.employer, r.old_certificate);

        assert_ok(f, npie_renewal_insert(&next.id, f->registry, &next,
                                         &f->err));
        next.state = i == NPIE_RENEWAL_COMPLETED ? NPIE_RENEWAL_CANCELLED
                                                 : (npie_renewal_state_t)i;
        assert_ok(f, npie_renewal_update(f->registry, &next,
                                         NPIE_RENEWAL_STARTED, &f->err));
    }
    assert_string_equal(npie_renewal_state_name(NPIE_RENEWAL_STATES), "?");
}

static void test_letter(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_letter_row_t l = registry_letter_added(f, r.id, NPIE_LETTER_RENEWAL);
    npie_letter_row_t other = l;
    npie_letter_row_t *got = NULL;
    char *big = apr_palloc(f->p, 70000);
    npie_bytes_t file = { (const unsigned char *)big, 70000 };

    for (int i = 0; i < 70000; i++) {
        big[i] = (char)(i * 31 + (i >> 8));
    }
    assert_status(f, NPIE_ECONFLICT,
                  npie_letter_insert(f->registry, &l, &f->err));
    assert_ok(f, npie_folio_next(&other.folio, f->registry, &f->err));
    assert_int_equal(other.folio, l.folio + 1);
    assert_status(f, NPIE_ECONFLICT,
                  npie_letter_insert(f->registry, &other, &f->err));
    assert_ok(f, npie_letter_get(&got, f->registry, l.folio, &f->err));
    assert_int_equal(got->folio, l.folio);
    assert_int_equal(got->renewal, r.id);
    assert_int_equal(got->employer, r.employer);
    assert_int_equal(got->kind, NPIE_LETTER_RENEWAL);
    assert_int_equal(got->created, NOW);
    assert_memory_equal(got->pdf.data, l.pdf.data, l.pdf.len);
    assert_int_equal(got->signed_at, 0);
    assert_int_equal(got->voided, 0);

    assert_ok(f, npie_letter_set_signed(f->registry, l.folio, file, NOW,
                                        &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_letter_set_signed(f->registry, l.folio, l.pdf, NOW,
                                         &f->err));
    assert_ok(f, npie_letter_get(&got, f->registry, l.folio, &f->err));
    assert_int_equal(got->signed_at, NOW);
    assert_int_equal(got->pdf.len, 70000);
    assert_memory_equal(got->pdf.data, big, 70000);

    assert_ok(f, npie_letter_void(f->registry, l.folio, &f->err));
    assert_ok(f, npie_letter_void(f->registry, l.folio, &f->err));
    assert_ok(f, npie_letter_insert(f->registry, &other, &f->err));
    assert_ok(f, npie_letter_void(f->registry, other.folio, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_letter_set_signed(f->registry, other.folio, file, NOW,
                                         &f->err));
    assert_ok(f, npie_letter_get(&got, f->registry, other.folio, &f->err));
    assert_int_equal(got->voided, 1);
    assert_status(f, APR_NOTFOUND,
                  npie_letter_get(&got, f->registry, 1 << 30, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_letter_void(f->registry, 1 << 30, &f->err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_employer), ON_BOTH(test_certificate),
        ON_BOTH(test_additionals), ON_BOTH(test_keys), ON_BOTH(test_renewal),
        ON_BOTH(test_renewal_to_the_end), ON_BOTH(test_letter),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
