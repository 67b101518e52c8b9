/* SPDX-License-Identifier: Apache-2.0
 * Evidence that must not move npie-signer: each is answered with a refusal, is
 * noted nowhere but in the log, and the signer lives on.
 */
#include "unit/forge.h"
#include "unit/signer_fixture.h"

#include <signal.h>

#include <apr_strings.h>
#include <openssl/obj_mac.h>

#define DAY apr_time_from_sec(86400)

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
    fixture_alive(a->signer, 0);
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

/* Asks with this evidence; it must be refused with this problem. */
static void refused_with(attack_t *a, npie_bytes_t csr, npie_bytes_t letter,
                         apr_status_t status, npie_problem_t problem)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t cert = { NULL, 0 };
    apr_uint64_t issued = (apr_uint64_t)fixture_records(a->signer, a->p);
    apr_status_t rv = npie_signer_issue(&cert, &a->signer->client, csr,
                                        letter, &err, a->p);

    if (rv != status || err.problem != problem) {
        fail_msg("status %d, problem %d instead of %d: %s", rv,
                 (int)err.problem, (int)problem, err.detail);
    }
    assert_null(cert.data);
    fixture_alive(a->signer, issued);
    assert_int_equal(fixture_records(a->signer, a->p), issued);
}

static void refused(attack_t *a, npie_bytes_t csr, npie_bytes_t letter,
                    npie_problem_t problem)
{
    refused_with(a, csr, letter, NPIE_EPOLICY, problem);
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
    /* No fault of the employer's: httpd's clock is ahead. */
    refused_with(a, csr, letter_of(a, cadena), NPIE_EBACKEND, NPIE_P_CLOCKS);
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

/* Certificates of our CA that name no employer, and a letter that would put
 * nonsense where the old certificate has nothing. */
static void test_bare_certificates(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    forge_t bare = { .common_name = "Ximena", .extensions = FORGE_LEAF,
                     .issuer = a->ca->id };
    fixture_employer_t other = *a->employer;
    identity_t *id = identity_key("P-256", a->p);
    npie_subject_t subject = fixture_subject;
    fixture_employer_t *own = a->employer;

    forge_certificate(id, &bare, a->p);
    other.id = *id;
    other.cert = fixture_parse(other.id.der, a->p);
    refused(a, csr, fixture_signed(fixture_letter(
        fixture_cadena(&other, a->new_key, ++a->folio, a->p), a->p), &other,
        a->p), NPIE_P_CERT_MALFORMED);
    subject.rfc = "";
    subject.curp = "";
    a->employer = fixture_employer(a->ca, identity_key("P-256", a->p),
                                   &subject, apr_time_now() - 30 * DAY, a->p);
    a->employer->rfc = "AUA881312566";
    refused(a, csr, letter_of(a, cadena_of(a)), NPIE_P_ISSUE_REFUSED);
    a->employer->rfc = own->rfc;
    a->employer->curp = "BOXW310820HNERXN0";
    refused(a, csr, letter_of(a, cadena_of(a)), NPIE_P_ISSUE_REFUSED);
    a->employer = own;
}

/* A certificate that no authority could have made is refused as such, and
 * before its signature is looked at. */
static void test_nameless(void **state)
{
    static const forge_t nameless = { .extensions = FORGE_LEAF };
    attack_t *a = *state;
    fixture_employer_t other = *a->employer;
    identity_t *id = identity_key("P-256", a->p);

    forge_certificate(id, &nameless, a->p);
    other.id = *id;
    refused(a, fixture_csr(a->new_key, a->p),
            fixture_signed(fixture_letter(cadena_of(a), a->p), &other, a->p),
            NPIE_P_CERT_MALFORMED);
}

/* Asks that signer with an old key of this kind. */
static void weak_key(attack_t *a, fixture_signer_t *signer, const char *kind)
{
    const forge_t forge = {
        .common_name = "Ximena", .extensions = FORGE_LEAF,
        .issuer = a->ca->id, .entries = {
            { NID_organizationName, V_ASN1_UTF8STRING, "Molinos", 0 },
            { NID_organizationalUnitName, V_ASN1_UTF8STRING, "A064878710", 0 }
        }
    };
    fixture_signer_t *own = a->signer;
    fixture_employer_t other = *a->employer;
    identity_t *id = identity_key(kind, a->p);

    forge_certificate(id, &forge, a->p);
    other.id = *id;
    other.cert = fixture_parse(id->der, a->p);
    a->signer = signer;
    refused(a, fixture_csr(a->new_key, a->p),
            fixture_signed(fixture_letter(fixture_cadena(
                &other, a->new_key, ++a->folio, a->p), a->p), &other, a->p),
            NPIE_P_KEY_WEAK);
    a->signer = own;
}

/* OldKeyMinBits is npie-signer's own: httpd's NPIEOldKeyMinBits may be less,
 * and whoever broke into a child need not keep to it. */
static void test_weak_keys(void **state)
{
    attack_t *a = *state;
    fixture_signer_t *strict = fixture_signer(a->ca, "OldKeyMinBits 2048\n",
                                              a->p);

    weak_key(a, a->signer, "RSA-1008");
    fixture_signer_start(strict);
    weak_key(a, strict, "RSA-2040");
    fixture_signer_stop(strict, SIGTERM);
}

static void test_bytes(void **state)
{
    attack_t *a = *state;
    npie_bytes_t csr = fixture_csr(a->new_key, a->p);
    npie_bytes_t good = fixture_signed(fixture_bare_letter(cadena_of(a), a->p),
                                       a->employer, a->p);
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

/* An old key renews once, of whatever trusted authority: a second certificate
 * would be one that nobody knows of. */
static void test_renewed(void **state)
{
    attack_t *a = *state;
    fixture_ca_t *older = fixture_ca("Autoridad anterior", a->p);
    fixture_signer_t *signer = fixture_signer(a->ca, apr_psprintf(
        a->p, "Trust %s\n", forge_file("older.crt", unit_bytes(
            npie_cert_pem(older->cert, a->p)), a->p)), a->p);
    fixture_employer_t *employer = fixture_expired(older, a->p);
    identity_t *first = identity_key("P-256", a->p);
    identity_t *second = identity_key("P-256", a->p);
    attack_t other = *a;
    npie_signer_revoke_t revoke = { { NULL, 0 }, NPIE_REASON_CESSATION,
                                    apr_time_now(), 0, NULL };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_bytes_t letter;

    other.signer = signer;
    other.employer = employer;
    fixture_signer_start(signer);
    revoke.certificate = issued(&other, fixture_csr(first, a->p),
                                letter_of(&other, fixture_cadena(
                                    employer, first, 71, a->p)));
    letter = letter_of(&other, fixture_cadena(employer, second, 72, a->p));
    refused(&other, fixture_csr(second, a->p), letter,
            NPIE_P_CERT_SUPERSEDED);
    fixture_signer_stop(signer, SIGKILL);
    fixture_signer_start(signer);
    refused(&other, fixture_csr(second, a->p), letter,
            NPIE_P_CERT_SUPERSEDED);
    /* The first one went to nobody: it is revoked, and its terms were never
     * sealed. */
    assert_int_equal(npie_signer_revoke(&signer->client, &revoke, &err, a->p),
                     APR_SUCCESS);
    issued(&other, fixture_csr(second, a->p), letter);
    fixture_signer_stop(signer, SIGTERM);
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
    int tries = 0, refusals = 0;

    a->employer = fixture_expired(a->ca, a->p);
    evidence[0] = fixture_csr(key, a->p);
    evidence[1] = letter_of(a, fixture_cadena(a->employer, key, 5000, a->p));
    cert = issued(a, evidence[0], evidence[1]);
    for (unsigned i = 0; i < 1200; i += unit_stride(47)) {
        npie_bytes_t sent[2] = { evidence[0], evidence[1] };
        unsigned which = i % 4 == 0 ? 0 : 1;
        apr_size_t len = evidence[which].len;
        unsigned char *bytes = apr_pmemdup(a->p, evidence[which].data, len);
        npie_bytes_t got = { NULL, 0 };
        npie_err_t err = { 0, NPIE_P_NONE, "" };

        tries++;
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
    /* A few of the bytes mean nothing. */
    assert_in_range(refusals, tries * 4 / 5, tries);
    fixture_alive(a->signer, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cadena),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_signers),
        cmocka_unit_test(test_bare_certificates),
        cmocka_unit_test(test_nameless),
        cmocka_unit_test(test_weak_keys),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_signature_bytes),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
