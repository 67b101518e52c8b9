/* SPDX-License-Identifier: Apache-2.0
 * Frames that must not move npie-signer: each is answered with a refusal or a
 * hang-up, and the signer lives on.
 */
#include "unit/signer_fixture.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/wire.h"
#include "signer/protocol.h"

#define REPLY_TIME 15000 /* milliseconds */

static int setup(void **state)
{
    fixture_signer_t *signer;
    apr_pool_t *p;

    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return -1;
    }
    signer = fixture_signer(fixture_ca("Autoridad de Prueba", p), "", p);
    fixture_signer_start(signer);
    *state = signer;
    return 0;
}

static int teardown(void **state)
{
    fixture_signer_t *signer = *state;

    apr_pool_destroy(signer->p);
    return 0;
}

static int dial(const fixture_signer_t *signer)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    apr_cpystrn(address.sun_path, signer->client.path,
                sizeof(address.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address,
                             sizeof(address)), 0);
    return fd;
}

static void put(int fd, const void *data, size_t len)
{
    assert_int_equal(send(fd, data, len, MSG_NOSIGNAL), len);
}

/* Reads until len bytes, or the end; a signer that says nothing fails. */
static size_t get(int fd, void *data, size_t len)
{
    size_t have = 0;

    while (have < len) {
        struct pollfd pfd = { fd, POLLIN, 0 };
        ssize_t n;

        assert_int_equal(poll(&pfd, 1, REPLY_TIME), 1);
        n = recv(fd, (char *)data + have, len - have, 0);
        if (n <= 0) {
            break;
        }
        have += (size_t)n;
    }
    return have;
}

static void hung_up(int fd)
{
    char byte;

    assert_int_equal(get(fd, &byte, 1), 0);
    close(fd);
}

static void put_header(int fd, unsigned op, unsigned id, unsigned length)
{
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header = { (apr_uint16_t)op, id, length };

    npie_signer_header_put(raw, &header);
    put(fd, raw, sizeof(raw));
}

/* Reads a reply of this op and id; returns its status. */
static unsigned status_of(fixture_signer_t *signer, int fd, unsigned op, unsigned id)
{
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header;
    npie_wire_reader_t r;
    npie_bytes_t payload;
    unsigned char *data;

    assert_int_equal(get(fd, raw, sizeof(raw)), sizeof(raw));
    assert_int_equal(npie_signer_header_get(&header, raw), APR_SUCCESS);
    assert_int_equal(header.op, op | NPIE_SIGNER_REPLY);
    assert_int_equal(header.id, id);
    data = apr_palloc(signer->p, header.length + 1);
    assert_int_equal(get(fd, data, header.length), header.length);
    payload.data = data;
    payload.len = header.length;
    npie_wire_reader_init(&r, payload);
    return npie_wire_get_u32(&r);
}

static void test_garbage(void **state)
{
    fixture_signer_t *signer = *state;
    unsigned char garbage[4096];
    int fd;

    /* Whatever the bytes are, they are no header of version 1. */
    for (int round = 0; round < 16; round++) {
        for (size_t i = 0; i < sizeof(garbage); i++) {
            garbage[i] = (unsigned char)(i * 37 + (size_t)round * 11 + 2);
        }
        fd = dial(signer);
        put(fd, garbage, sizeof(garbage));
        assert_int_equal(status_of(signer, fd, (unsigned)(garbage[2] << 8
                                                     | garbage[3]),
                                   (unsigned)garbage[4] << 24
                                   | (unsigned)garbage[5] << 16
                                   | (unsigned)garbage[6] << 8 | garbage[7]),
                         NPIE_SIGNER_MALFORMED);
        hung_up(fd);
    }
    fixture_alive(signer, 0);
}

static void test_oversize(void **state)
{
    static const unsigned lengths[] = {
        NPIE_SIGNER_PAYLOAD_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff
    };
    fixture_signer_t *signer = *state;
    int fd;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        fd = dial(signer);
        put_header(fd, NPIE_SIGNER_ISSUE, 7, lengths[i]);
        assert_int_equal(status_of(signer, fd, NPIE_SIGNER_ISSUE, 7),
                         NPIE_SIGNER_MALFORMED);
        hung_up(fd);
    }
    /* Replies may be longer, and nobody sends the signer any. */
    fd = dial(signer);
    put_header(fd, NPIE_SIGNER_ISSUE | NPIE_SIGNER_REPLY, 7,
               NPIE_SIGNER_PAYLOAD_MAX + 1);
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_ISSUE, 7),
                     NPIE_SIGNER_MALFORMED);
    hung_up(fd);
    fixture_alive(signer, 0);
}

/* Nobody waits for those who begin and then say nothing, and they are hung
 * up on after a while. */
static void test_silence(void **state)
{
    fixture_signer_t *signer = *state;
    int half_header = dial(signer);
    int half_payload = dial(signer);
    int nothing = dial(signer);

    put(half_header, "\0\1\0", 3);
    put_header(half_payload, NPIE_SIGNER_ISSUE, 1, NPIE_SIGNER_PAYLOAD_MAX);
    put(half_payload, "\0\0\0\4", 4);
    fixture_alive(signer, 0);
    hung_up(half_header);
    hung_up(half_payload);
    hung_up(nothing);
    fixture_alive(signer, 0);
}

/* More connections than the signer takes at a time, all of them mute. */
static void test_crowd(void **state)
{
    fixture_signer_t *signer = *state;
    int fds[80];

    for (int i = 0; i < 80; i++) {
        fds[i] = dial(signer);
    }
    fixture_alive(signer, 0);
    for (int i = 0; i < 80; i++) {
        close(fds[i]);
    }
    fixture_alive(signer, 0);
}

static void test_unknown_op(void **state)
{
    fixture_signer_t *signer = *state;
    int fd = dial(signer);

    put_header(fd, 99, 9, 5);
    put(fd, "12345", 5);
    assert_int_equal(status_of(signer, fd, 99, 9), NPIE_SIGNER_UNKNOWN_OP);
    put_header(fd, 0, 10, 0);
    assert_int_equal(status_of(signer, fd, 0, 10), NPIE_SIGNER_UNKNOWN_OP);
    put_header(fd, NPIE_SIGNER_ISSUE | NPIE_SIGNER_REPLY, 11, 0);
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_ISSUE | NPIE_SIGNER_REPLY,
                               11), NPIE_SIGNER_UNKNOWN_OP);
    /* The connection goes on all the same. */
    put_header(fd, NPIE_SIGNER_PING, 12, 0);
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_PING, 12), NPIE_SIGNER_OK);
    close(fd);
}

static void test_fields(void **state)
{
    static const struct {
        const char *bytes;
        unsigned len;
    } payloads[] = {
        { "", 0 },
        { "\0\0\0", 3 },
        { "\xff\xff\xff\xff", 4 },
        { "\0\0\0\1x", 5 },                 /* no letter */
        { "\0\0\0\1x\0\0\0\2x", 10 },       /* half a letter */
        { "\0\0\0\1x\0\0\0\1xtrailing", 18 },
        { "\0\0\x40\0x\0\0\0\1x", 10 },     /* the request is too long */
    };
    fixture_signer_t *signer = *state;
    int fd = dial(signer);

    for (unsigned i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        put_header(fd, NPIE_SIGNER_ISSUE, i, payloads[i].len);
        put(fd, payloads[i].bytes, payloads[i].len);
        assert_int_equal(status_of(signer, fd, NPIE_SIGNER_ISSUE, i),
                         NPIE_SIGNER_MALFORMED);
    }
    put_header(fd, NPIE_SIGNER_PING, 99, 1);
    put(fd, "x", 1);
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_PING, 99),
                     NPIE_SIGNER_MALFORMED);
    close(fd);
    fixture_alive(signer, 0);
}

/* A frame that comes byte by byte, and two in one write. */
static void test_pieces(void **state)
{
    fixture_signer_t *signer = *state;
    unsigned char raw[2 * NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header = { NPIE_SIGNER_PING, 1, 0 };
    int fd = dial(signer);

    npie_signer_header_put(raw, &header);
    header.id = 2;
    npie_signer_header_put(raw + NPIE_SIGNER_HEADER_SIZE, &header);
    for (int i = 0; i < NPIE_SIGNER_HEADER_SIZE; i++) {
        put(fd, raw + i, 1);
    }
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_PING, 1), NPIE_SIGNER_OK);
    put(fd, raw, sizeof(raw));
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_PING, 1), NPIE_SIGNER_OK);
    assert_int_equal(status_of(signer, fd, NPIE_SIGNER_PING, 2), NPIE_SIGNER_OK);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_oversize),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_unknown_op),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_pieces),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, setup, teardown);
}
