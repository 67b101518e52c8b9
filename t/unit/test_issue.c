/* SPDX-License-Identifier: Apache-2.0
 * pki/issue.h: the certificates made, judged by openssl and certtool, and
 * read back.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "base/text.h"
#include "pki/issue.h"
#include "pki/trust.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const npie_key_rules_t any_key = { 2048, 1, 1, NULL };

static const npie_subject_t ana = {
    .organization = "Peña, Hijos + \"Cía\" = S.A. de C.V.",
    .rp10 = "A064878710",
    .common_name = "Ana Núñez Güémez",
    .curp = "AAPR630321HDFLRC09",
    .rfc = "AUA881212566",
    .email = "ana@empresa.example",
};

static const npie_profile_t profile = {
    .validity_months = 6,
    .backdate = 300 * APR_USEC_PER_SEC,
    .points.crl_url = "http://npie.example/ca.crl?a=1,b=2",
    .points.ocsp_url = "http://npie.example/ocsp",
    .points.issuer_url = "http://npie.example/ca.cer",
    .policy_oid = "1.3.6.1.4.1.99999.1",
};

/* A CA's key and certificate, valid from and until days from now. */
static identity_t *make_ca(const char *kind, int from, int until,
                           apr_pool_t *p)
{
    identity_t *ca = identity_key(kind, p);
    forge_t forge = { .common_name = "Autoridad de Práctica",
                      .extensions = FORGE_CA, .from = from, .until = until };

    forge_certificate(ca, &forge, p);
    return ca;
}

static apr_status_t create(npie_issuer_t **pissuer, const identity_t *ca,
                           const identity_t *key, const npie_profile_t *how,
                           apr_pool_t *p)
{
    npie_cert_t *cert = NULL;
    npie_err_t err;
    apr_status_t rv;

    assert_int_equal(npie_cert_parse(&cert, ca->der, NULL, p), 0);
    EVP_PKEY_up_ref(key->key);
    rv = npie_issuer_create(pissuer, key->key, cert, how, &err, p);
    if (rv != APR_SUCCESS) {
        assert_int_equal(rv, err.status);
        EVP_PKEY_free(key->key);
    }
    assert_int_equal(ERR_peek_error(), 0);
    return rv;
}

static npie_issuer_t *issuer_of(const identity_t *ca, apr_pool_t *p)
{
    npie_issuer_t *issuer = NULL;

    assert_int_equal(create(&issuer, ca, ca, &profile, p), APR_SUCCESS);
    return issuer;
}

static npie_csr_t *request(const char *kind, apr_pool_t *p)
{
    identity_t *id = identity_key(kind, p);
    npie_csr_t *csr = NULL;

    assert_int_equal(npie_csr_parse(&csr, identity_csr(id, id, p), &any_key,
                                    NULL, p), 0);
    return csr;
}

static npie_cert_t *issued(npie_issuer_t *issuer, const npie_csr_t *csr,
                           const npie_subject_t *subject, apr_time_t now,
                           apr_pool_t *p)
{
    npie_bytes_t der = { NULL, 0 };
    npie_cert_t *cert = NULL;
    npie_err_t err = { 0, NPIE_P_NONE, "" };

    if (npie_issuer_issue(&der, issuer, csr, subject, now, &err, p)
        != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    assert_int_equal(npie_cert_parse(&cert, der, NULL, p), 0);
    assert_int_equal(ERR_peek_error(), 0);
    return cert;
}

/* Writes ca.pem and cert.der, cert.pem for the programs. */
static void write_files(const identity_t *ca, const npie_cert_t *cert,
                        apr_pool_t *p)
{
    npie_cert_t *ca_cert = NULL;

    assert_int_equal(npie_cert_parse(&ca_cert, ca->der, NULL, p), 0);
    forge_file("ca.pem", unit_bytes(npie_cert_pem(ca_cert, p)), p);
    forge_file("cert.der", cert->der, p);
    forge_file("cert.pem", unit_bytes(npie_cert_pem(cert, p)), p);
}

static const char *output(apr_pool_t *p, const char *command)
{
    const char *out = NULL;

    if (forge_run(&out, p, "%s", command) != 0) {
        fail_msg("%s: %s", command, out);
    }
    return out;
}

static void says(const char *out, const char *expected)
{
    if (strstr(out, expected) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", expected, out);
    }
}

/* What was asked for comes back, and the key's bytes are the request's. */
static void test_round_trip(void **state)
{
    static const char *const kinds[] = {
        "RSA-2048", "RSA-3072", "P-256", "P-384"
    };
    npie_issuer_t *issuer = issuer_of(make_ca("P-256", -900, 900, *state),
                                      *state);

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        npie_csr_t *csr = request(kinds[i], *state);
        npie_cert_t *cert = issued(issuer, csr, &ana, apr_time_now(),
                                   *state);

        assert_string_equal(cert->organization, ana.organization);
        assert_string_equal(cert->rp10, ana.rp10);
        assert_string_equal(cert->common_name, ana.common_name);
        assert_string_equal(cert->curp, ana.curp);
        assert_string_equal(cert->rfc, ana.rfc);
        assert_string_equal(cert->email, ana.email);
        assert_string_equal(cert->issuer, "CN=Autoridad de Práctica");
        assert_int_equal(strlen(cert->serial_text), 20);
        assert_int_equal(strspn(cert->serial_text, "0123456789"), 20);
        assert_int_equal(cert->spki.len, csr->spki.len);
        assert_memory_equal(cert->spki.data, csr->spki.data, csr->spki.len);
        assert_string_equal(cert->spki_sha256, csr->spki_sha256);
    }
}

static void test_openssl_verifies(void **state)
{
    static const char *const kinds[] = {
        "RSA-2048", "RSA-3072", "P-256", "P-384", "P-521", "ED25519"
    };

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        identity_t *ca = make_ca(kinds[i], -900, 900, *state);
        npie_cert_t *cert = issued(issuer_of(ca, *state),
                                   request("P-256", *state), &ana,
                                   apr_time_now(), *state);

        write_files(ca, cert, *state);
        output(*state, "openssl verify -x509_strict -purpose sslclient "
               "-CAfile ca.pem cert.pem");
        output(*state, "openssl verify -x509_strict -purpose smimesign "
               "-CAfile ca.pem cert.pem");
        output(*state, "certtool --verify --load-ca-certificate ca.pem "
               "--infile cert.pem");
    }
}

static void test_openssl_reads(void **state)
{
    static const char *const expected[] = {
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA384",
        "Subject: C = MX, O = \"Peña, Hijos + \\\"Cía\\\" = S.A. de C.V.\", "
            "OU = A064878710, CN = Ana Núñez Güémez, "
            "serialNumber = AAPR630321HDFLRC09, "
            "x500UniqueIdentifier = AUA881212566, "
            "organizationIdentifier = VATMX-AUA881212566",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Key Usage: critical\n                "
            "Digital Signature, Non Repudiation\n",
        "X509v3 Extended Key Usage: \n                "
            "TLS Web Client Authentication, E-mail Protection\n",
        "X509v3 Subject Key Identifier: \n",
        "X509v3 Authority Key Identifier: \n",
        "URI:http://npie.example/ca.crl?a=1,b=2\n",
        "OCSP - URI:http://npie.example/ocsp\n",
        "CA Issuers - URI:http://npie.example/ca.cer\n",
        "Policy: 1.3.6.1.4.1.99999.1\n",
        "X509v3 Subject Alternative Name: \n                "
            "email:ana@empresa.example\n",
    };
    identity_t *ca = make_ca("P-384", -900, 900, *state);
    npie_cert_t *cert = issued(issuer_of(ca, *state),
                               request("P-256", *state), &ana,
                               apr_time_now(), *state);
    const char *text;

    write_files(ca, cert, *state);
    text = output(*state, "openssl x509 -in cert.pem -noout -text -nameopt "
                  "oneline,utf8,-esc_msb");
    for (size_t i = 0; i < COUNT(expected); ++i) {
        says(text, expected[i]);
    }
    /* The types: MX and the two numbers printable, the names UTF-8, each in
     * a SET of its own; the serial in twenty octets. */
    text = output(*state, "openssl asn1parse -inform DER -in cert.der");
    says(text, "prim: PRINTABLESTRING   :MX");
    says(text, "prim: PRINTABLESTRING   :AAPR630321HDFLRC09");
    says(text, "prim: PRINTABLESTRING   :AUA881212566");
    says(text, "prim: UTF8STRING        :A064878710");
    says(text, "l=  20 prim: INTEGER           :3");
    text = output(*state, "certtool -i --infile cert.pem");
    says(text, "Subject Alternative Name (not critical):\n"
         "\t\t\tRFC822Name: ana@empresa.example");
    says(text, "Key Usage (critical):\n\t\t\tDigital signature.\n"
         "\t\t\tNon repudiation.");
}

/* A razón social of 200 characters is written whole; an RFC may hold & and Ñ;
 * what is empty is left out. */
static void test_unusual_subjects(void **state)
{
    identity_t *ca = make_ca("P-256", -900, 900, *state);
    npie_issuer_t *issuer = issuer_of(ca, *state);
    npie_csr_t *csr = request("P-256", *state);
    npie_subject_t subject = ana;
    npie_cert_t *cert;
    char name[401];

    for (int i = 0; i < 200; ++i) {
        memcpy(name + 2 * i, "Ñ", 2);
    }
    name[400] = '\0';
    subject.organization = subject.common_name = name;
    subject.rfc = "Ñ&AZ0002290Z0";
    cert = issued(issuer, csr, &subject, apr_time_now(), *state);
    assert_string_equal(cert->organization, name);
    assert_string_equal(cert->common_name, name);
    assert_string_equal(cert->rfc, subject.rfc);
    write_files(ca, cert, *state);
    output(*state, "openssl verify -x509_strict -CAfile ca.pem cert.pem");
    output(*state, "certtool --verify --load-ca-certificate ca.pem "
           "--infile cert.pem");

    subject = ana;
    subject.curp = subject.rfc = subject.email = "";
    cert = issued(issuer, csr, &subject, apr_time_now(), *state);
    assert_string_equal(cert->curp, "");
    assert_string_equal(cert->rfc, "");
    assert_string_equal(cert->email, "");
    assert_int_equal(X509_get_ext_by_NID(cert->x509, NID_subject_alt_name,
                                         -1), -1);
}

/* RFC 9598: an ASCII local part makes an rfc822Name, whatever the domain is;
 * domains are in A-labels in both forms. */
static void test_addresses(void **state)
{
    static const struct {
        const char *address, *read, *shown;
    } cases[] = {
        { "jose@peñón.mx", "jose@xn--pen-8mak.mx",
          "email:jose@xn--pen-8mak.mx" },
        { "ana@empresa.example", "ana@empresa.example",
          "email:ana@empresa.example" },
        { "ñandú@correo.example", "ñandú@correo.example",
          "othername: SmtpUTF8Mailbox:" },
        { "ñandú@peñón.mx", "ñandú@xn--pen-8mak.mx",
          "othername: SmtpUTF8Mailbox:" },
    };
    identity_t *ca = make_ca("P-256", -900, 900, *state);
    npie_issuer_t *issuer = issuer_of(ca, *state);
    npie_csr_t *csr = request("P-256", *state);
    npie_subject_t subject = ana;

    for (size_t i = 0; i < COUNT(cases); ++i) {
        npie_cert_t *cert;

        subject.email = cases[i].address;
        cert = issued(issuer, csr, &subject, apr_time_now(), *state);
        assert_string_equal(cert->email, cases[i].read);
        write_files(ca, cert, *state);
        says(output(*state, "openssl x509 -in cert.pem -noout -ext "
                    "subjectAltName"), cases[i].shown);
    }
}

/* X.520's own encoding, all eight bits of each octet; the RFC is read from
 * either. */
static void test_unique_id_bits(void **state)
{
    static const char *const rfcs[] = { "AUA881212566", "COSC8001137NA",
                                        "PEP010101Ñ&P" };
    identity_t *ca = make_ca("P-256", -900, 900, *state);
    npie_profile_t how = profile;
    npie_issuer_t *issuer = NULL;
    npie_subject_t subject = ana;
    npie_cert_t *cert;

    how.unique_id_bit_string = 1;
    assert_int_equal(create(&issuer, ca, ca, &how, *state), APR_SUCCESS);
    for (size_t i = 0; i < COUNT(rfcs); ++i) {
        const char *text;

        subject.rfc = rfcs[i];
        cert = issued(issuer, request("P-256", *state), &subject,
                      apr_time_now(), *state);
        assert_string_equal(cert->rfc, rfcs[i]);
        write_files(ca, cert, *state);
        text = output(*state, "openssl asn1parse -inform DER -in cert.der "
                      "| grep -A1 :x500UniqueIdentifier");
        says(text, "BIT STRING");
        says(output(*state, "openssl asn1parse -inform DER -in cert.der "
                    "-strparse $(openssl asn1parse -inform DER -in cert.der "
                    "| grep -A1 :x500UniqueIdentifier | tail -1 | cut -d: -f1)"
                    " -noout -out bits.bin 2>/dev/null; "
                    "printf '(%s)' \"$(cat bits.bin)\""),
             apr_psprintf(*state, "(%s)", rfcs[i]));
        output(*state, "certtool -i --infile cert.pem");
    }
}

static void test_subject_refused(void **state)
{
    npie_issuer_t *issuer = issuer_of(make_ca("P-256", -900, 900, *state),
                                      *state);
    npie_csr_t *csr = request("P-256", *state);
    npie_subject_t subjects[7];
    char *name = apr_pcalloc(*state, 300);

    memset(name, 'a', 201);
    for (size_t i = 0; i < COUNT(subjects); ++i) {
        npie_bytes_t der = { NULL, 0 };
        npie_err_t err;

        subjects[i] = ana;
        subjects[0].organization = "";
        subjects[1].rp10 = "";
        subjects[2].common_name = "";
        subjects[3].organization = name;
        subjects[4].common_name = "Ana\nNúñez";
        subjects[5].rfc = "\xFF";
        subjects[6].email = "a@b.example\x01";
        assert_int_equal(npie_issuer_issue(&der, issuer, csr, &subjects[i],
                                           apr_time_now(), &err, *state),
                         NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_ISSUE_REFUSED);
        assert_null(der.data);
    }
}

static apr_time_t at(const char *text)
{
    apr_time_t t = 0;

    assert_int_equal(npie_text_time_parse(&t, text), 0);
    return t;
}

/* Months of the calendar, clamped at their ends. */
static void test_validity(void **state)
{
    static const struct {
        int months;
        const char *now, *until;
    } cases[] = {
        { 6, "2026-11-21T19:02:55Z", "2027-05-21T19:02:55Z" },
        { 6, "2026-08-31T23:59:59Z", "2027-02-28T23:59:59Z" },
        { 6, "2027-08-31T00:00:00Z", "2028-02-29T00:00:00Z" },
        { 1, "2026-12-31T12:00:00Z", "2027-01-31T12:00:00Z" },
        { 1, "2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z" },
        { 24, "2026-02-28T12:00:00Z", "2028-02-28T12:00:00Z" },
        { 12, "2028-02-29T12:00:00Z", "2029-02-28T12:00:00Z" },
        /* UTCTime ends with 2049; 2100 is no leap year. */
        { 120, "2045-06-30T12:00:00Z", "2055-06-30T12:00:00Z" },
        { 6, "2099-08-31T12:00:00Z", "2100-02-28T12:00:00Z" },
    };
    identity_t *ca = make_ca("P-256", -900, 36500, *state);
    npie_csr_t *csr = request("P-256", *state);

    for (size_t i = 0; i < COUNT(cases); ++i) {
        npie_profile_t how = profile;
        npie_issuer_t *issuer = NULL;
        npie_cert_t *cert;

        how.validity_months = cases[i].months;
        assert_int_equal(create(&issuer, ca, ca, &how, *state), 0);
        cert = issued(issuer, csr, &ana, at(cases[i].now) + 999999, *state);
        assert_string_equal(npie_text_time(cert->not_after, *state),
                            cases[i].until);
        assert_true(at(cases[i].now) - cert->not_before
                    == 300 * APR_USEC_PER_SEC);
    }
}

/* Not before the CA's own time, and never beyond its end. */
static void test_ca_bounds(void **state)
{
    identity_t *ca = make_ca("P-256", -10, 100, *state);
    npie_issuer_t *issuer = issuer_of(ca, *state), *shorter = NULL;
    npie_csr_t *csr = request("P-256", *state);
    npie_profile_t how = profile;
    npie_cert_t *ca_cert = NULL, *cert;
    npie_bytes_t der = { NULL, 0 };
    npie_err_t err;

    assert_int_equal(npie_cert_parse(&ca_cert, ca->der, NULL, *state), 0);
    assert_int_equal(npie_issuer_issue(&der, issuer, csr, &ana,
                                       apr_time_now(), &err, *state),
                     NPIE_EPOLICY);
    how.validity_months = 1;
    assert_int_equal(create(&shorter, ca, ca, &how, *state), 0);
    cert = issued(shorter, csr, &ana, apr_time_now(), *state);
    assert_true(cert->not_after < ca_cert->not_after);
    cert = issued(shorter, csr, &ana, ca_cert->not_before
                  + apr_time_from_sec(10), *state);
    assert_true(cert->not_before == ca_cert->not_before);
    assert_int_equal(npie_issuer_issue(&der, shorter, csr, &ana,
                                       ca_cert->not_before
                                       - apr_time_from_sec(10), &err,
                                       *state), NPIE_EPOLICY);
}

static void refused(const identity_t *ca, const identity_t *key,
                    const npie_profile_t *how, apr_pool_t *p)
{
    npie_issuer_t *issuer = NULL;

    assert_int_equal(create(&issuer, ca, key, how, p), NPIE_ECONFIG);
    assert_null(issuer);
}

static void test_issuer_refused(void **state)
{
    static const forge_extension_t no_ski[] = {
        { "basicConstraints", "critical,CA:TRUE" },
        { "keyUsage", "critical,keyCertSign" },
    };
    identity_t *ca = make_ca("P-256", -900, 900, *state);
    identity_t *plain = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana", .extensions = FORGE_LEAF };
    npie_profile_t how = profile;

    refused(ca, identity_key("P-256", *state), &profile, *state);
    refused(make_ca("P-256", -900, -1, *state), ca, &profile, *state);
    forge_certificate(plain, &forge, *state);
    refused(plain, plain, &profile, *state);
    memset(forge.extensions, 0, sizeof(forge.extensions));
    memcpy(forge.extensions, no_ski, sizeof(no_ski));
    forge_certificate(plain, &forge, *state);
    refused(plain, plain, &profile, *state);
    how.validity_months = 0;
    refused(ca, ca, &how, *state);
    how.validity_months = 121;
    refused(ca, ca, &how, *state);
    how = profile;
    how.backdate = -1;
    refused(ca, ca, &how, *state);
    how = profile;
    how.points.crl_url = "npie.example/ca.crl";
    refused(ca, ca, &how, *state);
    how.points.crl_url = "http://npie.example/ca crl";
    refused(ca, ca, &how, *state);
    how = profile;
    how.policy_oid = "1.3.6,CPS.1";
    refused(ca, ca, &how, *state);
    how.policy_oid = "9.9.9";
    refused(ca, ca, &how, *state);
    how.policy_oid = "";
    refused(ca, ca, &how, *state);
}

/* Addresses and policy that are not configured are not written. */
static void test_bare_profile(void **state)
{
    static const npie_profile_t bare = { .validity_months = 6 };
    identity_t *ca = make_ca("P-256", -900, 900, *state);
    npie_issuer_t *issuer = NULL;
    npie_cert_t *cert;

    assert_int_equal(create(&issuer, ca, ca, &bare, *state), 0);
    cert = issued(issuer, request("P-256", *state), &ana, apr_time_now(),
                  *state);
    assert_int_equal(X509_get_ext_count(cert->x509), 6);
}

/* Serial numbers do not repeat, and every digit occurs in every place. */
static void test_serials(void **state)
{
    npie_issuer_t *issuer = issuer_of(make_ca("P-256", -900, 900, *state),
                                      *state);
    npie_csr_t *csr = request("P-256", *state);
    int seen[20][10] = { { 0 } };
    const char *last = "";

    for (int i = 0; i < 300; ++i) {
        npie_cert_t *cert = issued(issuer, csr, &ana, apr_time_now(),
                                   *state);

        assert_string_not_equal(cert->serial_text, last);
        last = cert->serial_text;
        for (int k = 0; k < 20; ++k) {
            seen[k][last[k] - '0']++;
        }
    }
    /* 300 draws miss one of ten with a chance of 2e-14. */
    for (int k = 0; k < 20; ++k) {
        for (int digit = 0; digit < 10; ++digit) {
            assert_int_not_equal(seen[k][digit], 0);
        }
    }
}

/* The employer signs with it, and openssl and this project accept it. */
static void test_signs(void **state)
{
    identity_t *ca = make_ca("RSA-2048", -900, 900, *state);
    identity_t *id = identity_key("P-256", *state);
    npie_csr_t *csr = NULL;
    npie_cert_t *cert;
    npie_trust_t *trust = NULL;
    apr_array_header_t *files = apr_array_make(*state, 1,
                                               sizeof(const char *));

    assert_int_equal(npie_csr_parse(&csr, identity_csr(id, id, *state),
                                    &any_key, NULL, *state), 0);
    cert = issued(issuer_of(ca, *state), csr, &ana, apr_time_now(), *state);
    write_files(ca, cert, *state);
    identity_write_key(id, forge_path("key.pem", *state));
    output(*state, "echo hola >content && openssl cms -sign -cades -binary "
           "-in content -signer cert.pem -inkey key.pem -outform DER "
           "-out cms.der");
    output(*state, "openssl cms -verify -cades -binary -inform DER -in "
           "cms.der -content content -CAfile ca.pem");
    APR_ARRAY_PUSH(files, const char *) = forge_path("ca.pem", *state);
    assert_int_equal(npie_trust_load(&trust, files, NULL, *state), 0);
    assert_int_equal(npie_trust_verify(trust, cert, NULL, 2048, NULL,
                                       *state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_round_trip), pool_test(test_openssl_verifies),
        pool_test(test_openssl_reads), pool_test(test_unusual_subjects),
        pool_test(test_addresses), pool_test(test_unique_id_bits),
        pool_test(test_subject_refused), pool_test(test_validity),
        pool_test(test_ca_bounds), pool_test(test_issuer_refused),
        pool_test(test_bare_profile), pool_test(test_serials),
        pool_test(test_signs),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
