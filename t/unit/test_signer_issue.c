/* SPDX-License-Identifier: Apache-2.0
 * Certificates from the real npie-signer: what stands in them, and that a
 * request has one certificate whatever happens to the signer meanwhile.
 */
#include "unit/signer_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_time.h>

#include "base/wire.h"
#include "unit/letter_sample.h"

#define KILLS 24
#define PROFILE \
    "CertificateValidity 12\nPolicy 2.999.1.1.1\n" \
    "CRLURL http://pki.imss.example/npie.crl\n" \
    "OCSPURL http://ocsp.imss.example/\n" \
    "IssuerURL http://pki.imss.example/npie.cer\n"
#define MONTH apr_time_from_sec(30 * 86400)

typedef struct evidence_t {
    npie_bytes_t csr;
    npie_bytes_t letter;
} evidence_t;

static evidence_t evidence(const fixture_employer_t *employer,
                           identity_t *new_key, apr_int64_t folio,
                           apr_pool_t *p)
{
    evidence_t e;

    e.csr = fixture_csr(new_key, p);
    e.letter = fixture_signed(fixture_letter(fixture_cadena(employer, new_key,
                                                            folio, p), p),
                              employer, p);
    return e;
}

static npie_bytes_t issue(const fixture_signer_t *signer, evidence_t e,
                          apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t der = { NULL, 0 };

    if (npie_signer_issue(&der, &signer->client, e.csr, e.letter, &err, p)
        != APR_SUCCESS) {
        fail_msg("issue: problem %d: %s", (int)err.problem, err.detail);
    }
    return der;
}

static void same(npie_bytes_t a, npie_bytes_t b)
{
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
}

static void holds(const npie_cert_t *cert, const char *bytes)
{
    assert_non_null(memmem(cert->der.data, cert->der.len, bytes,
                           strlen(bytes)));
}

/* Name and numbers are the old certificate's, the e-mail is the letter's, and
 * the key is the request's. */
static void test_content(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    identity_t *key = identity_key("RSA-2048", p);
    fixture_signer_t *signer = fixture_signer(ca, PROFILE, p);
    npie_cert_t *cert;

    fixture_signer_start(signer);
    cert = fixture_parse(issue(signer, evidence(employer, key, 17, p), p), p);
    holds(cert, "http://pki.imss.example/npie.crl");
    holds(cert, "http://ocsp.imss.example/");
    holds(cert, "http://pki.imss.example/npie.cer");
    holds(cert, "\x06\x05\x88\x37\x01\x01\x01"); /* the policy, DER */
    assert_string_equal(cert->organization, fixture_subject.organization);
    assert_string_equal(cert->common_name, fixture_subject.common_name);
    assert_string_equal(cert->rp10, fixture_subject.rp10);
    assert_string_equal(cert->curp, fixture_subject.curp);
    assert_string_equal(cert->rfc, fixture_subject.rfc);
    assert_string_equal(cert->email, "ximena@molinos.example");
    assert_string_equal(cert->spki_sha256,
                        fixture_cadena(employer, key, 1, p)->new_spki);
    assert_true(cert->not_before <= apr_time_now());
    assert_true(cert->not_after > apr_time_now() + 12 * MONTH);
    assert_int_equal(fixture_records(signer, p), 1);
    assert_true(fixture_said(signer, "issued", p));
    assert_int_equal(fixture_signer_stop(signer, SIGTERM), 0);
    assert_true(fixture_said(signer, "ended", p));
}

/* RFC and CURP come from the letter where the old certificate has none. */
static void test_missing_numbers(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    npie_subject_t subject = fixture_subject;
    identity_t *key = identity_key("P-384", p);
    fixture_employer_t *employer;
    npie_cert_t *cert;

    subject.rfc = "";
    subject.curp = "";
    employer = fixture_employer(ca, identity_key("P-256", p), &subject,
                                apr_time_now() - 7 * MONTH, p);
    fixture_signer_start(signer);
    cert = fixture_parse(issue(signer, evidence(employer, key, 18, p), p), p);
    assert_string_equal(cert->rfc, employer->rfc);
    assert_string_equal(cert->curp, employer->curp);
}

/* A certificate of an older authority, with an old key, is renewed by the
 * present one when Trust names the older. */
static void test_older_authority(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_ca_t *older = fixture_ca("Autoridad Anterior", p);
    char *file = apr_psprintf(p, "/tmp/npie-older-%ld.crt", (long)getpid());
    fixture_employer_t *employer =
        fixture_employer(older, identity_key("RSA-1024", p), &fixture_subject,
                         apr_time_now() - 30 * MONTH, p);
    fixture_signer_t *signer;
    npie_cert_t *cert;

    fixture_write(file, unit_bytes(npie_cert_pem(older->cert, p)), 0644);
    signer = fixture_signer(ca, apr_psprintf(p, "Trust %s\n", file), p);
    fixture_signer_start(signer);
    cert = fixture_parse(issue(signer, evidence(employer, identity_key("P-256", p), 19,
                                        p), p), p);
    assert_string_equal(cert->rp10, fixture_subject.rp10);
    assert_non_null(strstr(cert->issuer, "Autoridad de Prueba"));
    unlink(file);
}

static void test_restart(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    identity_t *key = identity_key("P-256", p);
    npie_cadena_t *cadena = fixture_cadena(employer, key, 20, p);
    npie_bytes_t letter = fixture_letter(cadena, p);
    evidence_t e = { fixture_csr(key, p), fixture_signed(letter, employer, p) };
    npie_bytes_t first;

    fixture_signer_start(signer);
    first = issue(signer, e, p);
    assert_int_equal(fixture_signer_stop(signer, SIGTERM), 0);
    fixture_signer_start(signer);
    same(first, issue(signer, e, p));
    /* A second signature of the same letter, and a second request with the
     * same key, get the same. */
    e.letter = fixture_signed(letter, employer, p);
    e.csr = fixture_csr(key, p);
    same(first, issue(signer, e, p));
    assert_int_equal(fixture_records(signer, p), 1);
}

/* Sends a request and does not wait for the answer. */
static int send_only(const fixture_signer_t *signer, evidence_t e,
                     size_t most, apr_pool_t *p)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header = { NPIE_SIGNER_ISSUE, 1, 0 };
    npie_wire_writer_t w;
    npie_bytes_t payload;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, e.csr);
    npie_wire_put_bytes(&w, e.letter);
    payload = npie_wire_written(&w);
    header.length = (apr_uint32_t)payload.len;
    npie_signer_header_put(raw, &header);
    apr_cpystrn(address.sun_path, signer->client.path,
                sizeof(address.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address,
                             sizeof(address)), 0);
    send(fd, raw, sizeof(raw), MSG_NOSIGNAL);
    send(fd, payload.data, most < payload.len ? most : payload.len,
         MSG_NOSIGNAL);
    return fd;
}

/* How long a whole exchange takes here and now. */
static apr_time_t time_of_one(const fixture_signer_t *signer,
                              const fixture_employer_t *employer,
                              apr_pool_t *p)
{
    evidence_t e = evidence(employer, identity_key("P-256", p), 99, p);
    apr_time_t before;

    fixture_alive(signer, 0);
    before = apr_time_now();
    issue(signer, e, p);
    return apr_time_now() - before;
}

/* Killed at one moment after another of a request, and started again, the
 * signer has made one certificate for it, and no torn record. */
static void test_kills(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    evidence_t asked[KILLS];
    npie_bytes_t made[KILLS];
    apr_time_t took;
    int after = 0;

    fixture_signer_start(signer);
    took = time_of_one(signer, employer, p);
    for (int i = 0; i < KILLS; i++) {
        int fd;

        asked[i] = evidence(fixture_expired(ca, p), identity_key("P-256", p),
                            100 + i, p);
        fixture_alive(signer, (apr_uint64_t)i + 1);
        fd = send_only(signer, asked[i], i == 0 ? 100 : SIZE_MAX, p);
        if (i < KILLS - 1) {
            apr_sleep(took * 2 * i / KILLS);
        }
        else {
            /* Between the record and the answer's reading, for certain. */
            for (int n = 0; n < 2000 && fixture_records(signer, p) < i + 2;
                 n++) {
                apr_sleep(apr_time_from_msec(5));
            }
        }
        assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
        close(fd);
        after += fixture_records(signer, p) > i + 1;
        fixture_signer_start(signer);
        made[i] = issue(signer, asked[i], p);
        assert_int_equal(fixture_records(signer, p), i + 2);
    }
    /* Half a request leaves no record; the last kill came after one. */
    assert_in_range(after, 1, KILLS - 1);
    assert_int_equal(fixture_signer_stop(signer, SIGTERM), 0);
    fixture_signer_start(signer);
    for (int i = 0; i < KILLS; i++) {
        same(made[i], issue(signer, asked[i], p));
    }
    assert_int_equal(fixture_records(signer, p), KILLS + 1);
}

/* A client that waits while the signer is killed and started again by its
 * parent gets its answer without asking twice. */
static void test_killed_while_waiting(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    evidence_t e = evidence(employer, identity_key("P-256", p), 30, p);
    pid_t waiting;
    int status;

    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    /* It sees nothing of the request until it is gone. */
    kill(signer->pid, SIGSTOP);
    waiting = fork();
    assert_true(waiting >= 0);
    if (waiting == 0) {
        npie_bytes_t der;

        _exit(npie_signer_issue(&der, &signer->client, e.csr, e.letter, NULL,
                                p) == APR_SUCCESS ? 0 : 1);
    }
    apr_sleep(apr_time_from_msec(200));
    assert_true(WIFSIGNALED(fixture_signer_stop(signer, SIGKILL)));
    apr_sleep(apr_time_from_msec(200));
    fixture_signer_start(signer);
    assert_int_equal(waitpid(waiting, &status, 0), waiting);
    assert_int_equal(status, 0);
    assert_int_equal(fixture_records(signer, p), 1);
}

/* SIGTERM in the middle of a request: it is still answered. */
static void test_ending(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    evidence_t e = evidence(employer, identity_key("P-256", p), 40, p);
    npie_wire_writer_t w;
    npie_bytes_t payload;
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    int fd;

    fixture_signer_start(signer);
    fixture_alive(signer, 0);
    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, e.csr);
    npie_wire_put_bytes(&w, e.letter);
    payload = npie_wire_written(&w);
    fd = send_only(signer, e, 1000, p);
    /* Who is answered later was accepted later: this one is in. */
    fixture_alive(signer, 0);
    kill(signer->pid, SIGTERM);
    apr_sleep(apr_time_from_msec(200));
    assert_int_equal(send(fd, payload.data + 1000, payload.len - 1000,
                          MSG_NOSIGNAL), payload.len - 1000);
    assert_int_equal(recv(fd, raw, sizeof(raw), MSG_WAITALL), sizeof(raw));
    close(fd);
    assert_int_equal(fixture_signer_wait(signer), 0);
    assert_int_equal(fixture_records(signer, p), 1);
}

static void test_rate(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "Rate 2 1h\n", p);
    evidence_t e = evidence(employer, identity_key("P-256", p), 50, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t der;

    fixture_signer_start(signer);
    issue(signer, e, p);
    issue(signer, e, p);
    assert_int_equal(npie_signer_issue(&der, &signer->client, e.csr, e.letter,
                                       &err, p), NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_SIGNER_DOWN);
    assert_non_null(strstr(err.detail, "Rate"));
    fixture_alive(signer, 1);
}

/* A letter as the server draws it, with fonts and terms. */
static void test_drawn_letter(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "", p);
    identity_t *key = identity_key("RSA-3072", p);
    const sample_t *sample = fixture_sample(fixture_cadena(employer, key, 60,
                                                           p), p);
    evidence_t e = { fixture_csr(key, p), { NULL, 0 } };
    npie_cert_t *cert;

    e.letter = fixture_signed(sample_draw(sample_art(p), &sample->letter, p),
                              employer, p);
    fixture_signer_start(signer);
    cert = fixture_parse(issue(signer, e, p), p);
    assert_string_equal(cert->email, sample->employer.contact.email);
    assert_string_equal(cert->organization, fixture_subject.organization);
    assert_string_equal(cert->spki_sha256, sample->letter.new_spki);
}

/* A CA certificate that ends before the new one would is the signer's own
 * fault, and nothing is noted. */
static void test_short_authority(void **state)
{
    apr_pool_t *p = *state;
    fixture_ca_t *ca = fixture_ca("Autoridad de Prueba", p);
    fixture_employer_t *employer = fixture_expired(ca, p);
    fixture_signer_t *signer = fixture_signer(ca, "CertificateValidity 120\n",
                                              p);
    evidence_t e = evidence(employer, identity_key("P-256", p), 70, p);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t der;

    fixture_signer_start(signer);
    assert_int_equal(npie_signer_issue(&der, &signer->client, e.csr, e.letter,
                                       &err, p), NPIE_EBACKEND);
    assert_int_equal(err.problem, NPIE_P_AUTHORITY_ENDS);
    assert_int_equal(fixture_records(signer, p), 0);
    assert_true(fixture_said(signer, "failed folio 70", p));
    assert_true(fixture_said(signer, "ends before", p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_content),
        pool_test(test_missing_numbers),
        pool_test(test_older_authority),
        pool_test(test_restart),
        pool_test(test_kills),
        pool_test(test_killed_while_waiting),
        pool_test(test_ending),
        pool_test(test_rate),
        pool_test(test_drawn_letter),
        pool_test(test_short_authority),
    };
    int failures;

    apr_initialize();
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failures;
}
