/* SPDX-License-Identifier: Apache-2.0
 * The databases of the registry's unit programs, and rows for them.
 */
#include "unit/registries.h"

static char sqlite_params[200];
static char pgsql_params[400];

registry_fixture_t registry_sqlite = { .driver = "sqlite3",
                                       .params = sqlite_params };
registry_fixture_t registry_pgsql = { .driver = "pgsql",
                                      .params = pgsql_params };

int registry_setup(void **state)
{
    registry_fixture_t *f = *state;

    apr_pool_create(&f->p, NULL);
    assert_ok(f, npie_registry_open(&f->registry, f->driver, f->params,
                                    &f->err, f->p));
    return 0;
}

int registry_teardown(void **state)
{
    registry_fixture_t *f = *state;

    apr_pool_destroy(f->p);
    return 0;
}

const char *registry_hex64(registry_fixture_t *f, int n)
{
    return apr_psprintf(f->p, "%032x%032x", f->driver[0], n);
}

npie_employer_t registry_employer(registry_fixture_t *f)
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

apr_int64_t registry_employer_added(registry_fixture_t *f)
{
    npie_employer_t e = registry_employer(f);
    apr_int64_t id = 0;

    assert_ok(f, npie_employer_insert(&id, f->registry, &e, &f->err));
    assert_true(id > 0);
    return id;
}

npie_certificate_t registry_certificate(registry_fixture_t *f,
                                        apr_int64_t employer, int generation)
{
    npie_certificate_t c = {
        .employer = employer, .generation = generation, .holder = "",
        .holder_email = "", .serial = "3030", .der = unit_bytes("\x30\x03xyz"),
        .not_before = SEC(1780000000), .not_after = SEC(1790000000),
        .status = NPIE_CERTIFICATE_ACTIVE, .reason = "",
    };

    f->serial++;
    c.spki = registry_hex64(f, f->serial);
    return c;
}

apr_int64_t registry_certificate_added(registry_fixture_t *f,
                                       apr_int64_t employer, int generation)
{
    npie_certificate_t c = registry_certificate(f, employer, generation);
    apr_int64_t id = 0;

    assert_ok(f, npie_certificate_insert(&id, f->registry, &c, &f->err));
    return id;
}

npie_renewal_t registry_renewal(apr_int64_t employer, apr_int64_t old)
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

npie_renewal_t registry_renewal_added(registry_fixture_t *f)
{
    apr_int64_t employer = registry_employer_added(f);
    npie_renewal_t r = registry_renewal(
        employer, registry_certificate_added(f, employer, 1));

    assert_ok(f, npie_renewal_insert(&r.id, f->registry, &r, &f->err));
    return r;
}

npie_letter_row_t registry_letter_added(registry_fixture_t *f,
                                        apr_int64_t renewal,
                                        npie_letter_kind_t kind)
{
    npie_letter_row_t l = {
        .renewal = renewal, .kind = kind, .created = NOW,
        .pdf = unit_bytes("%PDF-1.4 unsigned"),
    };

    l.sha256 = registry_hex64(f, 7);
    assert_ok(f, npie_folio_next(&l.folio, f->registry, &f->err));
    assert_ok(f, npie_letter_insert(f->registry, &l, &f->err));
    return l;
}

static int start(void **state)
{
    const char *d = npie_backend_directory();

    (void)state;
    apr_snprintf(sqlite_params, sizeof(sqlite_params), "%s/registry.db", d);
    apr_snprintf(pgsql_params, sizeof(pgsql_params),
                 "host=%s/pgsql user=npie dbname=npie connect_timeout=2"
                 " tcp_user_timeout=5000 options='-c lock_timeout=5s"
                 " -c idle_in_transaction_session_timeout=30s'", d);
    return npie_backend_run("sqlite-make") | npie_backend_run("pgsql-start");
}

static int stop(void **state)
{
    int failed = npie_backend_run("pgsql-stop");

    (void)state;
    npie_backend_remove();
    return failed;
}

int registry_main(const struct CMUnitTest *tests, size_t count)
{
    int failures;

    apr_initialize();
    failures = _cmocka_run_group_tests("registry", tests, count, start, stop);
    apr_terminate();
    return failures;
}
