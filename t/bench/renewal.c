/* SPDX-License-Identifier: Apache-2.0
 * Where a renewal's time goes: whole renewals against a real registry (SQLite)
 * and a real npie-signer, without HTTP, each part's time noted where the rooms
 * call each other. By hand: make bench-renewal-parts
 *
 *   bench-renewal [RENEWALS]
 */
#include "unit/flow_world.h"

#include <stdio.h>
#include <time.h>

#include "pki/cms.h"
#include "pki/csr.h"
#include "store/registry_sql.h"

typedef enum part_t { PART_SQL, PART_CMS, PART_CSR, PART_PDF, PART_SIGNER, PARTS } part_t;

static const char *const names[PARTS] = { "SQL", "CMS", "CSR", "PDF", "signer" };
static double spent[PARTS];
static long calls[PARTS];
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
NOTED(PART_SQL, npie_registry_begin,
      (npie_registry_t *registry, npie_err_t *err), (registry, err))
NOTED(PART_SQL, npie_registry_end,
      (npie_registry_t *registry, int commit, npie_err_t *err),
      (registry, commit, err))
NOTED(PART_SQL, npie_sql_select,
      (npie_registry_t *registry, npie_sql_t statement, npie_args_t *args,
       npie_row_fn *fn, void *baton, npie_err_t *err),
      (registry, statement, args, fn, baton, err))
NOTED(PART_SQL, npie_sql_select_id,
      (npie_registry_t *registry, npie_sql_t statement, apr_int64_t id,
       npie_row_fn *fn, void *baton, npie_err_t *err),
      (registry, statement, id, fn, baton, err))
NOTED(PART_SQL, npie_sql_change,
      (npie_registry_t *registry, npie_sql_t statement, npie_args_t *args,
       apr_status_t none, npie_err_t *err),
      (registry, statement, args, none, err))

/* Time of the moves alone. */
static double total;
static double begun_at;

static void begin(void)
{
    recording = 1;
    begun_at = now_ms();
}

static void end(const person_t *person, const char *what, apr_status_t rv)
{
    total += now_ms() - begun_at;
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

static void renew(person_t *person)
{
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
    printf("renewals a second, one after another: %.0f\n",
           renewals * 1e3 / total);
}

int main(int argc, char **argv)
{
    const int renewals = argc > 1 ? atoi(argv[1]) : 50;
    apr_pool_t *p;

    apr_initialize();
    atexit(apr_terminate);
    if (renewals < 1 || world_setup(NULL) != 0) {
        fprintf(stderr, "bench-renewal [RENEWALS]\n");
        return 1;
    }
    for (int i = 0; i < renewals; ++i) {
        person_t *person;

        apr_pool_create(&p, NULL);
        person = person_new("RSA-1024", EXPIRED, p);
        renew(person);
        apr_pool_destroy(p);
    }
    report(renewals);
    world_teardown(NULL);
    return 0;
}
