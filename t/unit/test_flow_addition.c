/* SPDX-License-Identifier: Apache-2.0
 * flow/addition.h: additional certificates from the request to the end, by a
 * running npie-signer, and what must not be had.
 */
#include "unit/flow_world.h"

#include <pthread.h>

#include <apr_strings.h>

#include "flow/addition.h"
#include "flow/mail.h"
#include "flow/revoke.h"
#include "flow/seal.h"
#include "letter/verify.h"
#include "store/registry_sql.h"

static const npie_addition_fields_t fields = {
    "Iñaki Peña", "inaki@molinos.example", "Movimientos afiliatorios"
};
static const npie_bytes_t none = { NULL, 0 };

/* An employer whose certificate is two months old. */
static person_t *valid(apr_pool_t *p)
{
    return person_new("P-256", -60 * DAY, p);
}

static apr_int64_t request(person_t *person)
{
    apr_int64_t id = 0;

    assert_ok(person, npie_flow_addition_request(&id, &person->flow,
                                                 &person->who, &fields, 1,
                                                 &person->err));
    return id;
}

static npie_addition_view_t find(person_t *person, apr_int64_t id)
{
    npie_addition_view_t view;

    assert_ok(person, npie_flow_addition_find(&view, &person->flow,
                                              person->employer.id, id,
                                              &person->err));
    return view;
}

static apr_status_t key(person_t *person, apr_int64_t id,
                        const identity_t *colleague)
{
    const npie_addition_view_t view = find(person, id);

    return npie_flow_addition_key(&person->flow, &view, NULL,
                                  fixture_csr(colleague, person->p), "",
                                  &person->err);
}

/* By whoever's key. */
static apr_status_t sign_by(person_t *person, apr_int64_t id,
                            const identity_t *signer)
{
    npie_letter_file_t *parts;
    npie_bytes_t cms;

    assert_ok(person, npie_letter_file_parse(&parts,
                                             find(person, id).addition->pdf,
                                             &person->err, person->p));
    cms = cms_over(signer, parts->signed_part, 2, person->p);
    return npie_flow_addition_sign(&person->flow, &person->who, id, cms, none,
                                   NULL, &person->err);
}

static apr_status_t issue(person_t *person, apr_int64_t id)
{
    return npie_flow_addition_issue(&person->flow, &person->who, id,
                                    &person->err);
}

/* All the way; returns the request. */
static apr_int64_t issued(person_t *person, identity_t *colleague)
{
    const apr_int64_t id = request(person);

    assert_ok(person, key(person, id, colleague));
    assert_ok(person, sign_by(person, id, &person->old->id));
    assert_ok(person, issue(person, id));
    identity_take(colleague, find(person, id).certificate->der, person->p);
    return id;
}

static const apr_array_header_t *listed(person_t *person)
{
    apr_array_header_t *list;

    assert_ok(person, npie_flow_additions(&list, &person->flow,
                                          person->employer.id, &person->err));
    return list;
}

static void assert_gone(person_t *person, apr_status_t rv)
{
    assert_int_equal(rv, NPIE_ECONFLICT);
    assert_int_equal(person->err.problem, NPIE_P_ADDITIONAL_GONE);
}

static void test_whole(void **state)
{
    person_t *person = valid(*state);
    identity_t *colleague = identity_key("P-256", person->p);
    const apr_int64_t id = request(person);
    npie_addition_view_t view = find(person, id);
    npie_login_t login;
    npie_bytes_t text = unit_bytes("NPIE-LOGIN-1 x");
    npie_cert_t *cert;

    assert_int_equal(view.standing, NPIE_STANDING_REQUESTED);
    assert_gone(person, issue(person, id));
    assert_ok(person, key(person, id, colleague));
    assert_ok(person, key(person, id, colleague));
    view = find(person, id);
    assert_int_equal(view.standing, NPIE_STANDING_KEYED);
    assert_true(view.addition->folio > 0);
    assert_gone(person, issue(person, id));
    assert_ok(person, sign_by(person, id, &person->old->id));
    assert_ok(person, sign_by(person, id, &person->old->id));
    assert_int_equal(find(person, id).standing, NPIE_STANDING_AUTHORISED);
    assert_ok(person, issue(person, id));
    assert_ok(person, issue(person, id));
    view = find(person, id);
    assert_int_equal(view.standing, NPIE_STANDING_ACTIVE);
    assert_ok(person, npie_cert_parse(&cert, view.certificate->der,
                                      &person->err, person->p));
    assert_string_equal(cert->common_name, fields.holder);
    assert_string_equal(cert->email, fields.email);
    assert_true(cert->not_after <= person->old->cert->not_after);
    assert_int_equal(view.certificate->generation, 1);
    assert_int_equal(listed(person)->nelts, 1);
    identity_take(colleague, view.certificate->der, person->p);
    assert_ok(person, npie_flow_login(&login, &person->flow, text,
                                      cms_over(colleague, &text, 1, person->p),
                                      person->employer.user, &person->err));
    assert_int_equal(login.verdict, NPIE_VERDICT_APPLICATION);
    assert_string_equal(login.certificate->holder, fields.holder);
    assert_string_equal(world_ask(apr_psprintf(person->p,
        "SELECT count(*) FROM audit WHERE actor = '%s' OR (actor = 'mail-link'"
        " AND detail LIKE 'request %" APR_INT64_T_FMT ",%%')",
        person->who.actor, id), person->p), "4");
}

/* Letter 3 is sealed once the certificate is issued: by the job, or by who
 * asks for it first. */
static void test_sealed(void **state)
{
    person_t *person = valid(*state);
    const apr_int64_t id = request(person);
    npie_letter_view_t *view;
    npie_acuse_t acuse, again;
    apr_int64_t folio = 0;

    assert_ok(person, key(person, id, identity_key("P-256", person->p)));
    assert_ok(person, sign_by(person, id, &person->old->id));
    assert_ok(person, npie_flow_addition_acuse(
        &acuse, &person->flow, find(person, id).addition, &person->err));
    assert_int_equal(acuse.sealed_at, 0);
    assert_int_equal(npie_flow_seal_next(&folio, &person->flow, &person->err),
                     APR_NOTFOUND);
    assert_ok(person, issue(person, id));
    assert_ok(person, npie_flow_seal_next(&folio, &person->flow,
                                          &person->err));
    assert_int_equal(folio, find(person, id).addition->folio);
    assert_int_equal(npie_flow_seal_next(&folio, &person->flow, &person->err),
                     APR_NOTFOUND);
    assert_ok(person, npie_flow_addition_acuse(
        &again, &person->flow, find(person, id).addition, &person->err));
    assert_int_not_equal(again.sealed_at, 0);
    assert_memory_equal(again.pdf.data, acuse.pdf.data, acuse.pdf.len);
    view = person_look(person, again.pdf, 1);
    assert_int_equal(view->outcome, NPIE_OUTCOME_SEALED);
    assert_int_equal(view->cadena->kind, NPIE_LETTER_ADDITIONAL);
}

/* Whoever is faster than the job has it sealed; a signer that is away is no
 * reason to have no letter. */
static void test_sealed_on_demand(void **state)
{
    person_t *person = valid(*state);
    const apr_int64_t id = issued(person, identity_key("P-256", person->p));
    const npie_addition_t *a = find(person, id).addition;
    const npie_signer_t away = { .path = "/nonexistent", .timeout = 1000 };
    npie_acuse_t acuse;

    person->flow.signer = &away;
    assert_ok(person, npie_flow_addition_acuse(&acuse, &person->flow, a,
                                               &person->err));
    assert_int_equal(acuse.sealed_at, 0);
    assert_int_equal(acuse.pdf.len, a->pdf.len);
    person->flow.signer = &world->signer->client;
    assert_ok(person, npie_flow_addition_acuse(&acuse, &person->flow, a,
                                               &person->err));
    assert_int_not_equal(acuse.sealed_at, 0);
    assert_string_equal(world_ask(apr_psprintf(person->p,
        "SELECT count(*) FROM audit WHERE event = 'seal' AND detail ="
        " 'letter %" APR_INT64_T_FMT "'", a->folio), person->p), "1");
}

/* With his certificate the colleague asks for nothing and renews nothing. */
static void test_colleague(void **state)
{
    person_t *person = valid(*state);
    identity_t *colleague = identity_key("P-256", person->p);
    person_t *other;
    apr_int64_t id = issued(person, colleague), another = 0;

    other = person_again(person, person->p);
    other->who.certificate = find(person, id).certificate->id;
    assert_call(other, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                npie_flow_addition_request(&another, &other->flow, &other->who,
                                           &fields, 1, &other->err));
    another = request(person);
    assert_ok(person, key(person, another, identity_key("P-256", person->p)));
    assert_call(other, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                sign_by(other, another, colleague));
    assert_call(person, NPIE_ESIGNATURE, NPIE_P_LETTER_SIGNER,
                sign_by(person, another, colleague));
    assert_later(other, person_data(other));
}

static void test_refused(void **state)
{
    person_t *person = valid(*state);
    person_t *stranger = valid(*state);
    person_t *late = person_new("P-256", EXPIRED, *state);
    const apr_int64_t id = request(person);
    npie_addition_view_t view;
    apr_int64_t another = 0;

    assert_gone(stranger, npie_flow_addition_find(&view, &stranger->flow,
                                                  stranger->employer.id, id,
                                                  &stranger->err));
    assert_gone(stranger, npie_flow_addition_withdraw(&stranger->flow,
                                                      &stranger->who, id,
                                                      &stranger->err));
    assert_later(late, npie_flow_addition_request(&another, &late->flow,
                                                  &late->who, &fields, 1,
                                                  &late->err));
    assert_call(person, NPIE_EPOLICY, NPIE_P_NEW_KEY_SEEN,
                key(person, id, &person->old->id));
    assert_ok(person, key(person, id, identity_key("P-256", person->p)));
    assert_gone(person, key(person, id, identity_key("P-256", person->p)));
    assert_ok(person, npie_flow_addition_withdraw(&person->flow, &person->who,
                                                  id, &person->err));
    assert_gone(person, sign_by(person, id, &person->old->id));
    assert_int_equal(listed(person)->nelts, 0);
}

static void test_limit(void **state)
{
    person_t *person = valid(*state);
    apr_int64_t id = 0;

    person->policy.additional_max = 2;
    person_additional(person);
    id = request(person);
    assert_call(person, NPIE_EPOLICY, NPIE_P_ADDITIONAL_LIMIT,
                npie_flow_addition_request(&id, &person->flow, &person->who,
                                           &fields, 1, &person->err));
    assert_int_equal(listed(person)->nelts, 2);
}

static void test_revoked_and_again(void **state)
{
    person_t *person = valid(*state);
    identity_t *colleague = identity_key("P-256", person->p);
    const apr_int64_t id = issued(person, colleague);
    const apr_int64_t certificate = find(person, id).certificate->id;
    apr_int64_t again = 0, twice = 0;
    npie_revoke_done_t revoked;

    assert_gone(person, npie_flow_addition_again(&again, &person->flow,
                                                 &person->who, id, 0,
                                                 &person->err));
    assert_ok(person, npie_flow_addition_revoke(&revoked, &person->flow,
                                                &person->who, certificate,
                                                &person->err));
    assert_int_equal(revoked.certificates->nelts, 1);
    assert_int_equal(find(person, id).standing, NPIE_STANDING_REVOKED);
    assert_gone(person, npie_flow_addition_revoke(&revoked, &person->flow,
                                                  &person->who,
                                                  person->who.certificate,
                                                  &person->err));
    assert_ok(person, npie_flow_addition_again(&again, &person->flow,
                                               &person->who, id, 0,
                                               &person->err));
    assert_gone(person, npie_flow_addition_again(&twice, &person->flow,
                                                 &person->who, id, 0,
                                                 &person->err));
    assert_int_equal(listed(person)->nelts, 1);
    assert_string_equal(find(person, again).addition->holder, fields.holder);
}

/* With the renewal of the principal certificate all of them end, and each is
 * asked for again by the new one. */
static void test_renewal(void **state)
{
    person_t *person = person_new("P-256", -160 * DAY, *state);
    const apr_int64_t old = person_additional(person);
    const apr_int64_t done = issued(person, identity_key("P-256", person->p));
    const apr_int64_t waiting = request(person);
    apr_int64_t again = 0;

    person_to(person, NPIE_RENEWAL_COMPLETED);
    assert_int_equal(find(person, done).standing, NPIE_STANDING_LAPSED);
    assert_int_equal(find(person, waiting).standing, NPIE_STANDING_OVERDUE);
    person = person_renewed(person, person->p);
    person->flow.now = apr_time_now();
    assert_int_equal(listed(person)->nelts, 3);
    assert_ok(person, npie_flow_addition_again(&again, &person->flow,
                                               &person->who, done, 0,
                                               &person->err));
    assert_ok(person, npie_flow_addition_again(&again, &person->flow,
                                               &person->who, waiting, 0,
                                               &person->err));
    assert_ok(person, npie_flow_addition_again(&again, &person->flow,
                                               &person->who, 0, old,
                                               &person->err));
    assert_int_equal(listed(person)->nelts, 3);
    assert_ok(person, key(person, again, identity_key("P-256", person->p)));
    assert_ok(person, sign_by(person, again, person->new_key));
    assert_ok(person, issue(person, again));
    assert_int_equal(find(person, again).certificate->generation, 2);
}

/* What is not finished in time is over. */
static void test_timeout(void **state)
{
    person_t *person = valid(*state);
    const apr_int64_t id = request(person);

    person->flow.now += 11 * DAY;
    assert_int_equal(find(person, id).standing, NPIE_STANDING_OVERDUE);
    assert_gone(person, key(person, id, identity_key("P-256", person->p)));
}

/* A file that is not this letter is named for what it is. */
static void test_files(void **state)
{
    person_t *person = valid(*state);
    person_t *other = valid(*state);
    const apr_int64_t id = request(person), second = request(person);
    const apr_int64_t theirs = request(other);
    npie_letter_check_t check;

    assert_ok(person, key(person, id, identity_key("P-256", person->p)));
    assert_ok(person, key(person, second, identity_key("P-256", person->p)));
    assert_ok(other, key(other, theirs, identity_key("P-256", other->p)));
    assert_call(person, NPIE_EINPUT, NPIE_P_LETTER,
                npie_flow_addition_sign(&person->flow, &person->who, id, none,
                                        find(person, second).addition->pdf,
                                        &check, &person->err));
    assert_int_equal(check.mismatch, NPIE_MISMATCH_OLDER);
    assert_call(person, NPIE_EINPUT, NPIE_P_LETTER,
                npie_flow_addition_sign(&person->flow, &person->who, id, none,
                                        find(other, theirs).addition->pdf,
                                        &check, &person->err));
    assert_int_equal(check.mismatch, NPIE_MISMATCH_OTHER_EMPLOYER);
}

static void test_links(void **state)
{
    person_t *person = valid(*state);
    npie_addition_open_t open;

    assert_ok(person, npie_flow_addition_open(&open, &person->flow, "abc",
                                              &person->err));
    assert_int_equal(open.problem, NPIE_P_LINK_CUT);
    assert_ok(person, npie_flow_addition_open(
        &open, &person->flow, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &person->err));
    assert_int_equal(open.problem, NPIE_P_LINK_UNKNOWN);
}

/* Mails are for the colleague, not too many, and not too soon. */
static void test_mails(void **state)
{
    person_t *person = valid(*state);
    apr_int64_t id;

    person->policy.mail = 1;
    id = request(person);
    assert_call(person, NPIE_EPOLICY, NPIE_P_TOO_MANY,
                npie_flow_addition_resend(&person->flow, &person->who, id,
                                          &person->err));
    for (int i = 1; i < NPIE_ADDITION_MAILS_MAX; ++i) {
        person->flow.now += apr_time_from_sec(NPIE_ADDITION_MAIL_SECONDS);
        assert_ok(person, npie_flow_addition_resend(&person->flow,
                                                    &person->who, id,
                                                    &person->err));
    }
    person->flow.now += apr_time_from_sec(NPIE_ADDITION_MAIL_SECONDS);
    assert_call(person, NPIE_EPOLICY, NPIE_P_MAIL_LIMIT,
                npie_flow_addition_resend(&person->flow, &person->who, id,
                                          &person->err));
    assert_string_equal(world_ask(apr_psprintf(person->p,
        "SELECT count(*), min(address), max(kind) FROM outbox WHERE addition ="
        " %" APR_INT64_T_FMT, id), person->p),
        "6|inaki@molinos.example|adicional");
}

/* How many mails of a kind about a request, and to whom. */
static const char *told(person_t *person, apr_int64_t id, const char *kind)
{
    return world_ask(apr_psprintf(person->p,
        "SELECT count(*), min(address) FROM outbox WHERE kind = '%s' AND"
        " addition = %" APR_INT64_T_FMT, kind, id), person->p);
}

/* The employer is told of a key that a colleague made, and of what is issued;
 * once, however often it is tried. */
static void test_told(void **state)
{
    static const char registered[] = "1|antes@molinos.example";
    person_t *person = valid(*state);
    identity_t *colleague = identity_key("P-256", person->p);
    identity_t *other = identity_key("P-256", person->p);
    npie_addition_view_t view;
    apr_int64_t id;

    person->policy.mail = 1;
    id = request(person);
    for (int i = 0; i < 2; ++i) {
        assert_ok(person, key(person, id, colleague));
        assert_string_equal(told(person, id, "adicional-llave"), registered);
    }
    assert_ok(person, sign_by(person, id, &person->old->id));
    for (int i = 0; i < 2; ++i) {
        assert_ok(person, issue(person, id));
        assert_string_equal(told(person, id, "adicional-emitido"), registered);
    }
    assert_string_equal(told(person, id, "adicional-listo"),
                        "1|inaki@molinos.example");

    /* Who makes the key himself need not be told. */
    id = request(person);
    view = find(person, id);
    assert_ok(person, npie_flow_addition_key(&person->flow, &view,
                                             person->who.actor,
                                             fixture_csr(other, person->p), "",
                                             &person->err));
    assert_string_equal(told(person, id, "adicional-llave"), "0|");
}

/* Somebody at another browser, in a thread. */
typedef struct elsewhere_t {
    person_t *person;
    apr_int64_t id; /* of the request */
    apr_status_t rv;
} elsewhere_t;

static void *run_issue(void *data)
{
    elsewhere_t *one = data;

    one->rv = issue(one->person, one->id);
    return NULL;
}

static void *run_revoke(void *data)
{
    elsewhere_t *one = data;
    npie_revoke_done_t revoked;

    one->rv = npie_flow_revoke_own(&revoked, &one->person->flow,
                                   &one->person->who, NPIE_LOST_THIS,
                                   NPIE_REASON_KEY_COMPROMISE,
                                   &one->person->err);
    return NULL;
}

/* The principal certificate is revoked while an additional one is made: both
 * transactions are held before their ends, one begun before the other. What
 * npie-signer made for nothing is taken in as revoked, and not listed. */
static void overtake(person_t *person, void *(*first)(void *),
                     void *(*second)(void *))
{
    void *(*const runs[])(void *) = { first, second };
    identity_t *colleague = identity_key("P-256", person->p);
    const apr_int64_t id = request(person);
    npie_registry_t *gate = person_again(person, person->p)->flow.registry;
    pthread_t threads[2];
    elsewhere_t them[2];

    assert_ok(person, key(person, id, colleague));
    assert_ok(person, sign_by(person, id, &person->old->id));
    assert_ok(person, npie_registry_begin(gate, &person->err));
    assert_ok(person, npie_sql_run(gate, "UPDATE audit_head SET hash = hash",
                                   &person->err));
    for (int i = 0; i < 2; ++i) {
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        them[i].person = person_again(person, p);
        them[i].id = id;
        assert_int_equal(pthread_create(&threads[i], NULL, runs[i], &them[i]),
                         0);
        world_await_waiting(i + 1, person->p);
    }
    npie_registry_end(gate, 0, NULL);
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_ok(them[first == run_revoke ? 0 : 1].person,
              them[first == run_revoke ? 0 : 1].rv);
    for (int i = 0; i < 2; ++i) {
        apr_pool_destroy(them[i].person->p);
    }
    assert_string_equal(world_ask(apr_psprintf(person->p,
        "SELECT count(*), count(CASE WHEN status = 'revoked' THEN 1 END),"
        " sum(unused) FROM certificate WHERE employer = %" APR_INT64_T_FMT,
        person->employer.id), person->p),
        first == run_revoke ? "2|2|1" : "2|2|0");
    assert_int_equal(listed(person)->nelts, 1);
}

static void test_overtaken(void **state)
{
    overtake(valid(*state), run_revoke, run_issue);
    overtake(valid(*state), run_issue, run_revoke);
}

static void test_check(void **state)
{
    npie_addition_fields_t got;
    npie_addition_check_t check;

    assert_int_equal(npie_flow_addition_check(&got, &check, "  Ana  Paz ",
                                              "a@b.example", "x", *state),
                     APR_SUCCESS);
    assert_string_equal(got.holder, "Ana Paz");
    assert_int_equal(npie_flow_addition_check(&got, &check, "A\r\nBcc: x",
                                              "a@b.example\r\nBcc: c@d.example",
                                              NULL, *state), NPIE_EINPUT);
    assert_int_equal(check.holder, NPIE_P_ENCODING);
    assert_int_equal(check.email, NPIE_P_ENCODING);
    assert_int_equal(check.purpose, NPIE_P_FIELD_EMPTY);
    assert_int_equal(npie_flow_addition_check(&got, &check, "Ana",
                                              "a@b.example, c@d.example", "x",
                                              *state), NPIE_EINPUT);
    assert_int_equal(check.email, NPIE_P_EMAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_sealed), pool_test(test_sealed_on_demand),
        pool_test(test_whole),
        pool_test(test_colleague),
        pool_test(test_refused),
        pool_test(test_limit),
        pool_test(test_revoked_and_again),
        pool_test(test_renewal),
        pool_test(test_timeout),
        pool_test(test_files),
        pool_test(test_links),
        pool_test(test_mails),
        pool_test(test_told),
        pool_test(test_check),
    };
    /* SQLite has one transaction that writes at a time. */
    const struct CMUnitTest more[] = { pool_test(test_overtaken) };
    const int failed = world_run(tests)
        + cmocka_run_group_tests_name("pgsql", tests, world_setup_pgsql,
                                      world_teardown);

    return failed + cmocka_run_group_tests_name("pgsql, at once", more,
                                                world_setup_pgsql,
                                                world_teardown);
}
