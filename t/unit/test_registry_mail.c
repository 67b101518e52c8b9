/* SPDX-License-Identifier: Apache-2.0
 * store/outbox.h on SQLite and on PostgreSQL: mails queued, claimed and
 * settled, reminders, links.
 */
#include "unit/registries.h"

#include <apr_thread_proc.h>

#include "store/outbox.h"

#define MINUTE apr_time_from_sec(60)
#define DAY apr_time_from_sec(86400)

static npie_outbox_t a_mail(const npie_renewal_t *r)
{
    npie_outbox_t m = {
        .kind = NPIE_MAIL_OBTAIN, .employer = r->employer, .renewal = r->id,
        .address = "ñandú+idse@correo.example", .queued = NOW, .next_try = NOW,
    };

    return m;
}

static npie_outbox_t queued(registry_fixture_t *f, const npie_renewal_t *r)
{
    npie_outbox_t m = a_mail(r);

    assert_ok(f, npie_outbox_queue(&m.id, f->registry, &m, &f->err));
    assert_true(m.id > 0);
    return m;
}

/* Settles whatever other tests left, so that only this one's is due. */
static void drain(registry_fixture_t *f)
{
    npie_outbox_t *m = NULL;

    while (npie_outbox_claim(&m, f->registry, NOW + 1000 * DAY,
                             NOW + 1001 * DAY, &f->err) == APR_SUCCESS) {
        assert_ok(f, npie_outbox_give_up(f->registry, m, NOW, "drained", "",
                                         &f->err));
    }
}

static npie_outbox_t *claimed(registry_fixture_t *f, apr_time_t now)
{
    npie_outbox_t *m = NULL;

    assert_ok(f, npie_outbox_claim(&m, f->registry, now, now + MINUTE,
                                   &f->err));
    return m;
}

static void assert_none_due(registry_fixture_t *f, apr_time_t now)
{
    npie_outbox_t *m = NULL;

    assert_status(f, APR_NOTFOUND,
                  npie_outbox_claim(&m, f->registry, now, now + MINUTE,
                                    &f->err));
    assert_null(m);
}

static npie_outbox_t newest(registry_fixture_t *f, apr_int64_t renewal)
{
    apr_array_header_t *list = NULL;

    assert_ok(f, npie_outbox_list(&list, f->registry, renewal, &f->err));
    assert_true(list->nelts > 0);
    return *APR_ARRAY_IDX(list, 0, npie_outbox_t *);
}

static void test_sent(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    apr_array_header_t *list = NULL;
    apr_int64_t waiting = -1;
    npie_outbox_t m;
    npie_outbox_t *got;

    drain(f);
    assert_ok(f, npie_outbox_list(&list, f->registry, r.id, &f->err));
    assert_int_equal(list->nelts, 0);
    m = queued(f, &r);
    assert_ok(f, npie_outbox_waiting(&waiting, f->registry, &f->err));
    assert_int_equal(waiting, 1);
    assert_none_due(f, NOW - SEC(1));
    got = claimed(f, NOW);
    assert_int_equal(got->id, m.id);
    assert_int_equal(got->kind, NPIE_MAIL_OBTAIN);
    assert_int_equal(got->employer, r.employer);
    assert_int_equal(got->renewal, r.id);
    assert_int_equal(got->certificate, 0);
    assert_int_equal(got->days, 0);
    assert_string_equal(got->address, m.address);
    assert_int_equal(got->queued, NOW);
    assert_int_equal(got->attempts, 1);
    assert_int_equal(got->lease_until, NOW + MINUTE);
    assert_int_equal(got->sent, 0);
    assert_int_equal(got->gave_up, 0);
    assert_none_due(f, NOW);

    assert_ok(f, npie_outbox_sent(f->registry, got, NOW + SEC(2),
                                  "250 en la cola, señor", &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_sent(f->registry, got, NOW, "", &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_retry(f->registry, got, NOW, "x", "", &f->err));
    assert_none_due(f, NOW + DAY);
    m = newest(f, r.id);
    assert_int_equal(m.sent, NOW + SEC(2));
    assert_string_equal(m.server_said, "250 en la cola, señor");
    assert_string_equal(m.reason, "");
    assert_ok(f, npie_outbox_waiting(&waiting, f->registry, &f->err));
    assert_int_equal(waiting, 0);
}

static void test_retry(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_outbox_t m;
    npie_outbox_t *got;

    drain(f);
    queued(f, &r);
    got = claimed(f, NOW);
    assert_ok(f, npie_outbox_retry(f->registry, got, NOW + 5 * MINUTE,
                                   "deferred", "451 más tarde", &f->err));
    assert_none_due(f, NOW + 4 * MINUTE);
    m = newest(f, r.id);
    assert_string_equal(m.reason, "deferred");
    assert_string_equal(m.server_said, "451 más tarde");
    assert_int_equal(m.lease_until, 0);
    assert_int_equal(m.attempts, 1);
    got = claimed(f, NOW + 5 * MINUTE);
    assert_int_equal(got->attempts, 2);
    assert_ok(f, npie_outbox_give_up(f->registry, got, NOW + 6 * MINUTE,
                                     "refused", "550 no such user", &f->err));
    assert_none_due(f, NOW + DAY);
    m = newest(f, r.id);
    assert_int_equal(m.gave_up, NOW + 6 * MINUTE);
    assert_string_equal(m.reason, "refused");
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_give_up(f->registry, got, NOW, "x", "",
                                      &f->err));
}

/* A sender that died, and one that was only slow. */
static void test_lease(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_outbox_t *first;
    npie_outbox_t *second;

    drain(f);
    queued(f, &r);
    first = claimed(f, NOW);
    assert_none_due(f, NOW + MINUTE - SEC(1));
    second = claimed(f, NOW + MINUTE);
    assert_int_equal(second->id, first->id);
    assert_int_equal(second->attempts, 2);
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_retry(f->registry, first, NOW + DAY, "timeout",
                                    "", &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_give_up(f->registry, first, NOW, "timeout", "",
                                      &f->err));
    assert_int_equal(newest(f, r.id).lease_until, NOW + 2 * MINUTE);
    /* That the server took it is true whoever says it. */
    assert_ok(f, npie_outbox_sent(f->registry, first, NOW, "250", &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_retry(f->registry, second, NOW, "closed", "",
                                    &f->err));
}

static void test_order(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_outbox_t late = a_mail(&r);
    npie_outbox_t early = a_mail(&r);

    drain(f);
    late.next_try = NOW + MINUTE;
    assert_ok(f, npie_outbox_queue(&late.id, f->registry, &late, &f->err));
    assert_ok(f, npie_outbox_queue(&early.id, f->registry, &early, &f->err));
    assert_int_equal(claimed(f, NOW + DAY)->id, early.id);
    assert_int_equal(claimed(f, NOW + DAY)->id, late.id);
    assert_none_due(f, NOW + DAY);
    assert_int_equal(newest(f, r.id).id, early.id);
}

static void test_withdraw(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_outbox_t *got;
    npie_outbox_t m;

    drain(f);
    queued(f, &r);
    got = claimed(f, NOW);
    assert_ok(f, npie_outbox_withdraw(f->registry, r.id, NPIE_MAIL_AGAIN, NOW,
                                      &f->err));
    assert_int_equal(newest(f, r.id).gave_up, 0);
    assert_ok(f, npie_outbox_withdraw(f->registry, r.id, NPIE_MAIL_OBTAIN,
                                      NOW + SEC(1), &f->err));
    m = newest(f, r.id);
    assert_int_equal(m.gave_up, NOW + SEC(1));
    assert_string_equal(m.reason, "withdrawn");
    assert_ok(f, npie_outbox_sent(f->registry, got, NOW + SEC(2), "250",
                                  &f->err));
    m = newest(f, r.id);
    assert_int_equal(m.sent, NOW + SEC(2));
    assert_int_equal(m.gave_up, 0);
    assert_string_equal(m.reason, "");
}

/* The language is kept with the kind; all are withdrawn. */
static void test_language(void **state)
{
    static const char *const languages[] = { "en", "", "zh-Hant-TW" };
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);

    drain(f);
    for (int i = 0; i < 3; i++) {
        npie_outbox_t m = a_mail(&r);

        m.language = languages[i];
        assert_ok(f, npie_outbox_queue(&m.id, f->registry, &m, &f->err));
        assert_int_equal(newest(f, r.id).kind, NPIE_MAIL_OBTAIN);
        assert_string_equal(newest(f, r.id).language, languages[i]);
    }
    assert_ok(f, npie_outbox_withdraw(f->registry, r.id, NPIE_MAIL_OBTAIN,
                                      NOW, &f->err));
    assert_none_due(f, NOW + DAY);
}

/* Undone with the step that queued it; and what the schema forbids. */
static void test_transaction(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    apr_array_header_t *list = NULL;
    npie_outbox_t m = a_mail(&r);

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    queued(f, &r);
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));
    assert_ok(f, npie_outbox_list(&list, f->registry, r.id, &f->err));
    assert_int_equal(list->nelts, 0);

    m.address = "";
    assert_status(f, NPIE_EBACKEND,
                  npie_outbox_queue(&m.id, f->registry, &m, &f->err));
    m = a_mail(&r);
    m.kind = NPIE_MAIL_EXPIRY;
    assert_status(f, NPIE_EBACKEND,
                  npie_outbox_queue(&m.id, f->registry, &m, &f->err));
    m = a_mail(&r);
    m.renewal = 1 << 30;
    assert_status(f, NPIE_EBACKEND,
                  npie_outbox_queue(&m.id, f->registry, &m, &f->err));
}

/* A sender of several at once, on a connection of its own. */
typedef struct sender_t {
    const registry_fixture_t *f;
    apr_pool_t *p;
    apr_int64_t ids[100];
    int count;
    char failure[200]; /* "" = none; cmocka fails in the main thread alone */
} sender_t;

static void *APR_THREAD_FUNC send_all(apr_thread_t *thread, void *baton)
{
    sender_t *s = baton;
    npie_registry_t *registry = NULL;
    npie_outbox_t *m = NULL;
    npie_err_t err;
    apr_status_t rv = npie_registry_open(&registry, s->f->driver,
                                         s->f->params, &err, s->p);
    int empty = 0;

    (void)thread;
    while (rv == APR_SUCCESS && empty < 3 && s->count < 100) {
        rv = npie_outbox_claim(&m, registry, NOW, NOW + MINUTE, &err);
        if (rv == APR_SUCCESS) {
            s->ids[s->count++] = m->id;
        } else if (rv == APR_NOTFOUND) {
            rv = APR_SUCCESS;
            empty++;
        }
    }
    if (rv != APR_SUCCESS) {
        apr_cpystrn(s->failure, err.detail, sizeof(s->failure));
    }
    return NULL;
}

#define SENDERS 4

/* Each of several senders gets mails that no other got, and none is left. */
static void test_claimed_once(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    apr_hash_t *seen = apr_hash_make(f->p);
    apr_thread_t *threads[SENDERS];
    sender_t senders[SENDERS];
    apr_status_t rv;

    drain(f);
    for (int i = 0; i < 60; i++) {
        queued(f, &r);
    }
    memset(senders, 0, sizeof(senders));
    for (int i = 0; i < SENDERS; i++) {
        senders[i].f = f;
        apr_pool_create(&senders[i].p, NULL);
        assert_int_equal(apr_thread_create(&threads[i], NULL, send_all,
                                           &senders[i], f->p), APR_SUCCESS);
    }
    for (int i = 0; i < SENDERS; i++) {
        apr_thread_join(&rv, threads[i]);
    }
    for (int i = 0; i < SENDERS; i++) {
        assert_string_equal(senders[i].failure, "");
        for (int k = 0; k < senders[i].count; k++) {
            apr_int64_t *id = &senders[i].ids[k];

            assert_null(apr_hash_get(seen, id, sizeof(*id)));
            apr_hash_set(seen, id, sizeof(*id), id);
        }
        apr_pool_destroy(senders[i].p);
    }
    assert_int_equal(apr_hash_count(seen), 60);
    assert_none_due(f, NOW);
}

/* An employer whose certificate of a generation ends at a time. */
static apr_int64_t ending(registry_fixture_t *f, apr_int64_t employer,
                          int generation, apr_time_t end)
{
    npie_certificate_t c = registry_certificate(f, employer, generation);
    apr_int64_t id = 0;

    c.spki = registry_hex64(f, 100000 + f->serial);
    c.not_before = end - 180 * DAY;
    c.not_after = end;
    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    return id;
}

/* The job's round: each reminder of 30, 15, 7 and 1 days. */
static int remind(registry_fixture_t *f, apr_time_t now)
{
    static const int days[] = { 30, 15, 7, 1, 0 };
    int all = 0;

    for (int i = 0; days[i] > 0; i++) {
        int count = -1;

        assert_ok(f, npie_outbox_remind(&count, f->registry, now, days[i],
                                        days[i + 1], &f->err));
        all += count;
    }
    return all;
}

/* A time when nothing else that the tests put there is near its end. */
#define QUIET (NOW + 4000 * DAY)

static void test_remind(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t employer = registry_employer_added(f);
    apr_time_t end = QUIET + 100 * DAY;
    apr_int64_t id = ending(f, employer, 1, end);
    npie_outbox_t *m;

    drain(f);
    assert_int_equal(remind(f, end - 31 * DAY), 0);
    assert_int_equal(remind(f, end - 30 * DAY - SEC(1)), 0);
    assert_int_equal(remind(f, end - 30 * DAY), 1);
    assert_int_equal(remind(f, end - 30 * DAY), 0);
    assert_int_equal(remind(f, end - 16 * DAY), 0);
    m = claimed(f, end - 30 * DAY);
    assert_int_equal(m->kind, NPIE_MAIL_EXPIRY);
    assert_int_equal(m->certificate, id);
    assert_int_equal(m->employer, employer);
    assert_int_equal(m->days, 30);
    assert_string_equal(m->address, "a@b.example");
    assert_int_equal(m->queued, end - 30 * DAY);
    /* It was never sent; the next one outruns it. */
    assert_int_equal(remind(f, end - 15 * DAY), 1);
    m = claimed(f, end - 15 * DAY);
    assert_int_equal(m->days, 15);
    assert_none_due(f, end - 15 * DAY);
    /* The machine was off for days: the newest alone. */
    assert_int_equal(remind(f, end - SEC(3600)), 1);
    m = claimed(f, end - SEC(3600));
    assert_int_equal(m->days, 1);
    assert_none_due(f, end - SEC(3600));
    assert_int_equal(remind(f, end - SEC(1800)), 0);
    /* A clock set back. */
    assert_int_equal(remind(f, end - 6 * DAY), 0);
    assert_int_equal(remind(f, end), 0);
    assert_int_equal(remind(f, end + DAY), 0);
}

static void test_remind_none(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t employer = registry_employer_added(f);
    apr_time_t end = QUIET + 300 * DAY;
    npie_certificate_t c = registry_certificate(f, employer, 1);
    npie_contact_t contact = { "", "4771234567", "" };
    apr_int64_t id = ending(f, employer, 1, end);
    npie_outbox_t again = { .kind = NPIE_MAIL_EXPIRY, .employer = employer,
                            .days = 7, .address = "a@b.example",
                            .queued = end, .next_try = end };

    drain(f);
    /* Renewed, though letter 2 is not signed and the old one still active. */
    ending(f, employer, 2, end + 180 * DAY);
    assert_int_equal(remind(f, end - 10 * DAY), 0);
    assert_ok(f, npie_certificate_end(f->registry, id,
                                      NPIE_CERTIFICATE_SUPERSEDED,
                                      "superseded", NOW, &f->err));
    assert_int_equal(remind(f, end - DAY), 0);

    employer = registry_employer_added(f);
    id = ending(f, employer, 1, end);
    assert_ok(f, npie_certificate_end(f->registry, id,
                                      NPIE_CERTIFICATE_REVOKED, "", NOW,
                                      &f->err));
    assert_int_equal(remind(f, end - DAY), 0);

    employer = registry_employer_added(f);
    c.employer = employer;
    c.additional = 1;
    c.spki = registry_hex64(f, 200000 + f->serial);
    c.not_after = end;
    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    assert_int_equal(remind(f, end - DAY), 0);

    employer = registry_employer_added(f);
    id = ending(f, employer, 1, end);
    assert_ok(f, npie_employer_set_contact(f->registry, employer, &contact,
                                           &f->err));
    assert_int_equal(remind(f, end - DAY), 0);

    again.certificate = id;
    assert_ok(f, npie_outbox_queue(&again.id, f->registry, &again, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_outbox_queue(&again.id, f->registry, &again, &f->err));
}

/* Twelve hundred employers in one go: at most 500 a call, each once. */
static void test_remind_many(void **state)
{
    registry_fixture_t *f = *state;
    apr_time_t end = QUIET + 600 * DAY;
    int counts[4] = { -1, -1, -1, -1 };

    drain(f);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    for (int i = 0; i < 1200; i++) {
        ending(f, registry_employer_added(f), 1, end);
    }
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    for (int i = 0; i < 4; i++) {
        assert_ok(f, npie_outbox_remind(&counts[i], f->registry, end - DAY, 7,
                                        0, &f->err));
    }
    assert_int_equal(counts[0], 500);
    assert_int_equal(counts[1], 500);
    assert_int_equal(counts[2], 200);
    assert_int_equal(counts[3], 0);
}

static npie_link_t linked(registry_fixture_t *f, apr_int64_t renewal,
                          npie_link_purpose_t purpose, apr_int64_t outbox)
{
    npie_link_t l = {
        .purpose = purpose, .renewal = renewal, .outbox = outbox,
        .created = NOW, .expires = NOW + DAY,
    };

    l.hash = registry_hex64(f, ++f->serial);
    assert_ok(f, npie_link_insert(f->registry, &l, &f->err));
    return l;
}

static void test_link(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_outbox_t m = queued(f, &r);
    npie_link_t l = linked(f, r.id, NPIE_LINK_CONTINUE, m.id);
    npie_link_t *got = NULL;

    assert_status(f, NPIE_ECONFLICT,
                  npie_link_insert(f->registry, &l, &f->err));
    assert_ok(f, npie_link_find(&got, f->registry, l.hash, &f->err));
    assert_string_equal(got->hash, l.hash);
    assert_int_equal(got->purpose, NPIE_LINK_CONTINUE);
    assert_int_equal(got->renewal, r.id);
    assert_int_equal(got->outbox, m.id);
    assert_int_equal(got->created, NOW);
    assert_int_equal(got->expires, NOW + DAY);
    assert_int_equal(got->used, 0);
    assert_int_equal(got->superseded, 0);
    assert_status(f, APR_NOTFOUND,
                  npie_link_find(&got, f->registry, "' OR ''='", &f->err));
    assert_null(got);

    assert_status(f, NPIE_ECONFLICT,
                  npie_link_use(f->registry, l.hash, NOW + DAY, &f->err));
    assert_ok(f, npie_link_use(f->registry, l.hash, NOW + DAY - SEC(1),
                               &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_link_use(f->registry, l.hash, NOW, &f->err));
    assert_status(f, NPIE_ECONFLICT,
                  npie_link_use(f->registry, registry_hex64(f, 31337), NOW,
                                &f->err));
    assert_ok(f, npie_link_find(&got, f->registry, l.hash, &f->err));
    assert_int_equal(got->used, NOW + DAY - SEC(1));
}

static void test_link_supersede(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_renewal_t other = registry_renewal_added(f);
    npie_outbox_t m = queued(f, &r);
    npie_link_t used = linked(f, r.id, NPIE_LINK_CONTINUE, m.id);
    npie_link_t open = linked(f, r.id, NPIE_LINK_CONTINUE, m.id);
    npie_link_t stop = linked(f, r.id, NPIE_LINK_STOP, m.id);
    npie_link_t theirs = linked(f, other.id, NPIE_LINK_CONTINUE, m.id);
    npie_link_t *got = NULL;

    assert_ok(f, npie_link_use(f->registry, used.hash, NOW, &f->err));
    for (int twice = 0; twice < 2; twice++) {
        assert_ok(f, npie_link_supersede(f->registry, r.id,
                                         NPIE_LINK_CONTINUE,
                                         NOW + SEC(5 + twice), &f->err));
    }
    assert_ok(f, npie_link_find(&got, f->registry, used.hash, &f->err));
    assert_int_equal(got->superseded, 0);
    assert_ok(f, npie_link_find(&got, f->registry, open.hash, &f->err));
    assert_int_equal(got->superseded, NOW + SEC(5));
    assert_status(f, NPIE_ECONFLICT,
                  npie_link_use(f->registry, open.hash, NOW, &f->err));
    assert_ok(f, npie_link_use(f->registry, stop.hash, NOW, &f->err));
    assert_ok(f, npie_link_use(f->registry, theirs.hash, NOW, &f->err));
    assert_ok(f, npie_link_find(&got, f->registry, stop.hash, &f->err));
    assert_int_equal(got->purpose, NPIE_LINK_STOP);
}

static void test_renewal_get(void **state)
{
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal_added(f);
    npie_renewal_t *got = NULL;

    assert_ok(f, npie_renewal_get(&got, f->registry, r.id, &f->err));
    assert_int_equal(got->employer, r.employer);
    assert_string_equal(got->contact.email, r.contact.email);
    assert_status(f, APR_NOTFOUND,
                  npie_renewal_get(&got, f->registry, 1 << 30, &f->err));
    assert_null(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_sent), ON_BOTH(test_retry), ON_BOTH(test_lease),
        ON_BOTH(test_order), ON_BOTH(test_withdraw), ON_BOTH(test_language),
        ON_BOTH(test_transaction), ON_BOTH(test_claimed_once),
        ON_BOTH(test_remind), ON_BOTH(test_remind_none),
        ON_BOTH(test_remind_many), ON_BOTH(test_link),
        ON_BOTH(test_link_supersede), ON_BOTH(test_renewal_get),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
