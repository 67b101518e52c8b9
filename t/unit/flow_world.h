/* SPDX-License-Identifier: Apache-2.0
 * What a whole renewal needs: a registry, a running npie-signer, an
 * authority, and employers with certificates of every age.
 */
#ifndef NPIE_UNIT_FLOW_WORLD_H
#define NPIE_UNIT_FLOW_WORLD_H

#include <stdlib.h>

#include "unit/backend.h"
#include "unit/identity.h"
#include "unit/signer_fixture.h"

#include "flow/flow.h"
#include "letter/verify.h"
#include "store/frame.h"

#define DAY apr_time_from_sec(86400)
/* When the certificate of an employer was made that expired a month ago. */
#define EXPIRED (-210 * DAY)

/* One for all tests of a program. */
typedef struct world_t {
    apr_pool_t *p;
    const char *driver;       /* of the registry */
    const char *params;
    const char *ask;          /* shell command that answers SQL */
    fixture_ca_t *ca;         /* trusted; npie-signer holds its key */
    fixture_ca_t *stranger;   /* not trusted */
    fixture_signer_t *signer;
    npie_trust_t *trust;
    npie_seals_t *seals;      /* npie-signer's */
    npie_letter_art_t *art;
    npie_frame_t frame;       /* of its letters */
    int employers;            /* how many there are */
} world_t;

/* An employer at a browser, with a connection to the registry of his own. */
typedef struct person_t {
    apr_pool_t *p;
    npie_err_t err;
    npie_policy_t policy;
    npie_employer_t employer;
    fixture_employer_t *old;  /* key and certificate */
    npie_who_t who;           /* begins with the old certificate */
    npie_flow_t flow;
    npie_contact_t contact;   /* what is typed on datos */
    identity_t *new_key;
    npie_bytes_t csr;
    npie_cert_t *new_cert;    /* after issue */
} person_t;

/* The world of the group of tests that is running. */
extern world_t *world;

/* For cmocka_run_group_tests(). */
int world_setup(void **state);
int world_setup_pgsql(void **state);
int world_teardown(void **state);

/* What main() does with its tests. */
#define world_run(tests)                                                     \
    (apr_initialize(), atexit(apr_terminate),                                \
     cmocka_run_group_tests((tests), world_setup, world_teardown))

/* A new employer whose certificate was made `age` from now (negative: ago)
 * for six months; key as identity_key(). */
person_t *person_new(const char *key, apr_interval_time_t age, apr_pool_t *p);
/* "P-256", expired, and its renewal in that state. */
person_t *person_at(npie_renewal_state_t state, apr_pool_t *p);
/* The same employer at another browser. */
person_t *person_again(const person_t *person, apr_pool_t *p);
/* The same, proved with the new certificate. */
person_t *person_renewed(const person_t *person, apr_pool_t *p);
/* Puts an additional certificate into the registry; returns its row. */
apr_int64_t person_additional(person_t *person);
/* The same; returns its key and certificate. */
identity_t *person_colleague(person_t *person);

/* The moves with everything right. */
apr_status_t person_data(person_t *person);
apr_status_t person_key(person_t *person);
apr_status_t person_sign(person_t *person, npie_letter_kind_t kind);
apr_status_t person_confirm(person_t *person);
/* Asks for the certificate; person_issue() also takes it in new_cert. */
apr_status_t person_ask(person_t *person);
apr_status_t person_issue(person_t *person);
apr_status_t person_correct(person_t *person);
apr_status_t person_rekey(person_t *person);
apr_status_t person_cancel(person_t *person);
/* A file or a signature of any kind for a letter. */
apr_status_t person_send(person_t *person, npie_letter_kind_t kind,
                         npie_bytes_t cms, npie_bytes_t file,
                         npie_letter_check_t *check);
/* All of them up to a state. */
void person_to(person_t *person, npie_renewal_state_t state);
/* What npie_flow_place() says. */
npie_place_t person_place(person_t *person);
npie_renewal_state_t person_state(person_t *person);

/* The stored letter of the open or completed renewal. */
npie_letter_row_t *person_letter(person_t *person, npie_letter_kind_t kind);
/* A detached CMS, DER. */
npie_bytes_t cms_over(const identity_t *id, const npie_bytes_t *content,
                      int npieces, apr_pool_t *p);
/* Over the letter. */
npie_bytes_t letter_cms(person_t *person, npie_letter_kind_t kind,
                        const identity_t *id);
/* What verifying a file says, with the registry or without. */
npie_letter_view_t *person_look(person_t *person, npie_bytes_t file,
                                int asked);
/* SHA-256 of the key, hex. */
const char *spki_of(const identity_t *key, apr_pool_t *p);

/* What the database's own program answers, without the last line end. */
const char *world_ask(const char *sql, apr_pool_t *p);
/* PostgreSQL: until as many transactions wait for another. */
void world_await_waiting(int count, apr_pool_t *p);

#define assert_call(person, expected, why, call)                             \
    do {                                                                     \
        const apr_status_t got_ = (call);                                    \
        if (got_ != (expected) ||                                            \
            (got_ != APR_SUCCESS && (person)->err.problem != (why))) {       \
            fail_msg("%s: %d problem %d, not %d problem %d: %s", #call,      \
                     got_, (int)(person)->err.problem, (int)(expected),      \
                     (int)(why), (person)->err.detail);                      \
        }                                                                    \
    } while (0)
#define assert_later(person, call)                                           \
    assert_call(person, NPIE_ECONFLICT, NPIE_P_NOT_NOW, call)

#endif
