/* SPDX-License-Identifier: Apache-2.0
 * pki/cert.h: what a certificate says, in whatever letters it says it.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <openssl/err.h>

#include "pki/cert.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UTF8 V_ASN1_UTF8STRING

/* Parses what forge describes; NULL when it is refused. */
static npie_cert_t *parsed(const forge_t *forge, apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    npie_cert_t *cert = NULL;
    npie_err_t err;
    apr_status_t rv;

    forge_certificate(id, forge, p);
    rv = npie_cert_parse(&cert, id->der, &err, p);
    assert_int_equal(ERR_peek_error(), 0);
    if (rv == APR_SUCCESS) {
        assert_non_null(cert);
        return cert;
    }
    assert_int_equal(rv, NPIE_EINPUT);
    assert_int_equal(err.problem, NPIE_P_CERT_MALFORMED);
    assert_null(cert);
    return NULL;
}

static void test_fields(void **state)
{
    forge_t forge = {
        .common_name = "José Ñandú Güémez",
        .entries = {
            { NID_countryName, V_ASN1_PRINTABLESTRING, "MX", 0 },
            { NID_organizationName, UTF8, "Peña, Hijos + \"Cía\" = S.A.", 0 },
            { NID_organizationalUnitName, UTF8, "A064878710", 0 },
            { NID_serialNumber, V_ASN1_PRINTABLESTRING, "AAPR630321HDFLRC09",
              0 },
            { NID_x500UniqueIdentifier, UTF8, "AUA881212566", 0 },
        },
        .extensions = { { "subjectAltName", "email:ana@empresa.example" } },
        .issuer_name = "Autoridad de Práctica",
        .serial = "3030303031303030303030353037323932383036",
    };
    npie_cert_t *cert = parsed(&forge, *state);

    assert_non_null(cert);
    assert_string_equal(cert->common_name, "José Ñandú Güémez");
    assert_string_equal(cert->organization, "Peña, Hijos + \"Cía\" = S.A.");
    assert_string_equal(cert->rp10, "A064878710");
    assert_string_equal(cert->curp, "AAPR630321HDFLRC09");
    assert_string_equal(cert->rfc, "AUA881212566");
    assert_string_equal(cert->email, "ana@empresa.example");
    assert_string_equal(cert->issuer, "CN=Autoridad de Práctica");
    assert_string_equal(cert->serial,
                        "3030303031303030303030353037323932383036");
    assert_string_equal(cert->serial_text, "00001000000507292806");
    assert_string_equal(cert->key_type, "P-256");
    assert_int_equal(cert->key_bits, 256);
    assert_true(llabs(cert->not_after - cert->not_before
                      - apr_time_from_sec(60 * 86400))
                <= apr_time_from_sec(1));
}

static void test_empty(void **state)
{
    forge_t forge = {
        .entries = { { NID_countryName, V_ASN1_PRINTABLESTRING, "MX", 0 } },
        .issuer_name = "x",
    };
    const forge_t nameless = { .issuer_name = "x" };
    npie_cert_t *cert = parsed(&forge, *state);

    assert_null(parsed(&nameless, *state));
    assert_non_null(cert);
    assert_string_equal(cert->common_name, "");
    assert_string_equal(cert->organization, "");
    assert_string_equal(cert->rp10, "");
    assert_string_equal(cert->curp, "");
    assert_string_equal(cert->rfc, "");
    assert_string_equal(cert->email, "");
    assert_string_equal(cert->serial, "01");
    assert_string_equal(cert->serial_text, "01");
}

static void test_alphabets(void **state)
{
    static const forge_entry_t muñoz[] = {
        { NID_organizationName, UTF8, "  Mu\xC3\xB1oz ", 0 },
        { NID_organizationName, V_ASN1_T61STRING, "Mu\xF1oz", 0 },
        { NID_organizationName, V_ASN1_PRINTABLESTRING, "Mu\xF1oz", 0 },
        { NID_organizationName, V_ASN1_BMPSTRING, "\0M\0u\0\xF1\0o\0z", 10 },
        { NID_organizationName, V_ASN1_UNIVERSALSTRING,
          "\0\0\0M\0\0\0u\0\0\0\xF1\0\0\0o\0\0\0z", 20 },
    };

    for (size_t i = 0; i < COUNT(muñoz); ++i) {
        forge_t forge = { .common_name = "x", .entries = { muñoz[i] } };
        npie_cert_t *cert = parsed(&forge, *state);

        assert_non_null(cert);
        assert_string_equal(cert->organization, "Mu\xC3\xB1oz");
    }
}

/* Writes the certificate with the entry as a NumericString, which libcrypto
 * does not look into, and then changes the tag. The signature is not what is
 * asked about here. */
static apr_status_t parse_retagged(const forge_entry_t *entry, apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);
    apr_size_t len = entry->len != 0 ? (apr_size_t)entry->len
                                     : strlen(entry->value);
    forge_t forge = { .entries = { *entry }, .issuer_name = "x" };
    npie_cert_t *cert = NULL;
    npie_bytes_t bytes;
    unsigned char *der, *at;
    apr_status_t rv;

    forge.entries[0].type = V_ASN1_NUMERICSTRING;
    forge_certificate(id, &forge, p);
    der = apr_pmemdup(p, id->der.data, id->der.len);
    for (at = der; at[0] != V_ASN1_NUMERICSTRING || at[1] != len
         || memcmp(at + 2, entry->value, len) != 0; ++at) {
        assert_true(at + 2 + len < der + id->der.len);
    }
    *at = (unsigned char)entry->type;
    bytes.data = der;
    bytes.len = id->der.len;
    rv = npie_cert_parse(&cert, bytes, NULL, p);
    assert_int_equal(ERR_peek_error(), 0);
    assert_true((cert != NULL) == (rv == APR_SUCCESS));
    return rv;
}

static void test_broken_text(void **state)
{
    static const forge_entry_t good = { NID_commonName, UTF8, "Ana", 0 };
    static const forge_entry_t broken[] = {
        { NID_commonName, UTF8, "Mu\xF1oz", 0 },
        { NID_commonName, UTF8, "\xC0\x80", 0 },
        { NID_commonName, UTF8, "\xED\xA0\x80", 0 },
        { NID_commonName, UTF8, "a\0b", 3 },
        { NID_commonName, V_ASN1_IA5STRING, "a\0b", 3 },
        { NID_organizationName, V_ASN1_T61STRING, "a\x1B[2Jb", 0 },
        { NID_organizationName, V_ASN1_T61STRING, "a\x85", 0 },
        { NID_organizationalUnitName, V_ASN1_BMPSTRING, "\0A\0\n", 4 },
        { NID_organizationalUnitName, V_ASN1_BMPSTRING, "\0A\0", 3 },
        { NID_serialNumber, V_ASN1_BMPSTRING, "\xD8\x00", 2 },
        { NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING, "A\r\nB", 0 },
        { NID_pkcs9_emailAddress, V_ASN1_IA5STRING, "a\nb", 0 },
        { NID_commonName, V_ASN1_OCTET_STRING, "abc", 0 },
    };

    assert_int_equal(parse_retagged(&good, *state), APR_SUCCESS);
    for (size_t i = 0; i < COUNT(broken); ++i) {
        assert_int_equal(parse_retagged(&broken[i], *state), NPIE_EINPUT);
    }
}

/* Text, bits that are text, and bits that are none. */
static void test_unique_identifier(void **state)
{
    static const struct {
        forge_entry_t entry;
        const char *rfc;
    } cases[] = {
        { { NID_x500UniqueIdentifier, V_ASN1_PRINTABLESTRING,
            "AUA881212566", 0 }, "AUA881212566" },
        { { NID_x500UniqueIdentifier, UTF8, "Ñ&AZ0002290Z0", 0 },
          "Ñ&AZ0002290Z0" },
        { { NID_x500UniqueIdentifier, V_ASN1_BIT_STRING, "AUA881212566", 0 },
          "AUA881212566" },
        { { NID_x500UniqueIdentifier, V_ASN1_BIT_STRING, "\x00\xFF\x01", 3 },
          "" },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        forge_t forge = { .common_name = "x", .entries = { cases[i].entry } };
        npie_cert_t *cert = parsed(&forge, *state);

        assert_non_null(cert);
        assert_string_equal(cert->rfc, cases[i].rfc);
    }
}

static void test_rp(void **state)
{
    static const struct {
        const char *units[3];
        const char *rp10; /* NULL: refused */
    } cases[] = {
        { { "A064878710" }, "A064878710" },
        { { "A0648787107" }, "A064878710" },
        { { "A064878710-7" }, "A064878710" },
        { { "A0648787108" }, "" },
        { { "Contabilidad" }, "" },
        { { "Contabilidad", "A064878710" }, "A064878710" },
        { { "A064878710", "Contabilidad", "A0648787107" }, "A064878710" },
        { { "A064878710", "Y392655210" }, NULL },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        forge_t forge = { .common_name = "x" };
        npie_cert_t *cert;

        for (size_t k = 0; k < 3; ++k) {
            forge.entries[k].nid = NID_organizationalUnitName;
            forge.entries[k].type = UTF8;
            forge.entries[k].value = cases[i].units[k];
        }
        cert = parsed(&forge, *state);
        if (cases[i].rp10 == NULL) {
            assert_null(cert);
        } else {
            assert_non_null(cert);
            assert_string_equal(cert->rp10, cases[i].rp10);
        }
    }
}

static void test_email(void **state)
{
    static const struct {
        const char *alt_name; /* NULL: none */
        const char *email;    /* NULL: refused */
    } cases[] = {
        { NULL, "old@empresa.example" },
        { "DNS:empresa.example", "old@empresa.example" },
        { "DNS:empresa.example,email:a@b.example,email:c@d.example",
          "a@b.example" },
        { "DER:30:17:A0:15:06:08:2B:06:01:05:05:07:08:09:A0:09:0C:07:C3:B1:40"
              ":62:2E:6D:78", "ñ@b.mx" },
        { "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:u@b.example",
          "old@empresa.example" },
        { "DER:30:05:81:03:61:00:62", NULL },
        { "DER:30:05:81:03:61:0A:62", NULL },
        { "DER:30:05:81:03:61:F1:62", NULL },
        { "DER:04:00", NULL },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        forge_t forge = {
            .common_name = "x",
            .entries = { { NID_pkcs9_emailAddress, V_ASN1_IA5STRING,
                           "old@empresa.example", 0 } },
        };
        npie_cert_t *cert;

        if (cases[i].alt_name != NULL) {
            forge.extensions[0].name = "subjectAltName";
            forge.extensions[0].value = cases[i].alt_name;
        }
        cert = parsed(&forge, *state);
        if (cases[i].email == NULL) {
            assert_null(cert);
        } else {
            assert_non_null(cert);
            assert_string_equal(cert->email, cases[i].email);
        }
    }
}

static void test_alt_name_twice(void **state)
{
    forge_t forge = {
        .common_name = "x",
        .extensions = { { "subjectAltName", "email:a@b.example" },
                        { "subjectAltName", "email:c@d.example" } },
    };

    assert_null(parsed(&forge, *state));
}

static void test_serials(void **state)
{
    static const struct {
        const char *hex;
        const char *serial; /* NULL: refused */
        const char *text;
    } cases[] = {
        { "0", "00", "00" },
        { "0ABC", "0ABC", "0ABC" },
        { "3132", "3132", "3132" },
        { "3932323333373230333638353437373538303720", NULL, NULL },
        { "FF32323333373230333638353437373538303739",
          "FF32323333373230333638353437373538303739",
          "FF32323333373230333638353437373538303739" },
        { "013932323333373230333638353437373538303739", NULL, NULL },
        { "-5", NULL, NULL },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        forge_t forge = { .common_name = "x", .serial = cases[i].hex };
        npie_cert_t *cert = parsed(&forge, *state);

        if (i == 3) {
            /* Nineteen digits and a blank are no text. */
            assert_non_null(cert);
            assert_string_equal(cert->serial, cases[i].hex);
            assert_string_equal(cert->serial_text, cases[i].hex);
        } else if (cases[i].serial == NULL) {
            assert_null(cert);
        } else {
            assert_non_null(cert);
            assert_string_equal(cert->serial, cases[i].serial);
            assert_string_equal(cert->serial_text, cases[i].text);
        }
    }
}

/* The forms in which letters and pages show keys, against openssl's view. */
static void test_public_key(void **state)
{
    static const struct {
        const char *kind, *type;
        int bits;
    } kinds[] = {
        { "RSA-1024", "RSA", 1024 }, { "RSA-2048", "RSA", 2048 },
        { "P-256", "P-256", 256 }, { "P-384", "P-384", 384 },
    };

    for (size_t i = 0; i < COUNT(kinds); ++i) {
        identity_t *id = identity_key(kinds[i].kind, *state);
        forge_t forge = { .common_name = "x" };
        npie_cert_t *cert = NULL;
        const char *out = NULL;

        forge_certificate(id, &forge, *state);
        assert_int_equal(npie_cert_parse(&cert, id->der, NULL, *state), 0);
        assert_string_equal(cert->key_type, kinds[i].type);
        assert_int_equal(cert->key_bits, kinds[i].bits);
        forge_file("cert.der", id->der, *state);
        assert_int_equal(forge_run(
            &out, *state, "openssl x509 -inform DER -in cert.der -pubkey "
            "-noout | openssl pkey -pubin -outform DER -out spki.der && "
            "openssl dgst -sha256 -r spki.der"), 0);
        assert_int_equal(strspn(out, "0123456789abcdef"), 64);
        assert_memory_equal(out, cert->spki_sha256, 64);
        assert_int_equal(forge_read("spki.der", *state).len, cert->spki.len);
        /* The SPKI ends with its BIT STRING. */
        assert_memory_equal(cert->public_key.data,
                            cert->spki.data + cert->spki.len
                            - cert->public_key.len, cert->public_key.len);
        if (i == 0) {
            assert_memory_equal(
                cert->public_key.data,
                "\x03\x81\x8d\x00\x30\x81\x89\x02\x81\x81\x00", 11);
            assert_memory_equal(cert->public_key.data + 144 - 5,
                                "\x02\x03\x01\x00\x01", 5);
            assert_int_equal(cert->public_key.len, 144);
        }
    }
}

static void test_dates(void **state)
{
    forge_t forge = { .common_name = "x", .from = -20000, .until = 36500 };
    npie_cert_t *cert = parsed(&forge, *state);
    apr_time_t day = apr_time_from_sec(86400);

    assert_non_null(cert);
    assert_true(cert->not_before / day == apr_time_now() / day - 20000
                || cert->not_before / day == apr_time_now() / day - 20001);
    assert_true((cert->not_after - cert->not_before + day / 2) / day
                == 56500);
}

static void test_pem(void **state)
{
    identity_t *id = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana" };
    npie_cert_t *cert = NULL, *again = NULL;
    const char *pem, *bad[4];

    forge_certificate(id, &forge, *state);
    assert_int_equal(npie_cert_parse(&cert, id->der, NULL, *state), 0);
    pem = npie_cert_pem(cert, *state);
    assert_int_equal(npie_cert_parse(
        &again, unit_bytes(apr_pstrcat(*state, "subject=Ana\r\n", pem, "\n",
                                       NULL)), NULL, *state), 0);
    assert_int_equal(again->der.len, id->der.len);
    assert_memory_equal(again->der.data, id->der.data, id->der.len);
    bad[0] = apr_pstrcat(*state, pem, pem, NULL);
    bad[1] = apr_pstrcat(*state, "-----BEGIN X-----\nAAAA\n-----END X-----\n",
                         pem, NULL);
    bad[2] = apr_pstrndup(*state, pem, strlen(pem) - 10);
    bad[3] = "no certificate at all";
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_cert_parse(&cert, unit_bytes(bad[i]), NULL,
                                         *state), NPIE_EINPUT);
        assert_null(cert);
        assert_int_equal(ERR_peek_error(), 0);
    }
}

/* Cut anywhere, or with anything behind it, it is no certificate; with a byte
 * changed it may be one, and nothing breaks. */
static void test_hostile_bytes(void **state)
{
    identity_t *id = identity_key("P-256", *state);
    forge_t forge = {
        .common_name = "Ana",
        .extensions = { { "subjectAltName", "email:a@b.example" } },
    };
    npie_cert_t *cert = NULL;
    npie_bytes_t bytes;
    unsigned char *copy;
    apr_pool_t *p = NULL;

    forge_certificate(id, &forge, *state);
    apr_pool_create(&p, *state);
    for (apr_size_t n = 0; n < id->der.len; n += unit_stride(31)) {
        bytes.data = copy = malloc(n > 0 ? n : 1);
        bytes.len = n;
        memcpy(copy, id->der.data, n);
        assert_int_equal(npie_cert_parse(&cert, bytes, NULL, p),
                         NPIE_EINPUT);
        free(copy);
        apr_pool_clear(p);
    }
    copy = apr_pcalloc(*state, id->der.len + 1);
    memcpy(copy, id->der.data, id->der.len);
    bytes.data = copy;
    bytes.len = id->der.len + 1;
    assert_int_equal(npie_cert_parse(&cert, bytes, NULL, p), NPIE_EINPUT);
    bytes.len = id->der.len;
    for (apr_size_t n = 0; n < bytes.len; n += unit_stride(31)) {
        for (int bit = 0; bit < 8; bit += 3) {
            copy[n] ^= (unsigned char)(1 << bit);
            npie_cert_parse(&cert, bytes, NULL, p);
            copy[n] ^= (unsigned char)(1 << bit);
            apr_pool_clear(p);
        }
    }
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_fields), pool_test(test_empty),
        pool_test(test_alphabets), pool_test(test_broken_text),
        pool_test(test_unique_identifier), pool_test(test_rp),
        pool_test(test_email), pool_test(test_alt_name_twice),
        pool_test(test_serials), pool_test(test_public_key),
        pool_test(test_dates), pool_test(test_pem),
        pool_test(test_hostile_bytes),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
