/* SPDX-License-Identifier: Apache-2.0
 * store/session.h on a Redis of its own: what each function does.
 */
#include "unit/sessions.h"

#include <apr_thread_proc.h>

#include "store/session_value.h"

static void assert_session_equal(const npie_session_t *a,
                                 const npie_session_t *b)
{
    assert_int_equal(a->access, b->access);
    assert_int_equal(a->problem, b->problem);
    assert_int_equal(a->employer, b->employer);
    assert_int_equal(a->certificate, b->certificate);
    assert_string_equal(a->user, b->user);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->rp, b->rp);
    assert_string_equal(a->rfc, b->rfc);
    assert_string_equal(a->common_name, b->common_name);
    assert_string_equal(a->email, b->email);
    assert_string_equal(a->serial, b->serial);
    assert_string_equal(a->spki, b->spki);
    assert_string_equal(a->csrf, b->csrf);
    assert_int_equal(a->not_before, b->not_before);
    assert_int_equal(a->not_after, b->not_after);
    assert_int_equal(a->event, b->event);
    assert_int_equal(a->created, b->created);
    assert_int_equal(a->expires, b->expires);
}

static void test_put_and_get(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_int_equal(f->err.status, 0);
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                  f->p));
    assert_session_equal(got, &session);

    session.access = NPIE_ACCESS_REFUSED;
    session.problem = 31;
    session.event = -1;
    session.email = "ñ@b.example";
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                  f->p));
    assert_session_equal(got, &session);
}

/* Whatever the bytes, reading them does no harm; cut ones are no session. */
static void test_decode_anything(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_bytes_t good = npie_session_encode(&session, f->p);
    unsigned char *data = apr_pmemdup(f->p, good.data, good.len);
    npie_bytes_t bytes = { data, good.len };
    npie_session_t got;
    int refused = 0;

    assert_int_equal(npie_session_decode(&got, bytes, f->p), APR_SUCCESS);
    for (bytes.len = 0; bytes.len < good.len; bytes.len++) {
        /* A block of its own, so that reading past it is noticed. */
        unsigned char *cut = malloc(bytes.len > 0 ? bytes.len : 1);
        npie_bytes_t part = { cut, bytes.len };

        memcpy(cut, data, bytes.len);
        assert_int_equal(npie_session_decode(&got, part, f->p),
                         NPIE_EPROTO);
        free(cut);
    }
    for (apr_size_t i = 0; i < good.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            data[i] ^= (unsigned char)(1 << bit);
            refused += npie_session_decode(&got, bytes, f->p)
                != APR_SUCCESS;
            data[i] ^= (unsigned char)(1 << bit);
        }
    }
    /* Version, access, nine lengths, and bytes that are UTF-8 no more. */
    assert_in_range(refused, 8 * 40, 8 * (int)good.len);
}

static void test_times(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 1000, &f->err,
                                  f->p));
    assert_in_range(sessions_ttl(f, "session"), 990,
                    1000);
    assert_in_range(sessions_ttl(f, "holder"), 604000,
                    604800);
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 50, NOW, &f->err,
                                  f->p));
    assert_in_range(sessions_ttl(f, "session"), 40, 50);
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 50,
                                  session.expires - 1, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 1,
                                   session.expires, &f->err, f->p));
    assert_null(got);
    apr_sleep(apr_time_from_msec(1200));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 50, NOW, &f->err,
                                   f->p));
    session.expires = session.created + apr_time_from_sec(9000000);
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 0, &f->err,
                                  f->p));
    assert_in_range(sessions_ttl(f, "holder"), 8999000,
                    9000000);
}

/* The gate's only cost: one command, and it is GETEX. */
static void test_get_is_one_command(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *stats;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    sessions_cli(f, "config resetstat");
    for (int i = 0; i < 5; i++) {
        assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW,
                                      &f->err, f->p));
    }
    stats = sessions_cli(f, "info stats");
    /* Five, config, and the info that asks. */
    assert_non_null(strstr(stats, "total_commands_processed:6"));
    assert_non_null(strstr(sessions_cli(f, "info commandstats"),
                           "cmdstat_getex:calls=5"));
}

static void test_end(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_end(f->sessions, KEY_A, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_ok(f, npie_session_end(f->sessions, KEY_A, &f->err, f->p));
}

/* Whoever changes a session must not bring back one that was ended since it
 * was read. */
static void test_change(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    session.access = NPIE_ACCESS_RENEWAL;
    assert_ok(f, npie_session_change(f->sessions, KEY_A, &session, 900,
                                     &f->err, f->p));
    assert_in_range(sessions_ttl(f, "session"), 890,
                    900);
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                  f->p));
    assert_int_equal(got->access, NPIE_ACCESS_RENEWAL);
    assert_ok(f, npie_session_end_all(f->sessions, session.spki, NULL, &f->err,
                                      f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_change(f->sessions, KEY_A, &session, 60,
                                      &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
}

static void test_end_all(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    session.spki = "d" "00000000000000000000000000000000000000000000000000000"
                   "0000000004";
    assert_int_equal(strlen(session.spki), 64);
    assert_ok(f, npie_session_end_all(f->sessions, session.spki, NULL, &f->err,
                                      f->p));
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_ok(f, npie_session_put(f->sessions, KEY_B, &session, 60, &f->err,
                                  f->p));
    sessions_cli(f, apr_pstrcat(f->p, "sadd ", sessions_key(f, "holder"),
                                " garbage '*'", NULL));
    assert_ok(f, npie_session_end_all(f->sessions, session.spki, KEY_B,
                                      &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_B, 60, NOW, &f->err,
                                  f->p));
    assert_ok(f, npie_session_end_all(f->sessions, session.spki, NULL, &f->err,
                                      f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, KEY_B, 60, NOW, &f->err,
                                   f->p));
}

/* Whoever was refused has nothing that must be ended: no set grows by it. */
static void test_refused(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    session.access = NPIE_ACCESS_REFUSED;
    session.employer = 0;
    assert_ok(f, npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                  f->p));
    assert_int_equal(atoi(sessions_cli(f, "dbsize")), 1);
    assert_ok(f, npie_session_get(&got, f->sessions, KEY_A, 60, NOW, &f->err,
                                  f->p));
    assert_int_equal(got->access, NPIE_ACCESS_REFUSED);
}

static void test_bad_names(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *text = NULL;
    static const char *const bad[] = {
        "", "a", "A000000000000000000000000000000000000000000000000000000000"
        "000001", KEY_A "0", "a 00000000000000000000000000000000000000000000"
        "0000000000000000000\n",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(f, APR_NOTFOUND,
                      npie_session_get(&got, f->sessions, bad[i], 60, NOW,
                                       &f->err, f->p));
        assert_status(f, NPIE_EINTERNAL,
                      npie_session_put(f->sessions, bad[i], &session, 60,
                                       &f->err, f->p));
        assert_status(f, NPIE_EINTERNAL,
                      npie_session_end(f->sessions, bad[i], &f->err, f->p));
        assert_status(f, NPIE_EINTERNAL,
                      npie_session_end_all(f->sessions, bad[i], NULL, &f->err,
                                           f->p));
        assert_status(f, NPIE_EINTERNAL,
                      npie_draft_put(f->sessions, bad[i], "datos", "x", 9,
                                     &f->err, f->p));
    }
    session.spki = "";
    assert_status(f, NPIE_EINTERNAL,
                  npie_session_put(f->sessions, KEY_A, &session, 60, &f->err,
                                   f->p));
    assert_status(f, NPIE_EINTERNAL,
                  npie_draft_get(&text, f->sessions, KEY_A, "", &f->err, f->p));
    assert_status(f, NPIE_EINTERNAL,
                  npie_once_put(f->sessions, "", 9, &f->err, f->p));
    /* Any text names a thing, and no other text does. */
    assert_ok(f, npie_once_put(f->sessions, "\r\n ñ", 9, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_once_take(f->sessions, "\r\n", &f->err, f->p));
    assert_ok(f, npie_once_take(f->sessions, "\r\n ñ", &f->err, f->p));
}

static void test_drafts(void **state)
{
    sessions_fixture_t *f = *state;
    const char *text = NULL;

    assert_status(f, APR_NOTFOUND,
                  npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                 f->p));
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos",
                                "correo=ñ\r\n$3\r\n%s%b", 100, &f->err, f->p));
    assert_ok(f, npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                f->p));
    assert_string_equal(text, "correo=ñ\r\n$3\r\n%s%b");
    assert_in_range(sessions_ttl(f, "draft"),
                    90, 100);
    assert_status(f, APR_NOTFOUND,
                  npie_draft_get(&text, f->sessions, KEY_A, "llave", &f->err,
                                 f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_draft_get(&text, f->sessions, KEY_B, "datos", &f->err,
                                 f->p));
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos", "", 100, &f->err,
                                f->p));
    assert_ok(f, npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                f->p));
    assert_string_equal(text, "");
    assert_ok(f, npie_draft_put(f->sessions, KEY_A, "datos", NULL, 0, &f->err,
                                f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_draft_get(&text, f->sessions, KEY_A, "datos", &f->err,
                                 f->p));
}

static void test_once(void **state)
{
    sessions_fixture_t *f = *state;

    assert_status(f, APR_NOTFOUND,
                  npie_once_take(f->sessions, KEY_B, &f->err, f->p));
    assert_ok(f, npie_once_put(f->sessions, KEY_A, 300, &f->err, f->p));
    assert_in_range(sessions_ttl(f, "once"), 290, 300);
    assert_ok(f, npie_once_take(f->sessions, KEY_A, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_once_take(f->sessions, KEY_A, &f->err, f->p));
    assert_ok(f, npie_once_put(f->sessions, KEY_A, 1, &f->err, f->p));
    apr_sleep(apr_time_from_msec(1200));
    assert_status(f, APR_NOTFOUND,
                  npie_once_take(f->sessions, KEY_A, &f->err, f->p));
}

static void test_rate(void **state)
{
    sessions_fixture_t *f = *state;
    apr_int64_t count = 0;

    for (int i = 1; i <= 3; i++) {
        assert_ok(f, npie_rate_count(&count, f->sessions, "reto:fe80::1%eth0",
                                     86400, &f->err, f->p));
        assert_int_equal(count, i);
    }
    assert_ok(f, npie_rate_count(&count, f->sessions, "reto:192.0.2.1", 86400,
                                 &f->err, f->p));
    assert_int_equal(count, 1);
    assert_ok(f, npie_rate_count(&count, f->sessions, "reto:192.0.2.1", 43200,
                                 &f->err, f->p));
    assert_int_equal(count, 1);
    sessions_cli(f, "flushall");
    assert_ok(f, npie_rate_count(&count, f->sessions, "reto:192.0.2.1", 86400,
                                 &f->err, f->p));
    assert_in_range(sessions_ttl(f, "rate"), 86000, 86400);
    assert_ok(f, npie_rate_count(&count, f->sessions, "short", 1, &f->err,
                                 f->p));
    apr_sleep(apr_time_from_msec(1100));
    assert_ok(f, npie_rate_count(&count, f->sessions, "short", 1, &f->err,
                                 f->p));
    assert_int_equal(count, 1);
}

/* A store with another secret in front, or alone. */
static npie_sessions_t *changed(sessions_fixture_t *f, int keep)
{
    memcpy(f->secrets.bytes[keep], f->secrets.bytes[0], NPIE_SECRET_BYTES);
    memset(f->secrets.bytes[0], 0xa5, NPIE_SECRET_BYTES);
    f->secrets.count = 1 + keep;
    return sessions_open(f);
}

/* What was kept before the secret was changed is still read, changed, ended
 * and used up. */
static void test_older_secret(void **state)
{
    sessions_fixture_t *f = *state;
    npie_sessions_t *before = f->sessions, *after = changed(f, 1);
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;
    const char *text;

    assert_ok(f, npie_session_put(before, KEY_A, &session, 60, &f->err, f->p));
    assert_ok(f, npie_session_put(before, KEY_B, &session, 60, &f->err, f->p));
    assert_ok(f, npie_draft_put(before, KEY_A, "datos", "x", 60, &f->err,
                                f->p));
    assert_ok(f, npie_once_put(before, "one", 60, &f->err, f->p));
    assert_ok(f, npie_session_get(&got, after, KEY_A, 60, NOW, &f->err, f->p));
    assert_session_equal(got, &session);
    session.access = NPIE_ACCESS_TERMS;
    assert_ok(f, npie_session_change(after, KEY_A, &session, 60, &f->err,
                                     f->p));
    assert_ok(f, npie_session_get(&got, before, KEY_A, 60, NOW, &f->err, f->p));
    assert_int_equal(got->access, NPIE_ACCESS_TERMS);
    assert_ok(f, npie_draft_get(&text, after, KEY_A, "datos", &f->err, f->p));
    assert_ok(f, npie_draft_put(after, KEY_A, "datos", NULL, 0, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_draft_get(&text, before, KEY_A, "datos", &f->err, f->p));
    assert_ok(f, npie_once_take(after, "one", &f->err, f->p));
    assert_status(f, APR_NOTFOUND, npie_once_take(before, "one", &f->err, f->p));
    assert_ok(f, npie_session_end(after, KEY_A, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_change(after, KEY_A, &session, 60, &f->err,
                                      f->p));
    assert_ok(f, npie_session_put(after, KEY_A, &session, 60, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, before, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_ok(f, npie_session_end_all(after, SPKI, KEY_B, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, after, KEY_A, 60, NOW, &f->err,
                                   f->p));
    assert_ok(f, npie_session_get(&got, after, KEY_B, 60, NOW, &f->err, f->p));
    assert_ok(f, npie_session_end_all(after, SPKI, NULL, &f->err, f->p));
    assert_int_equal(atoi(sessions_cli(f, "dbsize")), 0);
}

/* Once it is gone, so are they. */
static void test_other_secret(void **state)
{
    sessions_fixture_t *f = *state;
    npie_sessions_t *before = f->sessions, *after = changed(f, 0);
    npie_session_t session = sessions_sample();
    npie_session_t *got = NULL;

    assert_ok(f, npie_session_put(before, KEY_A, &session, 60, &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, after, KEY_A, 60, NOW, &f->err,
                                   f->p));
}

/* One of several threads at the same store. */
typedef struct worker_t {
    npie_sessions_t *sessions;
    apr_pool_t *p;
    int won;
    int failed;
} worker_t;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *baton)
{
    worker_t *w = baton;
    npie_session_t session = sessions_sample();
    npie_session_t *got;
    apr_status_t rv;

    (void)thread;
    for (int i = 0; i < 50; i++) {
        rv = npie_once_take(w->sessions, apr_psprintf(w->p, "race%d", i),
                            NULL, w->p);
        w->won += rv == APR_SUCCESS;
        w->failed += rv != APR_SUCCESS && rv != APR_NOTFOUND;
        w->failed += npie_session_put(w->sessions, KEY_A, &session, 60, NULL,
                                      w->p) != APR_SUCCESS;
        w->failed += npie_session_get(&got, w->sessions, KEY_A, 60, NOW, NULL,
                                      w->p) != APR_SUCCESS;
    }
    return NULL;
}

/* Eight threads, four connections: a thing is good once, not once each. */
static void test_threads(void **state)
{
    sessions_fixture_t *f = *state;
    worker_t workers[8] = { { 0 } };
    apr_thread_t *threads[8];
    const char *clients;
    apr_status_t ended;
    int won = 0;

    for (int i = 0; i < 50; i++) {
        assert_ok(f, npie_once_put(f->sessions, apr_psprintf(f->p, "race%d", i),
                                   300, &f->err, f->p));
    }
    for (int i = 0; i < 8; i++) {
        workers[i].sessions = f->sessions;
        apr_pool_create(&workers[i].p, NULL);
        assert_int_equal(apr_thread_create(&threads[i], NULL, work,
                                           &workers[i], workers[i].p), 0);
    }
    for (int i = 0; i < 8; i++) {
        apr_thread_join(&ended, threads[i]);
        won += workers[i].won;
        assert_int_equal(workers[i].failed, 0);
        apr_pool_destroy(workers[i].p);
    }
    assert_int_equal(won, 50);
    clients = strstr(sessions_cli(f, "info clients"), "connected_clients:");
    assert_non_null(clients);
    /* redis-cli is one of them. */
    assert_in_range(atoi(clients + strlen("connected_clients:")), 2, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sessions_test(test_put_and_get), sessions_test(test_decode_anything),
        sessions_test(test_times),
        sessions_test(test_get_is_one_command), sessions_test(test_end),
        sessions_test(test_end_all), sessions_test(test_change),
        sessions_test(test_bad_names), sessions_test(test_refused),
        sessions_test(test_drafts), sessions_test(test_once),
        sessions_test(test_rate),
        sessions_test(test_older_secret), sessions_test(test_other_secret),
        sessions_test(test_threads),
    };

    return sessions_main(tests, sizeof(tests) / sizeof(tests[0]));
}
