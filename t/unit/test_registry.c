/* SPDX-License-Identifier: Apache-2.0
 * The registry on SQLite and on PostgreSQL: every function, conflicts, races,
 * and databases that go away and come back.
 */
#include "unit/unit.h"

#include <apr_strings.h>
#include <apr_thread_proc.h>

#include <stdlib.h>

#include "store/registry.h"
#include "unit/backend.h"

#define SEC(n) apr_time_from_sec(n)
#define NOW SEC(1795000000)

/* What a test works with: a pool and a connection of its own. */
typedef struct fixture_t {
    const char *driver;
    const char *params;
    apr_pool_t *p;
    npie_registry_t *registry;
    npie_err_t err;
    int serial; /* makes rows of different tests differ */
} fixture_t;

static fixture_t sqlite = { .driver = "sqlite3" };
static fixture_t pgsql = { .driver = "pgsql" };
static apr_pool_t *root;

#define assert_status(f, expected, call) \
    do { \
        apr_status_t got_ = (call); \
        if (got_ != (expected)) { \
            fail_msg("%s: %d for %d: %s", #call, got_, (int)(expected), \
                     (f)->err.detail); \
        } \
    } while (0)
#define assert_ok(f, call) assert_status(f, APR_SUCCESS, call)

static npie_registry_t *connect_again(fixture_t *f)
{
    npie_registry_t *registry = NULL;

    assert_ok(f, npie_registry_open(&registry, f->driver, f->params, &f->err,
                                    f->p));
    return registry;
}

static int set_up(void **state)
{
    fixture_t *f = *state;

    apr_pool_create(&f->p, root);
    f->registry = connect_again(f);
    return 0;
}

static int tear_down(void **state)
{
    fixture_t *f = *state;

    apr_pool_destroy(f->p);
    return 0;
}

static const char *hex64(fixture_t *f, int n)
{
    return apr_psprintf(f->p, "%032x%032x", f->driver[0], n);
}

static npie_employer_t make_employer(fixture_t *f)
{
    npie_employer_t e = {
        .name = "Tornillos y Cañas del Bajío, S.A. de C.V.",
        .rfc = "TCB010203Ñ&1", .given_name = "María José",
        .surname = "Muñoz", .surname2 = "", .curp = "MUXM800101MGTXXR09",
        .subdelegation = "León",
        .address = { 11, "León", "León", "Centro", "Calle 5 de Mayo", "12",
                     "", "37000" },
        .contact = { "a@b.example", "4771234567", "" },
    };

    f->serial++;
    e.rp = apr_psprintf(f->p, "A%09d7", f->serial);
    e.user = apr_psprintf(f->p, "A%09d", f->serial);
    return e;
}

static apr_int64_t add_employer(fixture_t *f)
{
    npie_employer_t e = make_employer(f);
    apr_int64_t id = 0;

    assert_ok(f, npie_employer_insert(&id, f->registry, &e, &f->err));
    assert_true(id > 0);
    return id;
}

static npie_certificate_t make_certificate(fixture_t *f, apr_int64_t employer,
                                           int generation)
{
    npie_certificate_t c = {
        .employer = employer, .generation = generation, .holder = "",
        .holder_email = "", .serial = "3030", .der = unit_bytes("\x30\x03xyz"),
        .not_before = SEC(1780000000), .not_after = SEC(1790000000),
        .status = NPIE_CERTIFICATE_ACTIVE, .reason = "",
    };

    f->serial++;
    c.spki = hex64(f, f->serial);
    return c;
}

static apr_int64_t add_certificate(fixture_t *f, apr_int64_t employer,
                                   int generation)
{
    npie_certificate_t c = make_certificate(f, employer, generation);
    apr_int64_t id = 0;

    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    return id;
}

static npie_renewal_t make_renewal(apr_int64_t employer, apr_int64_t old)
{
    npie_renewal_t r = {
        .employer = employer, .old_certificate = old,
        .state = NPIE_RENEWAL_STARTED,
        .contact = { "nuevo@b.example", "4770000000", "4771111111" },
        .new_spki = "", .key_name = "", .key_sha256 = "",
        .created = NOW, .changed = NOW,
    };

    return r;
}

static npie_renewal_t add_renewal(fixture_t *f)
{
    apr_int64_t employer = add_employer(f);
    npie_renewal_t r = make_renewal(employer, add_certificate(f, employer, 1));

    assert_ok(f, npie_renewal_insert(&r.id, f->registry, &r, &f->err));
    return r;
}

static npie_letter_row_t add_letter(fixture_t *f, apr_int64_t renewal,
                                    npie_letter_kind_t kind)
{
    npie_letter_row_t l = {
        .renewal = renewal, .kind = kind, .created = NOW,
        .pdf = unit_bytes("%PDF-1.4 unsigned"),
    };

    l.sha256 = hex64(f, 7);
    assert_ok(f, npie_folio_next(&l.folio, f->registry, &f->err));
    assert_ok(f, npie_letter_insert(f->registry, &l, &f->err));
    return l;
}

static void test_employer(void **state)
{
    fixture_t *f = *state;
    npie_employer_t e = make_employer(f);
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
    fixture_t *f = *state;
    apr_int64_t employer = add_employer(f);
    npie_certificate_t c = make_certificate(f, employer, 1);
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
    c.spki = hex64(f, ++f->serial);
    assert_status(f, NPIE_ECONFLICT,
                  npie_certificate_insert(&second, f->registry, &c, &f->err));
    second = add_certificate(f, employer, 2);
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
    fixture_t *f = *state;
    apr_int64_t employer = add_employer(f);
    npie_certificate_t c = make_certificate(f, employer, 1);
    apr_array_header_t *list = NULL;
    npie_certificate_t *newest = NULL;
    apr_int64_t ids[3];

    add_certificate(f, employer, 1);
    assert_ok(f, npie_certificate_additionals(&list, f->registry, employer,
                                              &f->err));
    assert_int_equal(list->nelts, 0);
    c.additional = 1;
    c.holder = "Íñigo";
    c.holder_email = "i@b.example";
    c.generation = 9;
    for (int i = 0; i < 3; i++) {
        c.spki = hex64(f, ++f->serial);
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
    fixture_t *f = *state;
    apr_int64_t employer = add_employer(f);
    npie_certificate_t c = make_certificate(f, employer, 1);
    const char *spki = hex64(f, ++f->serial);
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
    fixture_t *f = *state;
    npie_renewal_t r = add_renewal(f);
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
    r.new_spki = hex64(f, ++f->serial);
    r.key_name = "A000_2";
    r.letter1 = add_letter(f, r.id, NPIE_LETTER_RENEWAL).folio;
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
    fixture_t *f = *state;
    npie_renewal_t r = add_renewal(f);
    npie_renewal_t *got = NULL;

    r.csr = unit_bytes("csr");
    r.new_spki = hex64(f, ++f->serial);
    r.letter1 = add_letter(f, r.id, NPIE_LETTER_RENEWAL).folio;
    r.state = NPIE_RENEWAL_ISSUED;
    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_update(f->registry, &r, NPIE_RENEWAL_STARTED,
                                      &f->err));
    r.new_certificate = add_certificate(f, r.employer, 2);
    r.letter2 = add_letter(f, r.id, NPIE_LETTER_TERMS).folio;
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
        npie_renewal_t next = make_renewal(r.employer, r.old_certificate);

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
    fixture_t *f = *state;
    npie_renewal_t r = add_renewal(f);
    npie_letter_row_t l = add_letter(f, r.id, NPIE_LETTER_RENEWAL);
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

static void test_transaction(void **state)
{
    fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t folio = 0;
    apr_int64_t next = 0;
    apr_int64_t kept;
    apr_int64_t undone;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_EINTERNAL,
                  npie_registry_begin(f->registry, &f->err));
    kept = add_employer(f);
    assert_ok(f, npie_folio_next(&folio, f->registry, &f->err));
    assert_ok(f, npie_audit(f->registry, NOW, "3030", "data", "ñ", &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_status(f, NPIE_EINTERNAL,
                  npie_registry_end(f->registry, 1, &f->err));

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    undone = add_employer(f);
    assert_ok(f, npie_folio_next(&next, f->registry, &f->err));
    assert_int_equal(next, folio + 1);
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));

    assert_ok(f, npie_employer_get(&got, f->registry, kept, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, undone, &f->err));
    assert_ok(f, npie_folio_next(&next, f->registry, &f->err));
    assert_int_equal(next, folio + 1);
}

static void test_failure_in_transaction(void **state)
{
    fixture_t *f = *state;
    npie_contact_t bad = { "a@b.example", "123", "" };
    npie_contact_t good = { "c@d.example", "1234567890", "" };
    apr_int64_t id = add_employer(f);
    npie_employer_t *got = NULL;
    npie_employer_t twice;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_employer_set_contact(f->registry, id, &good, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_set_contact(f->registry, id, &bad, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_registry_end(f->registry, 1, &f->err));
    assert_int_equal(f->err.problem, NPIE_P_REGISTRY_DOWN);
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_string_equal(got->contact.email, "a@b.example");

    /* A conflict is an answer, not a failure: the rest is kept. */
    twice = make_employer(f);
    twice.user = got->user;
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_employer_insert(&id, f->registry, &twice, &f->err));
    assert_ok(f, npie_employer_set_contact(f->registry, got->id, &good,
                                           &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_ok(f, npie_employer_get(&got, f->registry, got->id, &f->err));
    assert_string_equal(got->contact.email, "c@d.example");
}

static void test_foreign_keys(void **state)
{
    fixture_t *f = *state;
    npie_renewal_t r = make_renewal(1 << 30, 1 << 30);

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_insert(&r.id, f->registry, &r, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));
}

static void test_forgotten_transaction(void **state)
{
    fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_pool_t *request;
    apr_pool_t *old = f->registry->p;
    apr_int64_t id;

    apr_pool_create(&request, f->p);
    f->registry->p = request;
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    id = add_employer(f);
    apr_pool_destroy(request);
    f->registry->p = old;
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

/* One of several threads that open a renewal for the same employer. */
typedef struct racer_t {
    fixture_t *f;
    apr_pool_t *p;
    npie_registry_t *registry;
    apr_thread_mutex_t *turn;
    npie_renewal_t renewal;
    int won;
    int lost;
    int broken;
    apr_int64_t folios[20];
} racer_t;

static void *APR_THREAD_FUNC race(apr_thread_t *thread, void *baton)
{
    racer_t *racer = baton;
    apr_status_t rv;

    (void)thread;
    for (int i = 0; i < 20; i++) {
        rv = npie_registry_begin(racer->registry, NULL);
        if (rv == APR_SUCCESS) {
            rv = npie_folio_next(&racer->folios[i], racer->registry, NULL);
        }
        if (rv == APR_SUCCESS) {
            rv = npie_renewal_insert(&racer->renewal.id, racer->registry,
                                     &racer->renewal, NULL);
        }
        racer->won += rv == APR_SUCCESS;
        racer->lost += rv == NPIE_ECONFLICT;
        racer->broken += rv != APR_SUCCESS && rv != NPIE_ECONFLICT;
        if (npie_registry_end(racer->registry, 1, NULL) != APR_SUCCESS) {
            racer->broken++;
        }
    }
    return NULL;
}

static int by_number(const void *a, const void *b)
{
    apr_int64_t x = *(const apr_int64_t *)a;
    apr_int64_t y = *(const apr_int64_t *)b;

    return (x > y) - (x < y);
}

static void run_race(fixture_t *f, apr_thread_mutex_t *turn)
{
    racer_t racers[4] = { { 0 } };
    apr_thread_t *threads[4];
    apr_int64_t folios[80];
    apr_int64_t employer = add_employer(f);
    apr_int64_t old = add_certificate(f, employer, 1);
    apr_status_t ended;
    int won = 0;
    int lost = 0;

    for (int i = 0; i < 4; i++) {
        apr_pool_create(&racers[i].p, NULL);
        assert_ok(f, npie_registry_open(&racers[i].registry, f->driver,
                                        f->params, &f->err, racers[i].p));
        racers[i].registry->turn = turn;
        racers[i].renewal = make_renewal(employer, old);
    }
    for (int i = 0; i < 4; i++) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, race, &racers[i],
                                           racers[i].p), APR_SUCCESS);
    }
    for (int i = 0; i < 4; i++) {
        apr_thread_join(&ended, threads[i]);
        won += racers[i].won;
        lost += racers[i].lost;
        assert_int_equal(racers[i].broken, 0);
        memcpy(folios + 20 * i, racers[i].folios, sizeof(racers[i].folios));
        apr_pool_destroy(racers[i].p);
    }
    assert_int_equal(won, 1);
    assert_int_equal(lost, 79);
    qsort(folios, 80, sizeof(folios[0]), by_number);
    for (int i = 1; i < 80; i++) {
        assert_int_equal(folios[i], folios[i - 1] + 1);
    }
}

static void test_race_in_turns(void **state)
{
    fixture_t *f = *state;
    apr_thread_mutex_t *turn;

    apr_thread_mutex_create(&turn, APR_THREAD_MUTEX_DEFAULT, f->p);
    run_race(f, turn);
}

static void test_race(void **state)
{
    run_race(*state, NULL);
}

/* Runs a shell command on the test's directory, given as $d. */
static void shell(const char *command)
{
    assert_int_equal(setenv("d", npie_backend_directory(), 1), 0);
    assert_int_equal(system(command), 0);
}

static void test_sqlite_table_missing(void **state)
{
    fixture_t *f = *state;
    npie_employer_t *got = NULL;
    npie_registry_t *fresh = NULL;
    apr_int64_t id = add_employer(f);

    shell("sqlite3 $d/registry.db 'ALTER TABLE employer RENAME TO gone'");
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_int_equal(f->err.problem, NPIE_P_REGISTRY_DOWN);
    assert_status(f, NPIE_EBACKEND,
                  npie_registry_open(&fresh, f->driver, f->params, &f->err,
                                     f->p));
    shell("sqlite3 $d/registry.db 'ALTER TABLE gone RENAME TO employer'");
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_sqlite_file_gone(void **state)
{
    fixture_t *f = *state;
    npie_registry_t *fresh = NULL;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    shell("mv $d/registry.db $d/away.db");
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_registry_open(&fresh, f->driver, f->params, &f->err,
                                     f->p));
    shell("test ! -e $d/registry.db");
    shell("cp $d/away.db $d/registry.db");
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    shell("mv $d/away.db $d/registry.db");
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_sqlite_garbage(void **state)
{
    fixture_t *f = *state;
    npie_certificate_t *got = NULL;
    apr_int64_t employer = add_employer(f);
    apr_int64_t id = add_certificate(f, employer, 1);

    shell("sqlite3 $d/registry.db \"UPDATE certificate SET der = '!!'\"");
    assert_status(f, NPIE_EBACKEND,
                  npie_certificate_get(&got, f->registry, id, &f->err));
    shell("sqlite3 $d/registry.db \"UPDATE certificate SET der = 'AAAA'\"");
    assert_ok(f, npie_certificate_get(&got, f->registry, id, &f->err));
    shell("sqlite3 $d/registry.db 'UPDATE schema SET version = 2'");
    assert_status(f, NPIE_EBACKEND, npie_registry_check(f->registry, &f->err));
    shell("sqlite3 $d/registry.db 'UPDATE schema SET version = 1'");
    assert_ok(f, npie_registry_check(f->registry, &f->err));
}

/* A writer of another process that holds the lock for longer than apr_dbd
 * is willing to wait, and then lets go. */
static void test_sqlite_locked(void **state)
{
    fixture_t *f = *state;
    apr_int64_t folio = 0;

    shell("(printf 'BEGIN IMMEDIATE;\\n'; sleep 4)"
          " | sqlite3 $d/registry.db & sleep 0.5");
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    assert_non_null(strstr(f->err.detail, "locked"));
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_folio_next(&folio, f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_pgsql_restart(void **state)
{
    fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t id = add_employer(f);
    apr_int64_t lost;

    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    lost = add_employer(f);
    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_status(f, NPIE_EBACKEND, npie_registry_end(f->registry, 1, &f->err));
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, lost, &f->err));
    add_employer(f);
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_open_failures(void **state)
{
    fixture_t *f = *state;
    npie_registry_t *registry = NULL;

    assert_status(f, NPIE_EBACKEND,
                  npie_registry_open(&registry, "nosuch", "", &f->err, f->p));
    assert_status(f, NPIE_EBACKEND,
                  npie_registry_open(&registry, "sqlite3", "/nonexistent/x.db",
                                     &f->err, f->p));
    assert_status(f, NPIE_EBACKEND,
                  npie_registry_open(&registry, "pgsql",
                                     "host=/nonexistent user=x", &f->err,
                                     f->p));
    assert_null(registry);
}

static int start(void **state)
{
    const char *d = npie_backend_directory();

    (void)state;
    sqlite.params = apr_pstrcat(root, d, "/registry.db", NULL);
    pgsql.params = apr_pstrcat(root, "host=", d, "/pgsql user=npie dbname=npie",
                               NULL);
    return npie_backend_run("sqlite-make") | npie_backend_run("pgsql-start");
}

static int stop(void **state)
{
    int failed = npie_backend_run("pgsql-stop");

    (void)state;
    npie_backend_remove();
    return failed;
}

#define ON(f, test) \
    { #test " (" #f ")", test, set_up, tear_down, &f }
#define ON_BOTH(test) ON(sqlite, test), ON(pgsql, test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_employer), ON_BOTH(test_certificate),
        ON_BOTH(test_additionals), ON_BOTH(test_keys), ON_BOTH(test_renewal),
        ON_BOTH(test_renewal_to_the_end), ON_BOTH(test_letter),
        ON_BOTH(test_transaction), ON_BOTH(test_failure_in_transaction),
        ON_BOTH(test_foreign_keys), ON_BOTH(test_forgotten_transaction),
        ON_BOTH(test_race_in_turns), ON(pgsql, test_race),
        ON(sqlite, test_race),
        ON(sqlite, test_sqlite_table_missing),
        ON(sqlite, test_sqlite_file_gone), ON(sqlite, test_sqlite_garbage),
        ON(sqlite, test_sqlite_locked), ON(pgsql, test_pgsql_restart),
        ON(sqlite, test_open_failures),
    };
    int failures;

    apr_initialize();
    apr_pool_create(&root, NULL);
    failures = cmocka_run_group_tests(tests, start, stop);
    apr_pool_destroy(root);
    apr_terminate();
    return failures;
}
