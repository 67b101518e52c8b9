/* SPDX-License-Identifier: Apache-2.0
 * Look-ups of many threads at once: everybody gets the own session, whoever
 * sends for whom, also when Redis stands still, dies or ends sessions.
 */
#include "unit/sessions.h"

#include <apr_thread_proc.h>

#include "store/session_cache.h"

#define THREADS 24
#define LOOKS 200
#define SECOND apr_time_from_sec(1)

/* One thread's part. */
typedef struct looker_t {
    sessions_fixture_t *f;
    const char *key, *user;
    int looks;
    int right, gone, down;
    volatile int *stop;
} looker_t;

static const char *key_of(sessions_fixture_t *f, int n)
{
    return apr_psprintf(f->p, "%04x%060x", n, n + 1);
}

static void put(sessions_fixture_t *f, int n)
{
    npie_session_t s = sessions_sample();

    s.user = apr_psprintf(f->p, "usuario%d", n);
    s.spki = key_of(f, n);
    assert_ok(f, npie_session_put(f->sessions, key_of(f, n), &s, 600, &f->err,
                                  f->p));
}

static void *APR_THREAD_FUNC look(apr_thread_t *thread, void *data)
{
    looker_t *l = data;

    (void)thread;
    for (int i = 0; i < l->looks || (l->stop != NULL && !*l->stop); ++i) {
        npie_session_t *got = NULL;
        npie_err_t err;
        apr_pool_t *p;
        apr_status_t rv;

        apr_pool_create(&p, NULL);
        rv = npie_session_get(&got, l->f->sessions, l->key, 600, NOW, &err, p);
        l->right += rv == APR_SUCCESS && strcmp(got->user, l->user) == 0;
        l->gone += rv == APR_NOTFOUND;
        l->down += rv == NPIE_EBACKEND;
        apr_pool_destroy(p);
    }
    return NULL;
}

/* Threads that look, each for another session.
 * @param there how many of these there are */
static void start(looker_t lookers[THREADS], apr_thread_t *threads[THREADS],
                  sessions_fixture_t *f, int there, int looks,
                  volatile int *stop)
{
    for (int i = 0; i < THREADS; ++i) {
        if (i < there) {
            put(f, i);
        }
        lookers[i] = (looker_t){ .f = f, .key = key_of(f, i), .looks = looks,
                                 .stop = stop };
        lookers[i].user = apr_psprintf(f->p, "usuario%d", i);
    }
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(apr_thread_create(&threads[i], NULL, look,
                                           &lookers[i], f->p), APR_SUCCESS);
    }
}

static void join(apr_thread_t *threads[THREADS])
{
    apr_status_t ended;

    for (int i = 0; i < THREADS; ++i) {
        apr_thread_join(&ended, threads[i]);
    }
}

static long getex_calls(sessions_fixture_t *f)
{
    const char *said = strstr(sessions_cli(f, "info commandstats"),
                              "cmdstat_getex:calls=");

    return said == NULL ? 0 : atol(strchr(said, '=') + 1);
}

static void test_everybody(void **state)
{
    sessions_fixture_t *f = *state;
    apr_thread_t *threads[THREADS];
    looker_t lookers[THREADS];
    const long before = getex_calls(f);
    const int there = THREADS - 3;

    start(lookers, threads, f, there, LOOKS, NULL);
    join(threads);
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(lookers[i].right, i < there ? LOOKS : 0);
        assert_int_equal(lookers[i].gone, i < there ? 0 : LOOKS);
        assert_int_equal(lookers[i].down, 0);
    }
    /* Nobody's is taken for another's, and each is one command; on a busy
     * machine some go again, by themselves. */
    assert_in_range(getex_calls(f) - before, THREADS * LOOKS,
                    THREADS * LOOKS * 2);
}

/* Redis answers nothing for half a second: nobody is lost, nobody mixed up. */
static void test_slow(void **state)
{
    sessions_fixture_t *f = *state;
    apr_thread_t *threads[THREADS];
    looker_t lookers[THREADS];
    volatile int stop = 0;
    int right = 0;

    start(lookers, threads, f, THREADS, LOOKS, &stop);
    sessions_cli(f, "debug sleep 0.5");
    sessions_cli(f, "debug sleep 0.5");
    stop = 1;
    join(threads);
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(lookers[i].gone, 0);
        right += lookers[i].right;
    }
    assert_true(right > 0);
}

/* Connections break under those who wait. */
static void test_killed(void **state)
{
    sessions_fixture_t *f = *state;
    apr_thread_t *threads[THREADS];
    looker_t lookers[THREADS];
    volatile int stop = 0;

    start(lookers, threads, f, THREADS, LOOKS, &stop);
    for (int i = 0; i < 20; ++i) {
        sessions_cli(f, "client kill type normal skipme yes");
    }
    stop = 1;
    join(threads);
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(lookers[i].gone, 0);
        assert_true(lookers[i].right > 0);
    }
}

/* Ended is ended, for all threads. */
static void test_ended(void **state)
{
    sessions_fixture_t *f = *state;
    apr_thread_t *threads[THREADS];
    looker_t lookers[THREADS];
    volatile int stop = 0;

    start(lookers, threads, f, THREADS, 1, &stop);
    for (int i = 0; i < THREADS; ++i) {
        assert_ok(f, npie_session_end(f->sessions, key_of(f, i), &f->err,
                                      f->p));
    }
    stop = 1;
    join(threads);
    start(lookers, threads, f, 0, LOOKS, NULL);
    join(threads);
    for (int i = 0; i < THREADS; ++i) {
        assert_int_equal(lookers[i].gone, LOOKS);
    }
}

/* What a process keeps for a moment. */
static void test_cache(void **state)
{
    sessions_fixture_t *f = *state;
    npie_session_t *got;
    long before;

    f->redis.cache_age = apr_time_from_sec(10);
    assert_int_equal(npie_session_cache_create(&f->redis.cache, f->p),
                     APR_SUCCESS);
    f->sessions = sessions_open(f);
    put(f, 0);
    put(f, 1);
    before = getex_calls(f);
    for (int i = 0; i < 50; ++i) {
        assert_ok(f, npie_session_get(&got, f->sessions, key_of(f, i % 2), 600,
                                      NOW, &f->err, f->p));
        assert_string_equal(got->user, i % 2 ? "usuario1" : "usuario0");
    }
    assert_int_equal(getex_calls(f) - before, 2);
    /* Past its absolute end it is none, kept or not. */
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, key_of(f, 0), 600,
                                   NOW + apr_time_from_sec(3600), &f->err,
                                   f->p));

    /* Ended by this process: at once, one alone and all of a key. */
    assert_ok(f, npie_session_end(f->sessions, key_of(f, 0), &f->err, f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, key_of(f, 0), 600, NOW,
                                   &f->err, f->p));
    assert_ok(f, npie_session_end_all(f->sessions, key_of(f, 1), NULL, &f->err,
                                      f->p));
    assert_status(f, APR_NOTFOUND,
                  npie_session_get(&got, f->sessions, key_of(f, 1), 600, NOW,
                                   &f->err, f->p));
}

/* Ended by another process: when its time is over. */
static void test_cache_age(void **state)
{
    sessions_fixture_t *f = *state;
    npie_sessions_t *other = f->sessions;
    npie_session_t *got;
    apr_status_t rv = APR_SUCCESS;

    f->redis.cache_age = apr_time_from_msec(300);
    assert_int_equal(npie_session_cache_create(&f->redis.cache, f->p),
                     APR_SUCCESS);
    f->sessions = sessions_open(f);
    put(f, 0);
    assert_ok(f, npie_session_get(&got, f->sessions, key_of(f, 0), 600, NOW,
                                  &f->err, f->p));
    assert_ok(f, npie_session_end(other, key_of(f, 0), &f->err, f->p));
    for (int i = 0; i < 100 && rv == APR_SUCCESS; ++i) {
        apr_sleep(apr_time_from_msec(50));
        rv = npie_session_get(&got, f->sessions, key_of(f, 0), 600, NOW,
                              &f->err, f->p);
    }
    assert_int_equal(rv, APR_NOTFOUND);
}

/* What Redis answered before a session was ended is not kept after it. */
static void test_cache_turn(void **state)
{
    sessions_fixture_t *f = *state;
    const npie_bytes_t bytes = unit_bytes("a session");
    npie_session_cache_t *cache;
    apr_uint64_t turn;
    char big[2000] = "";

    assert_int_equal(npie_session_cache_create(&cache, f->p), APR_SUCCESS);
    assert_int_equal(npie_session_cache_get(&turn, cache, KEY_A, SECOND,
                                            f->p).len, 0);
    npie_session_cache_end(cache, KEY_B);
    npie_session_cache_put(cache, turn, KEY_A, SPKI, bytes);
    assert_int_equal(npie_session_cache_get(&turn, cache, KEY_A, SECOND,
                                            f->p).len, 0);
    npie_session_cache_put(cache, turn, KEY_A, SPKI, bytes);
    assert_int_equal(npie_session_cache_get(&turn, cache, KEY_A, SECOND,
                                            f->p).len, bytes.len);
    npie_session_cache_end_all(cache, SPKI);
    npie_session_cache_put(cache, turn, KEY_A, SPKI, bytes);
    assert_int_equal(npie_session_cache_get(&turn, cache, KEY_A, SECOND,
                                            f->p).len, 0);
    npie_session_cache_put(cache, turn, KEY_A, SPKI,
                           (npie_bytes_t){ (unsigned char *)big, 2000 });
    assert_int_equal(npie_session_cache_get(&turn, cache, KEY_A, SECOND,
                                            f->p).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        sessions_test(test_everybody), sessions_test(test_slow),
        sessions_test(test_killed), sessions_test(test_ended),
        sessions_test(test_cache), sessions_test(test_cache_age),
        sessions_test(test_cache_turn),
    };

    return sessions_main(tests, sizeof(tests) / sizeof(tests[0]));
}
