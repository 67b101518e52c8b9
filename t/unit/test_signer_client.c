/* SPDX-License-Identifier: Apache-2.0
 * The client against the real signer that is late, away or not to be had,
 * and against answers that the real one never gives.
 */
#include "unit/signer_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "base/wire.h"

/* What a peer of the test's own answers to one PING or ISSUE. */
typedef struct answer_t {
    npie_bytes_t payload;
    int hang_up;       /* say nothing */
    int silent;        /* keep the connection, say nothing */
    unsigned op_bits;  /* changed in the header */
    unsigned id_bits;
    int version_bits;
    int missing;       /* bytes kept back at the end */
} answer_t;

static void read_fully(int fd, unsigned char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = recv(fd, data, len, 0);

        if (n <= 0) {
            _exit(2);
        }
        data += n;
        len -= (size_t)n;
    }
}

static void answer_one(int fd, const answer_t *answer, apr_pool_t *p)
{
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header;

    read_fully(fd, raw, sizeof(raw));
    npie_signer_header_get(&header, raw);
    read_fully(fd, apr_palloc(p, header.length + 1), header.length);
    if (answer->silent) {
        pause();
    }
    if (answer->hang_up) {
        close(fd);
        return;
    }
    header.op = (apr_uint16_t)((header.op | NPIE_SIGNER_REPLY)
                               ^ answer->op_bits);
    header.id ^= answer->id_bits;
    header.length = (apr_uint32_t)answer->payload.len;
    npie_signer_header_put(raw, &header);
    raw[0] ^= (unsigned char)answer->version_bits;
    send(fd, raw, sizeof(raw), MSG_NOSIGNAL);
    send(fd, answer->payload.data,
         answer->payload.len - (size_t)answer->missing, MSG_NOSIGNAL);
    close(fd);
}

/* A process that answers every connection like that. */
static pid_t peer(int listener, const answer_t *answer, apr_pool_t *p)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        for (;;) {
            answer_one(accept(listener, NULL, NULL), answer, p);
        }
    }
    return pid;
}

static npie_signer_t *client_of(apr_interval_time_t timeout, apr_pool_t *p)
{
    npie_signer_t *signer = apr_pcalloc(p, sizeof(*signer));

    signer->path = apr_psprintf(p, "/tmp/npie-client-%ld", (long)getpid());
    signer->timeout = timeout;
    unlink(signer->path);
    return signer;
}

/* Has the answer given to an ISSUE. */
static apr_status_t ask(const answer_t *answer, apr_interval_time_t timeout,
                        npie_bytes_t *cert, npie_err_t *err, apr_pool_t *p)
{
    npie_signer_t *signer = client_of(timeout, p);
    int listener = fixture_listen(signer->path);
    pid_t pid = peer(listener, answer, p);
    apr_status_t rv;

    err->detail[0] = '\0';
    rv = npie_signer_issue(cert, signer, unit_bytes("request"),
                           unit_bytes("letter"), err, p);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    close(listener);
    unlink(signer->path);
    return rv;
}

static npie_bytes_t good_payload(const char *more, apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, NPIE_SIGNER_OK);
    npie_wire_put_string(&w, "certificate");
    npie_wire_put_u16(&w, 1);
    npie_wire_put_string(&w, "authority");
    while (*more != '\0') {
        npie_wire_put_u16(&w, (apr_uint16_t)*more++);
    }
    return npie_wire_written(&w);
}

static npie_bytes_t failed_payload(unsigned status, unsigned problem,
                                   const char *detail, apr_pool_t *p)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, p);
    npie_wire_put_u32(&w, status);
    npie_wire_put_u16(&w, (apr_uint16_t)problem);
    npie_wire_put_string(&w, detail);
    return npie_wire_written(&w);
}

static void test_answer(void **state)
{
    apr_pool_t *p = *state;
    answer_t answer = { .payload = good_payload("", p) };
    npie_bytes_t cert = { NULL, 0 };
    npie_err_t err;

    assert_int_equal(ask(&answer, apr_time_from_sec(5), &cert, &err, p),
                     APR_SUCCESS);
    assert_int_equal(cert.len, 11);
    assert_memory_equal(cert.data, "certificate", 11);
}

static void test_malformed(void **state)
{
    apr_pool_t *p = *state;
    answer_t answers[7] = {
        { .op_bits = 1, .payload = good_payload("", p) },
        { .op_bits = NPIE_SIGNER_REPLY, .payload = good_payload("", p) },
        { .id_bits = 1, .payload = good_payload("", p) },
        { .version_bits = 1, .payload = good_payload("", p) },
        { .payload = good_payload("trailing", p) },
        { .payload = { (const unsigned char *)"\0\0", 2 } },
        { .payload = { (const unsigned char *)"", 0 } },
    };

    for (int i = 0; i < 7; i++) {
        npie_bytes_t cert = { NULL, 0 };
        npie_err_t err;

        assert_int_equal(ask(&answers[i], apr_time_from_sec(5), &cert, &err,
                             p), NPIE_EPROTO);
        assert_int_equal(err.problem, NPIE_P_INTERNAL);
        assert_null(cert.data);
    }
}

static void test_statuses(void **state)
{
    static const struct {
        unsigned status;
        unsigned problem;
        apr_status_t expected;
        npie_problem_t shown;
    } cases[] = {
        { NPIE_SIGNER_REFUSED, NPIE_P_LETTER_ALTERED, NPIE_EPOLICY,
          NPIE_P_LETTER_ALTERED },
        { NPIE_SIGNER_REFUSED, 4711, NPIE_EPOLICY, NPIE_P_ISSUE_REFUSED },
        { NPIE_SIGNER_BUSY, NPIE_P_SIGNER_DOWN, NPIE_EBACKEND,
          NPIE_P_SIGNER_DOWN },
        { NPIE_SIGNER_FAILED, NPIE_P_INTERNAL, NPIE_EBACKEND,
          NPIE_P_SIGNER_DOWN },
        { NPIE_SIGNER_FAILED, NPIE_P_AUTHORITY_ENDS, NPIE_EBACKEND,
          NPIE_P_AUTHORITY_ENDS },
        { NPIE_SIGNER_REFUSED, NPIE_P_CLOCKS, NPIE_EBACKEND, NPIE_P_CLOCKS },
        { NPIE_SIGNER_MALFORMED, NPIE_P_REQUEST, NPIE_EPROTO,
          NPIE_P_INTERNAL },
        { NPIE_SIGNER_UNKNOWN_OP, NPIE_P_REQUEST, NPIE_EPROTO,
          NPIE_P_INTERNAL },
        { 77, NPIE_P_REQUEST, NPIE_EPROTO, NPIE_P_INTERNAL },
    };
    apr_pool_t *p = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        answer_t answer = { .payload = failed_payload(
            cases[i].status, cases[i].problem, "why it is so", p) };
        npie_bytes_t cert = { NULL, 0 };
        npie_err_t err;

        assert_int_equal(ask(&answer, apr_time_from_sec(5), &cert, &err, p),
                         cases[i].expected);
        assert_int_equal(err.problem, cases[i].shown);
        assert_non_null(strstr(err.detail, "why it is so"));
        assert_null(cert.data);
    }
}

/* What is shown to an admin or logged does not steer a terminal. */
static void test_words(void **state)
{
    static const char *const words[] = { "\x1b[2J", "a\xff", "a\nb" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        answer_t answer = { .payload = failed_payload(
            NPIE_SIGNER_REFUSED, NPIE_P_LETTER, words[i], *state) };
        npie_bytes_t cert = { NULL, 0 };
        npie_err_t err;

        assert_int_equal(ask(&answer, apr_time_from_sec(5), &cert, &err,
                             *state), NPIE_EPROTO);
        assert_non_null(strstr(err.detail, "malformed"));
    }
}

/* One that always hangs up is given up soon; one that says nothing, at the
 * deadline. */
static void test_no_answer(void **state)
{
    apr_pool_t *p = *state;
    answer_t hangs_up = { .hang_up = 1 };
    answer_t half = { .payload = good_payload("", p), .missing = 3 };
    answer_t silent = { .silent = 1 };
    apr_time_t before = apr_time_now();
    apr_interval_time_t took;
    npie_bytes_t cert;
    npie_err_t err;

    assert_int_equal(ask(&hangs_up, apr_time_from_sec(60), &cert, &err, p),
                     NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
    assert_int_equal(ask(&half, apr_time_from_sec(60), &cert, &err, p),
                     NPIE_EBACKEND);
    assert_true(apr_time_now() - before < apr_time_from_sec(20));
    before = apr_time_now();
    assert_int_equal(ask(&silent, apr_time_from_msec(700), &cert, &err, p),
                     NPIE_EBACKEND);
    took = apr_time_now() - before;
    assert_true(took >= apr_time_from_msec(600));
    assert_true(took < apr_time_from_sec(10));
}

static void test_nobody_there(void **state)
{
    apr_pool_t *p = *state;
    npie_signer_t *signer = client_of(apr_time_from_msec(500), p);
    npie_signer_state_t told;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    int listener;

    /* No such path; then a path where nobody listens any more. */
    assert_int_equal(npie_signer_ping(&told, signer, &err, p), NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
    assert_non_null(strstr(err.detail, signer->path));
    listener = fixture_listen(signer->path);
    close(listener);
    assert_int_equal(npie_signer_ping(&told, signer, &err, p), NPIE_EBACKEND);
    unlink(signer->path);
    signer->path = apr_pstrcat(p, "/tmp/", apr_psprintf(p, "%0120d", 7), NULL);
    assert_int_equal(npie_signer_ping(&told, signer, &err, p), NPIE_EBACKEND);
}

/* The socket is made, and later the signer started, while the client waits. */
static void test_late(void **state)
{
    apr_pool_t *p = *state;
    fixture_signer_t *signer = fixture_signer(fixture_ca("Prueba", p), "", p);
    npie_signer_state_t told = { .pid = 0 };
    pid_t waiting;
    int status;

    rename(signer->client.path, apr_pstrcat(p, signer->client.path, ".away",
                                            NULL));
    waiting = fork();
    assert_true(waiting >= 0);
    if (waiting == 0) {
        _exit(npie_signer_ping(&told, &signer->client, NULL, p)
              == APR_SUCCESS ? 0 : 1);
    }
    apr_sleep(apr_time_from_msec(300));
    rename(apr_pstrcat(p, signer->client.path, ".away", NULL),
           signer->client.path);
    apr_sleep(apr_time_from_msec(300));
    fixture_signer_start(signer);
    assert_int_equal(waitpid(waiting, &status, 0), waiting);
    assert_int_equal(status, 0);
    assert_int_equal(npie_signer_ping(&told, &signer->client, NULL, p),
                     APR_SUCCESS);
    assert_int_equal(told.pid, signer->pid);
    assert_int_equal(told.entries, 1);
}

/* More than a frame takes is not even sent. */
static void test_too_long(void **state)
{
    apr_pool_t *p = *state;
    npie_signer_t *signer = client_of(apr_time_from_sec(60), p);
    npie_bytes_t letter = { apr_pcalloc(p, NPIE_SIGNER_PAYLOAD_MAX),
                            NPIE_SIGNER_PAYLOAD_MAX };
    npie_bytes_t cert;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    assert_int_equal(npie_signer_issue(&cert, signer, unit_bytes("r"), letter,
                                       &err, p), NPIE_EPOLICY);
    assert_int_equal(err.problem, NPIE_P_LETTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_answer),
        pool_test(test_malformed),
        pool_test(test_statuses),
        pool_test(test_words),
        pool_test(test_no_answer),
        pool_test(test_nobody_there),
        pool_test(test_late),
        pool_test(test_too_long),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
