/* SPDX-License-Identifier: Apache-2.0
 * pki/x509.h: certificates that are refused before a field of them is read.
 */
#include "unit/unit.h"

#include <apr_strings.h>
#include <openssl/err.h>

#include "pki/x509.h"
#include "unit/forge.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define UTF8 V_ASN1_UTF8STRING

static int is_taken(npie_bytes_t der)
{
    X509 *x509 = NULL;
    const char *fault = npie_x509_read(&x509, der);

    assert_true((fault == NULL) == (x509 != NULL));
    X509_free(x509);
    ERR_clear_error();
    return fault == NULL;
}

static npie_bytes_t forged(const forge_t *forge, apr_pool_t *p)
{
    identity_t *id = identity_key("P-256", p);

    forge_certificate(id, forge, p);
    return id->der;
}

/* BER that says the same as the DER is another byte string. */
static void test_second_encoding(void **state)
{
    identity_t *id = identity_key("P-256", *state);
    forge_t forge = { .common_name = "Ana" };
    npie_bytes_t bytes;
    unsigned char *ber;

    forge_certificate(id, &forge, *state);
    /* 30 82 hh ll becomes 30 80 ... 00 00. */
    assert_memory_equal(id->der.data, "\x30\x82", 2);
    ber = apr_pcalloc(*state, id->der.len);
    memcpy(ber, "\x30\x80", 2);
    memcpy(ber + 2, id->der.data + 4, id->der.len - 4);
    bytes.data = ber;
    bytes.len = id->der.len;
    assert_false(is_taken(bytes));
}

/* RFC 5280 section 4.1.2.4: an issuer's name is not empty. These two once
 * ended the process: libcrypto gives NULL for the text of an empty name. */
static void test_empty_issuer(void **state)
{
    static const char bare[][50] = {
        "\x30\x2f\x30\x21\x02\x01\x05\x30\x03\x06\x01\x66"
        "\x30\x00\x30\x80\x18\x00\x18\x01\x35\x00\x00\x30"
        "\x00\x30\x80\x30\x03\x06\x01\x40\x03\x01\x00\x00"
        "\x00\x30\x07\x06\x01\x6b\x0a\x02\x80\x00\x03\x01"
        "\x00",
        "\x30\x2f\x30\x21\x02\x01\x05\x30\x03\x06\x01\x7f"
        "\x30\x00\x30\x80\x18\x00\x18\x01\x35\x00\x00\x30"
        "\x00\x30\x80\x30\x03\x06\x01\x40\x03\x01\x00\x00"
        "\x00\x30\x07\x06\x01\x6b\x8a\x02\x03\xfd\x03\x01"
        "\x00",
    };
    forge_t named = { .common_name = "Ana", .issuer_name = "x" };

    for (size_t i = 0; i < COUNT(bare); ++i) {
        npie_bytes_t bytes = { (const unsigned char *)bare[i], 49 };

        assert_false(is_taken(bytes));
    }
    assert_true(is_taken(forged(&named, *state)));
}

/* What can be written with libcrypto, though RFC 5280 forbids it. */
static void test_refused_first(void **state)
{
    char *wide = apr_pcalloc(*state, 1026);
    const forge_t cases[] = {
        { .issuer_name = "x" },
        { .common_name = "" , .entries = { { NID_organizationName, UTF8,
                                             wide, 0 } } },
        { .common_name = "Ana", .issuer_name = "x", .serial = "0" },
        { .common_name = "Ana", .issuer_name = "x", .serial = "-1" },
        { .common_name = "Ana", .issuer_name = "x",
          .serial = "010000000000000000000000000000000000000000" },
        { .common_name = "Ana", .from = 10, .until = 9 },
        { .common_name = "Ana",
          .extensions = { { "keyUsage", "digitalSignature" },
                          { "keyUsage", "keyCertSign" } } },
        { .common_name = "Ana",
          .extensions = { { "1.2.3.4", "DER:05:00" },
                          { "1.2.3.5", "DER:05:00" },
                          { "1.2.3.4", "DER:05:00" } } },
        { .common_name = "Ana",
          .extensions = { { "basicConstraints", "DER:05:00" } } },
        { .common_name = "Ana",
          .extensions = { { "authorityKeyIdentifier", "DER:04:00" } } },
    };

    memset(wide, 'x', 1025);
    for (size_t i = 0; i < COUNT(cases); ++i) {
        if (is_taken(forged(&cases[i], *state))) {
            fail_msg("case %zu", i);
        }
    }
    wide[1024] = '\0';
    assert_true(is_taken(forged(&cases[1], *state)));
}

/* And what it does not write, put there by other bytes of the same number. */
static void test_patched(void **state)
{
    static const struct {
        const char *kind, *from, *to;
        apr_size_t len;
        int is; /* is it taken? */
    } cases[] = {
        { "P-256", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x02", 5, 1 },
        /* The version: 1, 4, and -1. */
        { "P-256", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x00", 5, 0 },
        { "P-256", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x03", 5, 0 },
        { "P-256", "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\xff", 5, 0 },
        /* The algorithm that is signed: with SHA-384. */
        { "P-256", "\xce\x3d\x04\x03\x02", "\xce\x3d\x04\x03\x03", 5, 0 },
        /* critical: neither TRUE nor FALSE. */
        { "P-256", "\x01\x01\xff", "\x01\x01\x01", 3, 0 },
        /* An exponent: 257, even, negative, not minimal, 1. */
        { "RSA-1024", "\x02\x03\x01\x00\x01", "\x02\x03\x01\x00\x03", 5, 1 },
        { "RSA-1024", "\x02\x03\x01\x00\x01", "\x02\x03\x01\x00\x02", 5, 0 },
        { "RSA-1024", "\x02\x03\x01\x00\x01", "\x02\x03\x81\x00\x01", 5, 0 },
        { "RSA-1024", "\x02\x03\x01\x00\x01", "\x02\x03\x00\x00\x01", 5, 0 },
        /* A modulus of a byte more, and an exponent of as many less. */
        { "RSA-1024", "\x02\x81\x81\x00", "\x02\x81\x82\x00", 4, 0 },
        /* And a negative one, of which libcrypto takes the bits. */
        { "RSA-1024", "\x02\x81\x81\x00", "\x02\x81\x81\xff", 4, 0 },
    };

    for (size_t i = 0; i < COUNT(cases); ++i) {
        forge_t forge = {
            .common_name = "Ana", .issuer_name = "x",
            .extensions = { { "keyUsage", "critical,digitalSignature" } },
        };
        identity_t *id = identity_key(cases[i].kind, *state);
            npie_bytes_t bytes;
        unsigned char *at;

        forge_certificate(id, &forge, *state);
        bytes = id->der;
        bytes.data = at = apr_pmemdup(*state, bytes.data, bytes.len);
        at = memmem(at, bytes.len, cases[i].from, cases[i].len);
        assert_non_null(at);
        memcpy(at, cases[i].to, cases[i].len);
        if (is_taken(bytes) != cases[i].is) {
            fail_msg("case %zu", i);
        }
    }
}

/* Dates with another zone or without one. */
static void test_odd_dates(void **state)
{
    forge_t forge = { .common_name = "Ana", .issuer_name = "x" };
    npie_bytes_t bytes = forged(&forge, *state);
    unsigned char *at;

    bytes.data = at = apr_pmemdup(*state, bytes.data, bytes.len);
    at = memmem(at, bytes.len, "\x17\x0d", 2);
    assert_non_null(at);
    at[14] = '0';
    assert_false(is_taken(bytes));
    memcpy(at + 10, "+0000", 5);
    assert_false(is_taken(bytes));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_second_encoding), pool_test(test_empty_issuer),
        pool_test(test_refused_first), pool_test(test_patched),
        pool_test(test_odd_dates),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
