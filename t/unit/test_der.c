/* SPDX-License-Identifier: Apache-2.0
 * pki/der.h: which bytes are DER.
 */
#include "unit/unit.h"

#include <openssl/err.h>

#include "pki/der.h"

#define CASE(text, is) { text, sizeof(text) - 1, is }

static void test_values(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int is;
    } cases[] = {
        CASE("\x30\x00", 1), CASE("\x05\x00", 1), CASE("", 0),
        CASE("\x30", 0), CASE("\x30\x01", 0),
        /* Something after it. */
        CASE("\x30\x00\x00", 0), CASE("\x30\x00\x30\x00", 0),
        /* Lengths in more bytes than they need, or in none. */
        CASE("\x30\x81\x00", 0), CASE("\x04\x81\x01x", 0),
        CASE("\x04\x82\x00\x01x", 0), CASE("\x30\x80\x00\x00", 0),
        CASE("\x30\x84\xff\xff\xff\xff", 0),
        CASE("\x30\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00", 0),
        /* Tags likewise. */
        CASE("\x1f\x05\x00", 0), CASE("\x9f\x80\x1f\x00", 0),
        CASE("\x9f\x1f\x00", 1), CASE("\x00\x00", 0),
        /* A sequence in one piece, a text in several. */
        CASE("\x10\x00", 0), CASE("\x24\x03\x04\x01x", 0),
        CASE("\xa0\x03\x02\x01\x02", 1), CASE("\x80\x03\x02\x01\x02", 1),
        CASE("\x02\x01\x00", 1), CASE("\x02\x00", 0),
        CASE("\x02\x02\x00\x7f", 0), CASE("\x02\x02\x00\x80", 1),
        CASE("\x02\x02\xff\x80", 0), CASE("\x02\x02\xff\x7f", 1),
        CASE("\x0a\x02\x00\x01", 0),
        CASE("\x01\x01\xff", 1), CASE("\x01\x01\x01", 0), CASE("\x01\x00", 0),
        CASE("\x03\x02\x00x", 1), CASE("\x03\x00", 0), CASE("\x03\x01\x00", 1),
        CASE("\x03\x01\x01", 0), CASE("\x03\x02\x08x", 0),
        CASE("\x03\x02\x01\x03", 0), CASE("\x03\x02\x01\x02", 1),
        CASE("\x05\x01x", 0),
        CASE("\x06\x03\x2a\x86\x48", 1), CASE("\x06\x03\x2a\x80\x48", 0),
        CASE("\x06\x02\x2a\x86", 0), CASE("\x06\x00", 0),
        /* Wherever it is. */
        CASE("\x30\x05\x31\x03\x01\x01\x01", 0),
        CASE("\x30\x05\x31\x03\x01\x01\xff", 1),
        CASE("\xa3\x05\x31\x03\x01\x01\x01", 0),
        CASE("\x30\x03\x05\x00\x30", 0),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); ++i) {
        /* In a block of its own, so that a read past the end is seen. */
        unsigned char *exact = malloc(cases[i].len + (cases[i].len == 0));
        npie_bytes_t bytes = { exact, cases[i].len };

        memcpy(exact, cases[i].bytes, cases[i].len);
        if (npie_der_is_canonical(bytes) != cases[i].is) {
            fail_msg("case %zu", i);
        }
        assert_int_equal(ERR_peek_error(), 0);
        free(exact);
    }
}

/* A nest of sequences costs the stack no more than it has. */
static void test_deep(void **state)
{
    unsigned char nest[4000];
    npie_bytes_t bytes = { nest, 32 };

    (void)state;
    for (int i = 0; i < 16; ++i) {
        nest[2 * i] = 0x30;
        nest[2 * i + 1] = (unsigned char)(30 - 2 * i);
    }
    assert_int_equal(npie_der_is_canonical(bytes), 1);
    bytes.len = 128;
    for (int i = 0; i < 64; ++i) {
        nest[2 * i] = 0x30;
        nest[2 * i + 1] = (unsigned char)(126 - 2 * i);
    }
    assert_int_equal(npie_der_is_canonical(bytes), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values), cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
