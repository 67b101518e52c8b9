/* SPDX-License-Identifier: Apache-2.0
 * Where a renewal's time goes: whole renewals against a real registry (SQLite
 * or PostgreSQL) and a real npie-signer, without HTTP, each part's time noted
 * where the rooms call each other, each statement of the registry, and the
 * bytes that a renewal leaves there. By hand: make bench-renewal-parts
 *
 *   bench-renewal [RENEWALS [pgsql]]
 */
#include "unit/flow_world.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <apr_strings.h>

#include "flow/seal.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "store/registry_sql.h"

typedef enum part_t {
    PART_SQL, PART_COMMIT, PART_CMS, PART_CSR, PART_PDF, PART_SIGNER, PARTS
} part_t;

static const char *const names[PARTS] = {
    "SQL", "COMMIT", "CMS", "CSR", "PDF", "signer"
};
static double spent[PARTS];
static long calls[PARTS];
/* Each statement, and how often it ran. */
static double statement_spent[NPIE_SQL_END];
static long statement_calls[NPIE_SQL_END];
/* A part that calls itself again is counted once. */
static int depth;
/* What the employer's side does, and the making of the world, does not count. */
static int recording;

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of this thread: the same however busy the machine is. */
static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The linker sends calls of a function to __wrap_ of it (see t/bench/room.am),
 * which notes the time of the real one. */
#define NOTED(part, name, parameters, arguments)                             \
    apr_status_t __real_##name parameters;                                   \
    apr_status_t __wrap_##name parameters;                                   \
    apr_status_t __wrap_##name parameters                                    \
    {                                                                        \
        const double begun = now_ms();                                       \
        apr_status_t rv;                                                     \
                                                                             \
        ++depth;                                                             \
        rv = __real_##name arguments;                                        \
        if (--depth == 0 && recording) {                                     \
            spent[part] += now_ms() - begun;                                 \
            ++calls[part];                                                   \
        }                                                                    \
        return rv;                                                           \
    }

NOTED(PART_CMS, npie_cms_verify,
      (npie_cert_t **signer, npie_bytes_t cms, const npie_bytes_t *content,
       int npieces, const npie_cms_rules_t *rules, npie_err_t *err,
       apr_pool_t *p),
      (signer, cms, content, npieces, rules, err, p))
NOTED(PART_CSR, npie_csr_parse,
      (npie_csr_t **csr, npie_bytes_t bytes, const npie_key_rules_t *rules,
       npie_err_t *err, apr_pool_t *p), (csr, bytes, rules, err, p))
NOTED(PART_PDF, npie_letter_draw,
      (npie_bytes_t *pdf, const npie_letter_art_t *art,
       const npie_letter_t *letter, npie_err_t *err, apr_pool_t *p),
      (pdf, art, letter, err, p))
NOTED(PART_SIGNER, npie_signer_issue,
      (npie_bytes_t *cert, const npie_signer_t *signer, npie_bytes_t csr,
       npie_bytes_t letter, npie_err_t *err, apr_pool_t *p),
      (cert, signer, csr, letter, err, p))

/* BEGIN and COMMIT. */
int __real_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle,
                         int *changed, const char *sql);
int __wrap_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle,
                         int *changed, const char *sql);
int __wrap_apr_dbd_query(const apr_dbd_driver_t *driver, apr_dbd_t *handle,
                         int *changed, const char *sql)
{
    const double begun = now_ms();
    const int rc = __real_apr_dbd_query(driver, handle, changed, sql);

    if (recording) {
        spent[PART_COMMIT] += now_ms() - begun;
        ++calls[PART_COMMIT];
    }
    return rc;
}

/* What the functions below have in common: one statement, on its own or in
 * a part that is being timed already. */
#define STATEMENT(name, parameters, arguments)                               \
    apr_status_t __real_##name parameters;                                   \
    apr_status_t __wrap_##name parameters;                                   \
    apr_status_t __wrap_##name parameters                                    \
    {                                                                        \
        const double begun = now_ms();                                       \
        apr_status_t rv;                                                     \
                                                                             \
        ++depth;                                                             \
        rv = __real_##name arguments;                                        \
        --depth;                                                             \
        if (recording) {                                                     \
            statement_spent[statement] += now_ms() - begun;                  \
            ++statement_calls[statement];                                    \
            if (depth == 0) {                                                \
                spent[PART_SQL] += now_ms() - begun;                         \
                ++calls[PART_SQL];                                           \
            }                                                                \
        }                                                                    \
        return rv;                                                           \
    }

STATEMENT(npie_sql_select,
          (npie_registry_t *registry, npie_sql_t statement, npie_args_t *args,
           npie_row_fn *fn, void *baton, npie_err_t *err),
          (registry, statement, args, fn, baton, err))
STATEMENT(npie_sql_select_id,
          (npie_registry_t *registry, npie_sql_t statement, apr_int64_t id,
           npie_row_fn *fn, void *baton, npie_err_t *err),
          (registry, statement, id, fn, baton, err))
STATEMENT(npie_sql_number,
          (apr_int64_t *number, npie_registry_t *registry,
           npie_sql_t statement, npie_args_t *args, npie_err_t *err),
          (number, registry, statement, args, err))
STATEMENT(npie_sql_change_id,
          (npie_registry_t *registry, npie_sql_t statement, apr_int64_t id,
           npie_err_t *err), (registry, statement, id, err))
STATEMENT(npie_sql_change,
          (npie_registry_t *registry, npie_sql_t statement, npie_args_t *args,
           apr_status_t none, npie_err_t *err),
          (registry, statement, args, none, err))

/* Time of the moves alone. */
static double total, total_cpu;
static double begun_at, begun_cpu;

static void begin(void)
{
    recording = 1;
    begun_at = now_ms();
    begun_cpu = cpu_ms();
}

static void end(const person_t *person, const char *what, apr_status_t rv)
{
    total += now_ms() - begun_at;
    total_cpu += cpu_ms() - begun_cpu;
    recording = 0;
    if (rv != APR_SUCCESS) {
        fprintf(stderr, "%s: %s\n", what, person->err.detail);
        exit(1);
    }
}

static void log_in(person_t *person)
{
    static const char text[] = "NPIE-LOGIN-1\nhost: idse.example\n";
    const npie_bytes_t challenge = unit_bytes(text);
    const npie_bytes_t cms = cms_over(&person->old->id, &challenge, 1,
                                      person->p);
    npie_login_t login;

    begin();
    end(person, "login",
        npie_flow_login(&login, &person->flow, challenge, cms, "",
                        &person->err));
}

static void sign(person_t *person, npie_letter_kind_t kind,
                 const identity_t *id)
{
    static const npie_bytes_t none = { NULL, 0 };
    const npie_bytes_t cms = letter_cms(person, kind, id);

    begin();
    end(person, "signing", person_send(person, kind, cms, none, NULL));
}

/* As httpd has it: all renewals on a connection that lasts. */
static void share_connection(person_t *person)
{
    static npie_registry_t *shared;
    npie_registry_t *registry = apr_pmemdup(
        person->p, person->flow.registry, sizeof(*registry));

    if (shared == NULL
        && npie_registry_open(&shared, world->driver, world->params,
                              &person->err, world->p) != APR_SUCCESS) {
        fprintf(stderr, "registry: %s\n", person->err.detail);
        exit(1);
    }
    registry->handle = shared->handle;
    registry->prepared = shared->prepared;
    person->flow.registry = registry;
}

static void renew(person_t *person)
{
    apr_int64_t folio = 1;

    log_in(person);
    begin();
    end(person, "data", person_data(person));
    begin();
    end(person, "key", person_key(person));
    sign(person, NPIE_LETTER_RENEWAL, &person->old->id);
    begin();
    end(person, "issue", person_ask(person));
    person_issue(person);
    sign(person, NPIE_LETTER_TERMS, person->new_key);
    /* What the job does later counts for the bytes alone. */
    while (folio != 0
           && npie_flow_seal_next(&folio, &person->flow, &person->err)
                  == APR_SUCCESS) {
    }
}

static void forget(void)
{
    memset(spent, 0, sizeof(spent));
    memset(calls, 0, sizeof(calls));
    memset(statement_spent, 0, sizeof(statement_spent));
    memset(statement_calls, 0, sizeof(statement_calls));
    total = 0;
    total_cpu = 0;
}

static void report_statements(int renewals)
{
    long count = 0;

    printf("\n%-32s %10s %8s\n", "statement", "ms each", "calls");
    for (int i = 0; i < NPIE_SQL_END; ++i) {
        count += statement_calls[i];
        if (statement_calls[i] != 0) {
            printf("%-32s %10.3f %8.1f\n", npie_registry_statements[i].label,
                   statement_spent[i] / (double)statement_calls[i],
                   (double)statement_calls[i] / renewals);
        }
    }
    printf("statements a renewal, BEGIN and COMMIT besides: %.1f\n\n",
           (double)count / renewals);
}

/* Bytes that the registry takes, once it is tidied up. */
static double size_of(npie_registry_t *registry)
{
    const int is_sqlite = npie_sql_is_sqlite(registry);
    const char *size;

    npie_sql_ask(registry, is_sqlite ? "PRAGMA wal_checkpoint(TRUNCATE)"
                                     : "VACUUM FULL", 0);
    size = npie_sql_ask(registry, is_sqlite
                        ? "SELECT (page_count - freelist_count) * page_size"
                          " FROM pragma_page_count, pragma_freelist_count,"
                          " pragma_page_size"
                        : "SELECT pg_database_size(current_database())", 0);
    return size != NULL ? strtod(size, NULL) : 0;
}

static void report(int renewals)
{
    double rest = total;

    printf("%-10s %10s %8s %7s\n", "part", "ms each", "calls", "share");
    for (int i = 0; i < PARTS; ++i) {
        rest -= spent[i];
        printf("%-10s %10.2f %8.1f %6.0f%%\n", names[i], spent[i] / renewals,
               (double)calls[i] / renewals, 100 * spent[i] / total);
    }
    printf("%-10s %10.2f %8s %6.0f%%\n", "other", rest / renewals, "",
           100 * rest / total);
    report_statements(renewals);
    printf("ms a renewal: %.2f, of which processor time %.2f\n",
           total / renewals, total_cpu / renewals);
    printf("renewals a second, one after another: %.0f\n",
           renewals * 1e3 / total);
}

int main(int argc, char **argv)
{
    const int renewals = argc > 1 ? atoi(argv[1]) : 50;
    const int is_pgsql = argc > 2 && strcmp(argv[2], "pgsql") == 0;
    person_t *person;
    double before = 0;
    apr_pool_t *p;

    apr_initialize();
    atexit(apr_terminate);
    if (renewals < 1
        || (is_pgsql ? world_setup_pgsql(NULL) : world_setup(NULL)) != 0) {
        fprintf(stderr, "bench-renewal [RENEWALS [pgsql]]\n");
        return 1;
    }
    for (int i = 0; i <= renewals; ++i) {
        apr_pool_create(&p, NULL);
        person = person_new("RSA-1024", EXPIRED, p);
        /* The first one warms up, and brings what all have in common. */
        share_connection(person);
        renew(person);
        if (i == 0) {
            before = size_of(person->flow.registry);
            forget();
        }
        if (i == renewals) {
            report(renewals);
            printf("bytes a renewal leaves in the registry: %.0f\n",
                   (size_of(person->flow.registry) - before) / renewals);
        }
        apr_pool_destroy(p);
    }
    world_teardown(NULL);
    return 0;
}
