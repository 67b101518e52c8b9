/* SPDX-License-Identifier: Apache-2.0
 * What the unit programs of the registry share: SQLite and PostgreSQL of
 * their own, and rows to put there.
 */
#ifndef NPIE_UNIT_REGISTRIES_H
#define NPIE_UNIT_REGISTRIES_H

#include "unit/unit.h"

#include <apr_strings.h>

#include <stdlib.h>

#include "store/registry.h"
#include "unit/backend.h"

#define SEC(n) apr_time_from_sec(n)
#define NOW SEC(1795000000)

/* What a test works with: a pool and a connection of its own. */
typedef struct registry_fixture_t {
    const char *driver;
    const char *params;
    apr_pool_t *p;
    npie_registry_t *registry;
    npie_err_t err;
    int serial; /* makes rows of different tests differ */
} registry_fixture_t;

extern registry_fixture_t registry_sqlite;
extern registry_fixture_t registry_pgsql;

int registry_setup(void **state);
int registry_teardown(void **state);

/* 64 hex digits, others for each driver and n. */
const char *registry_hex64(registry_fixture_t *f, int n);

/* Good rows, not in the database yet, and the same put there. */
npie_employer_t registry_employer(registry_fixture_t *f);
apr_int64_t registry_employer_added(registry_fixture_t *f);
npie_certificate_t registry_certificate(registry_fixture_t *f,
                                        apr_int64_t employer, int generation);
apr_int64_t registry_certificate_added(registry_fixture_t *f,
                                       apr_int64_t employer, int generation);
npie_renewal_t registry_renewal(apr_int64_t employer, apr_int64_t old);
npie_renewal_t registry_renewal_added(registry_fixture_t *f);
npie_letter_row_t registry_letter_added(registry_fixture_t *f,
                                        apr_int64_t renewal,
                                        npie_letter_kind_t kind);

/* A test on one database, "sqlite" or "pgsql", or on both. */
#define ON(f, test)                                                          \
    { #test " (" #f ")", test, registry_setup, registry_teardown,            \
      &registry_##f }
#define ON_BOTH(test) ON(sqlite, test), ON(pgsql, test)

/* Starts the databases, runs the tests, stops them.
 * @return what main() returns */
int registry_main(const struct CMUnitTest *tests, size_t count);

#endif
