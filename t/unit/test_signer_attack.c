/* SPDX-License-Identifier: Apache-2.0
 * Frames and evidence that must not move npie-signer: each is answered with a
 * refusal or a hang-up, and the signer lives on.
 */
#include "unit/signer_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/wire.h"
#include "signer/protocol.h"

#define DAY apr_time_from_sec(86400)
#define REPLY_TIME 15000 /* milliseconds */

typedef struct attack_t {
    apr_pool_t *p;
    fixture_ca_t *ca;
    fixture_employer_t *employer;
    identity_t *new_key;
    fixture_signer_t *signer;
    apr_int64_t folio; /* the last drawn */
} attack_t;

static int setup(void **state)
{
    apr_pool_t *p;
    attack_t *a;

    apr_initialize();
    if (apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return -1;
    }
    a = apr_pcalloc(p, sizeof(*a));
    a->p = p;
    a->ca = fixture_ca("Autoridad de Prueba", p);
    a->employer = fixture_expired(a->ca, p);
    a->new_key = identity_key("P-256", p);
    a->signer = fixture_signer(a->ca, "Rate 100000 1m\n", p);
    fixture_signer_start(a->signer);
    *state = a;
    return 0;
}

static int teardown(void **state)
{
    attack_t *a = *state;

    apr_pool_destroy(a->p);
    apr_terminate();
    return 0;
}

/* The same process answers still, and has issued so many. */
static void alive(attack_t *a, apr_uint64_t issued)
{
    npie_signer_state_t state;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_signer_ping(&state, &a->signer->client, &err, a->p)
        != APR_SUCCESS) {
        fail_msg("ping: %s", err.detail);
    }
    assert_int_equal(state.pid, a->signer->pid);
    assert_int_equal(state.issued, issued);
}

static int dial(const attack_t *a)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    apr_cpystrn(address.sun_path, a->signer->client.path,
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
static unsigned status_of(attack_t *a, int fd, unsigned op, unsigned id)
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
    data = apr_palloc(a->p, header.length + 1);
    assert_int_equal(get(fd, data, header.length), header.length);
    payload.data = data;
    payload.len = header.length;
    npie_wire_reader_init(&r, payload);
    return npie_wire_get_u32(&r);
}

static void test_garbage(void **state)
{
    attack_t *a = *state;
    unsigned char garbage[4096];
    int fd;

    /* Whatever the bytes are, they are no header of version 1. */
    for (int round = 0; round < 16; round++) {
        for (size_t i = 0; i < sizeof(garbage); i++) {
            garbage[i] = (unsigned char)(i * 37 + (size_t)round * 11 + 2);
        }
        fd = dial(a);
        put(fd, garbage, sizeof(garbage));
        assert_int_equal(status_of(a, fd, (unsigned)(garbage[2] << 8
                                                     | garbage[3]),
                                   (unsigned)garbage[4] << 24
                                   | (unsigned)garbage[5] << 16
                                   | (unsigned)garbage[6] << 8 | garbage[7]),
                         NPIE_SIGNER_MALFORMED);
        hung_up(fd);
    }
    alive(a, 0);
}

static void test_oversize(void **state)
{
    static const unsigned lengths[] = {
        NPIE_SIGNER_PAYLOAD_MAX + 1, 0x7fffffff, 0x80000000, 0xffffffff
    };
    attack_t *a = *state;

    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        int fd = dial(a);

        put_header(fd, NPIE_SIGNER_ISSUE, 7, lengths[i]);
        assert_int_equal(status_of(a, fd, NPIE_SIGNER_ISSUE, 7),
                         NPIE_SIGNER_MALFORMED);
        hung_up(fd);
    }
    alive(a, 0);
}

/* Nobody waits for those who begin and then say nothing, and they are hung
 * up on after a while. */
static void test_silence(void **state)
{
    attack_t *a = *state;
    int half_header = dial(a);
    int half_payload = dial(a);
    int nothing = dial(a);

    put(half_header, "\0\1\0", 3);
    put_header(half_payload, NPIE_SIGNER_ISSUE, 1, NPIE_SIGNER_PAYLOAD_MAX);
    put(half_payload, "\0\0\0\4", 4);
    alive(a, 0);
    hung_up(half_header);
    hung_up(half_payload);
    hung_up(nothing);
    alive(a, 0);
}

/* More connections than the signer takes at a time, all of them mute. */
static void test_crowd(void **state)
{
    attack_t *a = *state;
    int fds[80];

    for (int i = 0; i < 80; i++) {
        fds[i] = dial(a);
    }
    alive(a, 0);
    for (int i = 0; i < 80; i++) {
        close(fds[i]);
    }
    alive(a, 0);
}

static void test_unknown_op(void **state)
{
    attack_t *a = *state;
    int fd = dial(a);

    put_header(fd, 3, 9, 5);
    put(fd, "12345", 5);
    assert_int_equal(status_of(a, fd, 3, 9), NPIE_SIGNER_UNKNOWN_OP);
    put_header(fd, 0, 10, 0);
    assert_int_equal(status_of(a, fd, 0, 10), NPIE_SIGNER_UNKNOWN_OP);
    put_header(fd, NPIE_SIGNER_ISSUE | NPIE_SIGNER_REPLY, 11, 0);
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_ISSUE | NPIE_SIGNER_REPLY,
                               11), NPIE_SIGNER_UNKNOWN_OP);
    /* The connection goes on all the same. */
    put_header(fd, NPIE_SIGNER_PING, 12, 0);
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_PING, 12), NPIE_SIGNER_OK);
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
    attack_t *a = *state;
    int fd = dial(a);

    for (unsigned i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        put_header(fd, NPIE_SIGNER_ISSUE, i, payloads[i].len);
        put(fd, payloads[i].bytes, payloads[i].len);
        assert_int_equal(status_of(a, fd, NPIE_SIGNER_ISSUE, i),
                         NPIE_SIGNER_MALFORMED);
    }
    put_header(fd, NPIE_SIGNER_PING, 99, 1);
    put(fd, "x", 1);
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_PING, 99),
                     NPIE_SIGNER_MALFORMED);
    close(fd);
    alive(a, 0);
}

/* A frame that comes byte by byte, and two in one write. */
static void test_pieces(void **state)
{
    attack_t *a = *state;
    unsigned char raw[2 * NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header = { NPIE_SIGNER_PING, 1, 0 };
    int fd = dial(a);

    npie_signer_header_put(raw, &header);
    header.id = 2;
    npie_signer_header_put(raw + NPIE_SIGNER_HEADER_SIZE, &header);
    for (int i = 0; i < NPIE_SIGNER_HEADER_SIZE; i++) {
        put(fd, raw + i, 1);
    }
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_PING, 1), NPIE_SIGNER_OK);
    put(fd, raw, sizeof(raw));
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_PING, 1), NPIE_SIGNER_OK);
    assert_int_equal(status_of(a, fd, NPIE_SIGNER_PING, 2), NPIE_SIGNER_OK);
    close(fd);
}

/* Asks with this evidence; it must be refused with this problem. */
static void refused(attack_t *a, npie_bytes_t csr, npie_bytes_t letter,
                    npie_problem_t problem)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert = { NULL, 0 };
    apr_uint64_t issued = (apr_uint64_t)fixture_records(a->signer, a->p);
    apr_status_t rv = npie_signer_issue(&cert, &a->signer->client, csr,
                                        letter, &err, a->p);

    if (rv != NPIE_EPOLICY || err.problem != problem) {
        fail_msg("status %d, problem %d instead of %d: %s", rv,
                 (int)err.problem, (int)problem, err.detail);
    }
    assert_null(cert.data);
    alive(a, issued);
    assert_int_equal(fixture_records(a->signer, a->p), issued);
}

static npie_bytes_t issued(attack_t *a, npie_bytes_t csr, npie_bytes_t letter)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert = { NULL, 0 };

    if (npie_signer_issue(&cert, &a->signer->client, csr, letter, &err, a->p)
        != APR_SUCCESS) {
        fail_msg("issue: problem %d: %s", (int)err.problem, err.detail);
    }
    return cert;
}

static npie_cadena_t *cadena_of(attack_t *a)
{
    return fixture_cadena(a->employer, a->new_key, ++a->folio, a->p);
}

static npie_bytes_t letter_of(attack_t *a, const npie_cadena_t *cadena)
{
    return fixture_signed(fixture_letter(cadena, a->p), a->employer, a->p);
}

/* A cadena that is not what employer, key or request say. */
static void test_cadena(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_cadena_t *cadena = cadena_of(a);

    cadena->kind = NPIE_LETTER_TERMS;
    refused(a, csr, letter_of(a, cadena), NPIE_P_LETTER);
    cadena = cadena_of(a);
    cadena->old_spki = a->ca->cert->spki_sha256;
    refused(a, csr, letter_of(a, cadena), NPIE_P_LETTER_SIGNER);
    cadena = cadena_of(a);
    cadena->rp = "Y3926552104";
    refused(a, csr, letter_of(a, cadena), NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(a);
    cadena->rfc = "SAT970701NN3";
    refused(a, csr, letter_of(a, cadena), NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(a);
    cadena->curp = "AAPR630321HDFLRC09";
    refused(a, csr, letter_of(a, cadena), NPIE_P_ISSUE_REFUSED);
    cadena = cadena_of(a);
    cadena->email = "ximena@molinos.example\", admin@otro.example";
    refused(a, csr, letter_of(a, cadena), NPIE_P_EMAIL);
}

static void test_dates(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_cadena_t *cadena = cadena_of(a);
    fixture_employer_t *own = a->employer;

    cadena->time -= 10 * DAY + apr_time_from_sec(60);
    refused(a, csr, letter_of(a, cadena), NPIE_P_LAPSED);
    cadena = cadena_of(a);
    cadena->time += apr_time_from_sec(360);
    refused(a, csr, letter_of(a, cadena), NPIE_P_ISSUE_REFUSED);
    a->employer = fixture_employer(a->ca, identity_key("P-256", a->p),
                                   &fixture_subject, apr_time_now() + DAY,
                                   a->p);
    refused(a, csr, letter_of(a, cadena_of(a)), NPIE_P_CERT_NOT_YET);
    a->employer = own;
}

/* The right letter, in the wrong hands. */
static void test_signers(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_bytes_t letter = fixture_letter(cadena_of(a), a->p);
    npie_subject_t subject = fixture_subject;
    fixture_ca_t *namesake = fixture_ca("Autoridad de Prueba", a->p);
    fixture_employer_t *other;

    refused(a, csr, letter, NPIE_P_SIGNATURE);
    subject.rp10 = "Y392655210";
    other = fixture_employer(a->ca, identity_key("P-256", a->p), &subject,
                             apr_time_now(), a->p);
    refused(a, csr, fixture_signed(letter, other, a->p),
            NPIE_P_LETTER_SIGNER);
    /* The same key certified by an authority that only has our CA's name. */
    other = fixture_employer(namesake, &a->employer->id, &fixture_subject,
                             apr_time_now(), a->p);
    refused(a, csr, fixture_signed(letter, other, a->p), NPIE_P_UNTRUSTED);
    /* The new key signs for itself. */
    other = fixture_employer(namesake, a->new_key, &fixture_subject,
                             apr_time_now(), a->p);
    refused(a, csr, fixture_signed(letter, other, a->p), NPIE_P_UNTRUSTED);
}

static void test_bytes(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_bytes_t good = letter_of(a, cadena_of(a));
    char *file = apr_pmemdup(a->p, good.data, good.len);
    npie_bytes_t changed = { (unsigned char *)file, good.len };
    npie_bytes_t longer;
    char *at = memmem(file, good.len, "ximena@", 7);

    /* A byte of the cadena and one of the rest. */
    at[0] = 'm';
    refused(a, csr, changed, NPIE_P_LETTER_ALTERED);
    at[0] = 'x';
    at = memmem(file, good.len, "/Size 1", 7);
    at[6] = '2';
    refused(a, csr, changed, NPIE_P_LETTER_ALTERED);
    at[6] = '1';
    longer.data = (unsigned char *)apr_pstrcat(a->p, file, "\n", NULL);
    longer.len = good.len + 1;
    refused(a, csr, longer, NPIE_P_LETTER);
    longer.data = (unsigned char *)apr_pstrcat(a->p, file, file, NULL);
    longer.len = 2 * good.len;
    refused(a, csr, longer, NPIE_P_LETTER);
    changed.len--;
    refused(a, csr, changed, NPIE_P_LETTER);
    refused(a, csr, unit_bytes(""), NPIE_P_LETTER);
    refused(a, csr, unit_bytes("%PDF-1.4\n"), NPIE_P_LETTER);
}

/* The last bytes of the CMS are those of the signature value. */
static void test_signature_bytes(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_bytes_t good = letter_of(a, cadena_of(a));
    char *file = apr_pmemdup(a->p, good.data, good.len);
    npie_bytes_t changed = { (unsigned char *)file, good.len };
    char *hex = (char *)memmem(file, good.len, "/Contents <", 11) + 11;
    size_t digits = strspn(hex, "0123456789abcdef");

    while (digits > 0 && hex[digits - 1] == '0') {
        digits--;
    }
    for (size_t back = 4; back < 48; back += 7) {
        char *digit = hex + digits - back;
        char kept = *digit;

        *digit = kept == '0' ? '1' : '0';
        refused(a, csr, changed, NPIE_P_SIGNATURE);
        *digit = kept;
    }
}

static void test_requests(void **state)
{
    attack_t *a = *state;
    identity_t *weak = identity_key("RSA-1024", a->p);
    identity_t *other = identity_key("P-256", a->p);
    npie_bytes_t good = fixture_csr(a->new_key, a->p);
    npie_bytes_t letter = letter_of(a, cadena_of(a));
    unsigned char *der = apr_pmemdup(a->p, good.data, good.len);
    npie_bytes_t changed = { der, good.len };
    npie_cadena_t *cadena;

    der[good.len - 1] ^= 1;
    refused(a, changed, letter, NPIE_P_CSR_SIGNATURE);
    refused(a, unit_bytes("no request"), letter, NPIE_P_CSR);
    refused(a, unit_bytes(""), letter, NPIE_P_CSR);
    refused(a, fixture_csr(weak, a->p),
            letter_of(a, fixture_cadena(a->employer, weak, ++a->folio, a->p)),
            NPIE_P_NEW_KEY_WEAK);
    /* Somebody else's key, with his own proof of possession. */
    refused(a, fixture_csr(other, a->p), letter, NPIE_P_ISSUE_REFUSED);
    cadena = fixture_cadena(a->employer, &a->employer->id, ++a->folio, a->p);
    refused(a, fixture_csr(&a->employer->id, a->p), letter_of(a, cadena),
            NPIE_P_NEW_KEY_SEEN);
}

/* One folio, one key; one key, one folio. Here something is issued: it
 * runs late. */
static void test_again(void **state)
{
    attack_t *a = *state;
    identity_t *other = identity_key("P-384", a->p);
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    apr_int64_t folio = ++a->folio;
    npie_bytes_t letter = letter_of(a, fixture_cadena(a->employer, a->new_key,
                                                      folio, a->p));
    npie_bytes_t first = issued(a, csr, letter);
    npie_bytes_t second = issued(a, csr, letter);
    fixture_employer_t *successor;
    fixture_employer_t *twin;

    assert_int_equal(second.len, first.len);
    assert_memory_equal(second.data, first.data, first.len);
    refused(a, fixture_csr(other, a->p),
            letter_of(a, fixture_cadena(a->employer, other, folio, a->p)),
            NPIE_P_ISSUE_REFUSED);
    refused(a, csr, letter_of(a, fixture_cadena(a->employer, a->new_key,
                                                folio + 1, a->p)),
            NPIE_P_NEW_KEY_SEEN);
    /* Back to the key that the new one replaced. */
    successor = fixture_employer(a->ca, a->new_key, &fixture_subject,
                                 apr_time_now(), a->p);
    refused(a, fixture_csr(&a->employer->id, a->p),
            fixture_signed(fixture_letter(fixture_cadena(
                successor, &a->employer->id, ++a->folio, a->p), a->p),
                successor, a->p), NPIE_P_NEW_KEY_SEEN);
    /* The folio and the new key, signed with another old key. */
    twin = fixture_expired(a->ca, a->p);
    refused(a, csr, fixture_signed(fixture_letter(
                fixture_cadena(twin, a->new_key, folio, a->p), a->p),
                twin, a->p), NPIE_P_ISSUE_REFUSED);
    assert_int_equal(fixture_records(a->signer, a->p), 1);
    assert_true(fixture_said(a->signer, "refused folio", a->p));
}

/* What was issued once is asked for again with a byte changed, at one place
 * after another of request and letter: the answer is a refusal or, where the
 * byte means nothing, the certificate that is there. */
static void test_mutations(void **state)
{
    attack_t *a = *state;
    identity_t *key = identity_key("P-256", a->p);
    npie_bytes_t evidence[2];
    npie_bytes_t cert;
    int refusals = 0;

    evidence[0] = fixture_csr(key, a->p);
    evidence[1] = letter_of(a, fixture_cadena(a->employer, key, 5000, a->p));
    cert = issued(a, evidence[0], evidence[1]);
    for (unsigned i = 0; i < 1200; i++) {
        npie_bytes_t sent[2] = { evidence[0], evidence[1] };
        unsigned which = i % 4 == 0 ? 0 : 1;
        apr_size_t len = evidence[which].len;
        unsigned char *bytes = apr_pmemdup(a->p, evidence[which].data, len);
        npie_bytes_t got = { NULL, 0 };
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        /* Most of a letter is the zeros after its CMS: stay before them. */
        bytes[(i * 2654435761u) % (len < 4000 ? len : 4000)] ^=
            (unsigned char)(1u << (i % 8));
        sent[which].data = bytes;
        if (npie_signer_issue(&got, &a->signer->client, sent[0], sent[1],
                              &err, a->p) == APR_SUCCESS) {
            assert_int_equal(got.len, cert.len);
            assert_memory_equal(got.data, cert.data, cert.len);
        }
        else {
            assert_int_equal(err.status, NPIE_EPOLICY);
            refusals++;
        }
    }
    assert_in_range(refusals, 1000, 1200);
    alive(a, 2);
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
        cmocka_unit_test(test_cadena),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_signers),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_signature_bytes),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
