/* SPDX-License-Identifier: Apache-2.0
 * Letters are sealed once their renewal is complete: by the job, by whoever
 * asks for them first, or when the signer is back.
 */
#include "unit/flow_world.h"

#include "unit/forge.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>

#include "flow/seal.h"
#include "store/sealing.h"

static apr_status_t seal_next(person_t *person, apr_int64_t *pfolio)
{
    return npie_flow_seal_next(pfolio, &person->flow, &person->err);
}

/* What anybody who gets the file sees. */
static npie_outcome_t outcome_of(person_t *person, npie_bytes_t pdf)
{
    return person_look(person, pdf, 1)->outcome;
}

static npie_acuse_t acuse_of(person_t *person, npie_letter_kind_t kind)
{
    const npie_letter_row_t *letter = person_letter(person, kind);
    npie_renewal_t *renewal;
    npie_acuse_t acuse;

    assert_int_equal(npie_renewal_get(&renewal, person->flow.registry,
                                      letter->renewal, &person->err),
                     APR_SUCCESS);
    assert_int_equal(npie_flow_acuse(&acuse, &person->flow, renewal,
                                     letter->folio, &person->err),
                     APR_SUCCESS);
    return acuse;
}

static void nothing_waits(person_t *person)
{
    apr_int64_t folio = -1;

    assert_int_equal(seal_next(person, &folio), APR_NOTFOUND);
    assert_int_equal(folio, 0);
}

/* Signed is not complete: no letter of an open renewal is sealed. */
static void test_open(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    npie_acuse_t acuse;

    nothing_waits(person);
    acuse = acuse_of(person, NPIE_LETTER_RENEWAL);
    assert_int_equal(acuse.sealed_at, 0);
    assert_int_equal(outcome_of(person, acuse.pdf), NPIE_OUTCOME_SIGNED);
    acuse = acuse_of(person, NPIE_LETTER_TERMS);
    assert_int_equal(outcome_of(person, acuse.pdf), NPIE_OUTCOME_UNSIGNED);
    nothing_waits(person);
}

static void test_job(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    apr_int64_t folios[2];
    npie_acuse_t acuse;

    for (int i = 0; i < 2; ++i) {
        assert_call(person, APR_SUCCESS, 0, seal_next(person, &folios[i]));
    }
    nothing_waits(person);
    assert_int_equal(folios[0],
                     person_letter(person, NPIE_LETTER_RENEWAL)->folio);
    assert_int_equal(folios[1],
                     person_letter(person, NPIE_LETTER_TERMS)->folio);
    for (int kind = 1; kind <= 2; ++kind) {
        acuse = acuse_of(person, (npie_letter_kind_t)kind);
        assert_int_equal(acuse.sealed_at, apr_time_from_sec(
                             apr_time_sec(person->flow.now)));
        assert_int_equal(outcome_of(person, acuse.pdf), NPIE_OUTCOME_SEALED);
        assert_string_equal(world_ask(apr_psprintf(*state,
            "SELECT count(*) FROM audit WHERE event = 'seal' AND detail ="
            " 'letter %" APR_INT64_T_FMT "'", folios[kind - 1]), *state),
            "1");
    }
}

/* With a mail server both letters are sent, once both are sealed. */
static void test_mail(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    const char *count = apr_psprintf(*state, "SELECT count(*) FROM outbox"
        " WHERE kind = 'acuse' AND address = '%s' AND employer = %"
        APR_INT64_T_FMT, person->contact.email, person->who.employer);
    apr_int64_t folio;

    person->policy.mail = 1;
    assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    assert_string_equal(world_ask(count, *state), "0");
    assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    assert_string_equal(world_ask(count, *state), "1");
    nothing_waits(person);
    acuse_of(person, NPIE_LETTER_TERMS);
    assert_string_equal(world_ask(count, *state), "1");
}

/* Whoever is faster than the job has them sealed, once. */
static void test_download(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    npie_acuse_t first = acuse_of(person, NPIE_LETTER_TERMS);
    npie_acuse_t again;
    apr_int64_t folio;

    assert_int_equal(outcome_of(person, first.pdf), NPIE_OUTCOME_SEALED);
    again = acuse_of(person, NPIE_LETTER_TERMS);
    assert_int_equal(again.pdf.len, first.pdf.len);
    assert_memory_equal(again.pdf.data, first.pdf.data, first.pdf.len);
    assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    assert_int_equal(folio,
                     person_letter(person, NPIE_LETTER_RENEWAL)->folio);
    nothing_waits(person);
}

/* Somebody who seals everything when another has just asked the signer. */
typedef struct faster_t {
    person_t *person;
    int listening;
    const char *signer;
} faster_t;

static int signer_socket(const char *path, int own)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    const int s = socket(AF_UNIX, SOCK_STREAM, 0);

    apr_cpystrn(name.sun_path, path, sizeof(name.sun_path));
    assert_true(s >= 0);
    if (own) {
        assert_int_equal(bind(s, (struct sockaddr *)&name, sizeof(name)), 0);
        assert_int_equal(listen(s, 1), 0);
    }
    else {
        assert_int_equal(connect(s, (struct sockaddr *)&name, sizeof(name)),
                         0);
    }
    return s;
}

/* From each to the other until one has ended. */
static void relay(int one, int other)
{
    struct pollfd both[2] = { { one, POLLIN, 0 }, { other, POLLIN, 0 } };
    char buffer[4096];

    while (poll(both, 2, -1) > 0) {
        for (int i = 0; i < 2; ++i) {
            ssize_t n = both[i].revents != 0
                ? read(both[i].fd, buffer, sizeof(buffer)) : -1;

            if (n == 0) {
                return;
            }
            if (n > 0 && write(both[1 - i].fd, buffer, (size_t)n) != n) {
                return;
            }
        }
    }
}

static void *run_faster(void *data)
{
    const faster_t *faster = data;
    const int asked = accept(faster->listening, NULL, NULL);
    const int answers = signer_socket(faster->signer, 0);
    apr_int64_t folio;

    while (seal_next(faster->person, &folio) == APR_SUCCESS) {
        continue;
    }
    relay(asked, answers);
    close(asked);
    close(answers);
    return NULL;
}

/* The job and a download seal the same letter: the one that comes later hands
 * out what the other has made. */
static void test_faster(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    npie_signer_t slow = *person->flow.signer;
    faster_t faster = { .signer = person->flow.signer->path };
    npie_acuse_t acuse;
    pthread_t thread;
    apr_pool_t *p;

    apr_pool_create(&p, NULL);
    faster.person = person_again(person, p);
    slow.path = apr_psprintf(person->p, "%s.slow", slow.path);
    faster.listening = signer_socket(slow.path, 1);
    person->flow.signer = &slow;
    assert_int_equal(pthread_create(&thread, NULL, run_faster, &faster), 0);
    acuse = acuse_of(person, NPIE_LETTER_TERMS);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(faster.listening);
    unlink(slow.path);
    apr_pool_destroy(p);
    assert_int_equal(outcome_of(person, acuse.pdf), NPIE_OUTCOME_SEALED);
    assert_true(acuse.sealed_at != 0);
    nothing_waits(person);
}

/* A renewal is complete without the signer; its letters are sealed when it is
 * back. */
static void test_signer_away(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_ISSUED, *state);
    npie_signer_t away = *person->flow.signer;
    const npie_signer_t *there = person->flow.signer;
    apr_int64_t folio;
    npie_acuse_t acuse;

    away.path = "/nonexistent/npie-signer";
    away.timeout = apr_time_from_msec(50);
    person->flow.signer = &away;
    assert_call(person, APR_SUCCESS, 0,
                person_sign(person, NPIE_LETTER_TERMS));
    assert_int_equal(person_state(person), NPIE_RENEWAL_COMPLETED);
    acuse = acuse_of(person, NPIE_LETTER_RENEWAL);
    assert_int_equal(acuse.sealed_at, 0);
    assert_int_equal(outcome_of(person, acuse.pdf), NPIE_OUTCOME_SIGNED);
    for (int i = 0; i < 2; ++i) {
        assert_call(person, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN,
                    seal_next(person, &folio));
    }
    /* Both are on somebody's list for a minute. */
    nothing_waits(person);
    person->flow.signer = there;
    nothing_waits(person);
    person->flow.now += apr_time_from_sec(61);
    for (int i = 0; i < 2; ++i) {
        assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    }
    nothing_waits(person);
    assert_int_equal(outcome_of(person, acuse_of(person, NPIE_LETTER_RENEWAL)
                                .pdf), NPIE_OUTCOME_SEALED);
}

/* A letter that the signer refuses is not in the way of others. */
static void test_refused(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    const npie_letter_row_t *letter = person_letter(person,
                                                    NPIE_LETTER_RENEWAL);
    apr_int64_t folio;

    world_ask(apr_psprintf(*state, "UPDATE letter SET pdf = 'JVBERg=='"
                           " WHERE folio = %" APR_INT64_T_FMT, letter->folio),
              *state);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LETTER,
                seal_next(person, &folio));
    assert_int_equal(folio, letter->folio);
    assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    nothing_waits(person);
    person->flow.now += NPIE_SEAL_AGAIN + apr_time_from_sec(1);
    assert_call(person, NPIE_EPOLICY, NPIE_P_LETTER,
                seal_next(person, &folio));
    world_ask(apr_psprintf(*state, "UPDATE letter SET voided = 1"
                           " WHERE folio = %" APR_INT64_T_FMT, letter->folio),
              *state);
    nothing_waits(person);
}

/* What npie-signer seals with a certificate that is not named is not kept,
 * and neither is there a seal where none is named. */
static void test_unnamed(void **state)
{
    person_t *person = person_at(NPIE_RENEWAL_COMPLETED, *state);
    apr_array_header_t *files = apr_array_make(*state, 1, sizeof(char *));
    npie_cert_t *cert;
    npie_seals_t *other;
    apr_int64_t folio;

    assert_ok(person, npie_cert_parse(&cert, forge_seal(
        world->ca->id, FORGE_SEAL_USAGE, *state)->der, &person->err, *state));
    APR_ARRAY_PUSH(files, const char *) = forge_file(
        "other.crt", unit_bytes(npie_cert_pem(cert, *state)), *state);
    assert_ok(person, npie_seals_load(&other, files, world->trust,
                                      &person->err, *state));
    person->flow.seals = NULL;
    assert_call(person, APR_ENOTIMPL, NPIE_P_INTERNAL,
                seal_next(person, &folio));
    person->flow.seals = other;
    assert_int_equal(outcome_of(person, acuse_of(person, NPIE_LETTER_TERMS)
                                .pdf), NPIE_OUTCOME_SIGNED);
    assert_call(person, NPIE_ECONFIG, NPIE_P_INTERNAL,
                seal_next(person, &folio));
    assert_non_null(strstr(person->err.detail, "NPIESeal"));
    person->flow.seals = world->seals;
    person->flow.now += apr_time_from_sec(61);
    for (int i = 0; i < 2; ++i) {
        assert_call(person, APR_SUCCESS, 0, seal_next(person, &folio));
    }
    nothing_waits(person);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_open), pool_test(test_job), pool_test(test_mail),
        pool_test(test_download), pool_test(test_faster),
        pool_test(test_signer_away), pool_test(test_refused),
        pool_test(test_unnamed),
    };

    return world_run(tests);
}
