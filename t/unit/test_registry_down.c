/* SPDX-License-Identifier: Apache-2.0
 * The registry's transactions: undone, doomed, forgotten, raced for; and
 * databases that go away and come back.
 */
#include "unit/registries.h"

#include <apr_thread_proc.h>

static void test_transaction(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t folio = 0;
    apr_int64_t next = 0;
    apr_int64_t kept;
    apr_int64_t undone;

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_EINTERNAL,
                  npie_registry_begin(f->registry, &f->err));
    kept = registry_employer_added(f);
    assert_ok(f, npie_folio_next(&folio, f->registry, &f->err));
    assert_ok(f, npie_audit(f->registry, NOW, "3030", "data", "ñ", &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
    assert_status(f, NPIE_EINTERNAL,
                  npie_registry_end(f->registry, 1, &f->err));

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    undone = registry_employer_added(f);
    assert_ok(f, npie_folio_next(&next, f->registry, &f->err));
    assert_int_equal(next, folio + 1);
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));

    assert_ok(f, npie_employer_get(&got, f->registry, kept, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, undone, &f->err));
    assert_ok(f, npie_folio_next(&next, f->registry, &f->err));
    assert_int_equal(next, folio + 1);
}

/* What one transaction is to do. */
typedef struct written_t {
    registry_fixture_t *f;
    apr_int64_t folio; /* drawn */
    apr_status_t rv;   /* to return */
} written_t;

static apr_status_t draw_folio(void *baton, npie_err_t *err)
{
    written_t *w = baton;

    assert_status(w->f, NPIE_EINTERNAL,
                  npie_registry_begin(w->f->registry, NULL));
    assert_ok(w->f, npie_folio_next(&w->folio, w->f->registry, err));
    return w->rv;
}

/* Kept when all went well, else undone; nothing is left open. */
static void test_write(void **state)
{
    registry_fixture_t *f = *state;
    const apr_int64_t employer = registry_employer_added(f);
    written_t w = { f, 0, APR_SUCCESS };
    apr_int64_t kept;

    assert_ok(f, npie_registry_write(f->registry, employer, draw_folio, &w,
                                     &f->err));
    kept = w.folio;
    w.rv = NPIE_EPOLICY;
    assert_status(f, NPIE_EPOLICY,
                  npie_registry_write(f->registry, employer, draw_folio, &w,
                                      &f->err));
    assert_int_equal(w.folio, kept + 1);
    w.rv = APR_SUCCESS;
    assert_ok(f, npie_registry_write(f->registry, 0, draw_folio, &w, &f->err));
    assert_int_equal(w.folio, kept + 1);
    w.folio = 0;
    assert_status(f, APR_NOTFOUND,
                  npie_registry_write(f->registry, 1 << 30, draw_folio, &w,
                                      &f->err));
    assert_int_equal(w.folio, 0);
}

static void test_failure_in_transaction(void **state)
{
    registry_fixture_t *f = *state;
    npie_contact_t bad = { "a@b.example", "123", "" };
    npie_contact_t good = { "c@d.example", "1234567890", "" };
    apr_int64_t id = registry_employer_added(f);
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
    twice = registry_employer(f);
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
    registry_fixture_t *f = *state;
    npie_renewal_t r = registry_renewal(1 << 30, 1 << 30);

    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_insert(&r.id, f->registry, &r, &f->err));
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, NPIE_EBACKEND,
                  npie_renewal_insert(&r.id, f->registry, &r, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 0, &f->err));
}

/* DBDInitSQL runs after the statements are prepared, and these settings make
 * SQLite forget them. */
static void test_sqlite_settings(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t id;
    int rows;

    assert_int_equal(apr_dbd_query(f->registry->driver, f->registry->handle,
                                   &rows, "PRAGMA foreign_keys = ON"), 0);
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, 1 << 30, &f->err));
    assert_int_equal(apr_dbd_query(f->registry->driver, f->registry->handle,
                                   &rows, "PRAGMA cache_size = 100"), 0);
    id = registry_employer_added(f);
    assert_int_equal(apr_dbd_query(f->registry->driver, f->registry->handle,
                                   &rows, "PRAGMA reverse_unordered_selects"
                                          " = ON"), 0);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_forgotten_transaction(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_pool_t *request;
    apr_pool_t *old = f->registry->p;
    apr_int64_t id;

    apr_pool_create(&request, f->p);
    f->registry->p = request;
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    id = registry_employer_added(f);
    apr_pool_destroy(request);
    f->registry->p = old;
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

/* One of several threads that open a renewal for the same employer. */
typedef struct racer_t {
    registry_fixture_t *f;
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

static void run_race(registry_fixture_t *f, apr_thread_mutex_t *turn)
{
    racer_t racers[4] = { { 0 } };
    apr_thread_t *threads[4];
    apr_int64_t folios[80];
    apr_int64_t employer = registry_employer_added(f);
    apr_int64_t old = registry_certificate_added(f, employer, 1);
    apr_status_t ended;
    int won = 0;
    int lost = 0;

    for (int i = 0; i < 4; i++) {
        apr_pool_create(&racers[i].p, NULL);
        assert_ok(f, npie_registry_open(&racers[i].registry, f->driver,
                                        f->params, &f->err, racers[i].p));
        racers[i].registry->turn = turn;
        racers[i].renewal = registry_renewal(employer, old);
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
    registry_fixture_t *f = *state;
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
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    npie_registry_t *fresh = NULL;
    apr_int64_t id = registry_employer_added(f);

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
    registry_fixture_t *f = *state;
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
    registry_fixture_t *f = *state;
    npie_certificate_t *got = NULL;
    apr_int64_t employer = registry_employer_added(f);
    apr_int64_t id = registry_certificate_added(f, employer, 1);

    shell("sqlite3 $d/registry.db \"UPDATE certificate SET der = '!!'\"");
    assert_status(f, NPIE_EBACKEND,
                  npie_certificate_get(&got, f->registry, id, &f->err));
    shell("sqlite3 $d/registry.db \"UPDATE certificate SET der = 'AAAA'\"");
    assert_ok(f, npie_certificate_get(&got, f->registry, id, &f->err));
    shell("sqlite3 $d/registry.db 'INSERT INTO schema VALUES (999)'");
    assert_status(f, NPIE_EBACKEND, npie_registry_check(f->registry, &f->err));
    shell("sqlite3 $d/registry.db 'DELETE FROM schema WHERE version = 999'");
    assert_ok(f, npie_registry_check(f->registry, &f->err));
}

/* A writer of another process that holds the lock for longer than apr_dbd
 * is willing to wait, and then lets go. */
static void test_sqlite_locked(void **state)
{
    registry_fixture_t *f = *state;
    apr_int64_t folio = 0;
    apr_status_t rv = NPIE_EBACKEND;

    shell("(printf 'BEGIN IMMEDIATE;\\n'; sleep 7)"
          " | sqlite3 $d/registry.db & sleep 0.5");
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    assert_non_null(strstr(f->err.detail, "locked"));
    for (int i = 0; i < 4 && rv != APR_SUCCESS; i++) {
        rv = npie_registry_begin(f->registry, &f->err);
    }
    assert_ok(f, rv);
    assert_ok(f, npie_folio_next(&folio, f->registry, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_pgsql_restart(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t id = registry_employer_added(f);
    apr_int64_t lost;

    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_status(f, NPIE_EBACKEND, npie_registry_begin(f->registry, &f->err));
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));

    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    lost = registry_employer_added(f);
    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_status(f, NPIE_EBACKEND,
                  npie_employer_get(&got, f->registry, id, &f->err));
    assert_status(f, NPIE_EBACKEND, npie_registry_end(f->registry, 1, &f->err));
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_status(f, APR_NOTFOUND,
                  npie_employer_get(&got, f->registry, lost, &f->err));
    registry_employer_added(f);
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

/* Restarted between two requests, before anything was asked in vain. */
static void test_pgsql_restart_unnoticed(void **state)
{
    registry_fixture_t *f = *state;
    npie_employer_t *got = NULL;
    apr_int64_t id = registry_employer_added(f);

    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_int_equal(npie_backend_run("pgsql-stop"), 0);
    assert_int_equal(npie_backend_run("pgsql-start"), 0);
    assert_ok(f, npie_registry_begin(f->registry, &f->err));
    assert_ok(f, npie_employer_get(&got, f->registry, id, &f->err));
    assert_ok(f, npie_registry_end(f->registry, 1, &f->err));
}

static void test_open_failures(void **state)
{
    registry_fixture_t *f = *state;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_transaction), ON_BOTH(test_write),
        ON_BOTH(test_failure_in_transaction),
        ON_BOTH(test_foreign_keys), ON_BOTH(test_forgotten_transaction),
        ON_BOTH(test_race_in_turns), ON_BOTH(test_race),
        ON(sqlite, test_sqlite_settings),
        ON(sqlite, test_sqlite_table_missing),
        ON(sqlite, test_sqlite_file_gone), ON(sqlite, test_sqlite_garbage),
        ON(sqlite, test_sqlite_locked), ON(pgsql, test_pgsql_restart),
        ON(pgsql, test_pgsql_restart_unnoticed),
        ON(sqlite, test_open_failures),
    };

    return registry_main(tests, sizeof(tests) / sizeof(tests[0]));
}
