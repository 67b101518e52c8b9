/* SPDX-License-Identifier: Apache-2.0
 * base/text.h, base/random.h and base/cookie.h: UTF-8, base64, times, random
 * tokens, the Cookie header.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "base/cookie.h"
#include "base/random.h"
#include "base/text.h"

static int clean(const char *text)
{
    return npie_text_is_clean(text, strlen(text));
}

static void test_clean_takes(void **state)
{
    static const char *const good[] = {
        "", "a", "Muñoz & Güémez, S.A. de C.V.", "\xC2\xA0", "\xC2\xBF",
        "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "日本"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); ++i) {
        assert_true(clean(good[i]));
    }
}

static void test_clean_refuses(void **state)
{
    static const char *const bad[] = {
        "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
        "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF",
        "\x80", "\xBF", "\xC3", "\xC3(", "\xE2\x82", "\xE2\x82(",
        "\xF0\x9F\x98", "a\x7F", "\x01", "\x1F", "\t", "a\nb", "\r",
        "\xC2\x80", "\xC2\x9F", "x\xC3\xB1\xC3"
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        assert_false(clean(bad[i]));
    }
    assert_false(npie_text_is_clean("a\0b", 3));
    assert_true(npie_text_is_clean_multiline("a\tb\r\n", 5));
    assert_false(npie_text_is_clean_multiline("a\0b", 3));
    assert_false(npie_text_is_clean_multiline("\x0B", 1));
}

/* The length is respected: a sequence that goes on past it is cut, and the
 * bytes there are not looked at (seen by ASan, the block being exact). */
static void test_clean_stays_inside(void **state)
{
    static const char euro[] = "\xE2\x82\xAC";

    (void)state;
    for (size_t n = 1; n < 3; ++n) {
        char *exact = malloc(n);

        assert_non_null(exact);
        memcpy(exact, euro, n);
        assert_false(npie_text_is_clean(exact, n));
        free(exact);
    }
}

static void test_length_and_trim(void **state)
{
    assert_int_equal(npie_text_length("Peña"), 4);
    assert_int_equal(npie_text_length(""), 0);
    assert_string_equal(npie_text_trim("  José \xC2\xA0  Ñandú ", *state),
                        "José Ñandú");
    assert_string_equal(npie_text_trim(" \xC2\xA0 ", *state), "");
    /* U+00C2 and U+0820 share bytes with U+00A0. */
    assert_string_equal(npie_text_trim("Â\xE0\xA0\xA0", *state),
                        "Â\xE0\xA0\xA0");
}

static void test_hex(void **state)
{
    npie_bytes_t bytes = { (const unsigned char *)"\x00\x9F\xFF", 3 };

    assert_string_equal(npie_text_hex(bytes, *state), "009fff");
    bytes.len = 0;
    assert_string_equal(npie_text_hex(bytes, *state), "");
}

/* Vectors of RFC 4648 section 10. */
static void test_base64_vectors(void **state)
{
    static const char *const vectors[][2] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
        { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
        { "foobar", "Zm9vYmFy" }
    };
    npie_bytes_t out;

    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); ++i) {
        npie_bytes_t in = unit_bytes(vectors[i][0]);

        assert_string_equal(npie_text_base64_encode(in, *state),
                            vectors[i][1]);
        assert_int_equal(npie_text_base64_decode(
            &out, vectors[i][1], strlen(vectors[i][1]), *state), 0);
        assert_int_equal(out.len, in.len);
        assert_memory_equal(out.data, in.data, in.len);
    }
    assert_int_equal(npie_text_base64_decode(&out, " Zm\r\n9v\tYg =\n= ",
                                             15, *state), 0);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data, "foob", 4);
}

static void test_base64_refuses(void **state)
{
    static const char *const bad[] = {
        "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=", "====",
        "Zg==Zg==", "Zm9-", "Zm9_", "Zm\x80v", "Z===", "Zg=a"
    };
    npie_bytes_t out;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        assert_int_equal(npie_text_base64_decode(&out, bad[i],
                                                 strlen(bad[i]), *state),
                         NPIE_EINPUT);
    }
}

static void test_base64url(void **state)
{
    npie_bytes_t bytes = { (const unsigned char *)"\xFB\xEF\xFF\xFE", 4 };

    assert_string_equal(npie_text_base64url_encode(bytes, *state), "--___g");
    assert_string_equal(npie_text_base64_encode(bytes, *state), "++///g==");
}

static void test_time(void **state)
{
    static const char *const bad[] = {
        "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z",
        "2026-11-21T19:60:00Z", "2026-11-21T19:02:60Z",
        "2026-11-21T19:02:55", "2026-11-21 19:02:55Z",
        "2026-11-21T19:02:55z", "2026-11-21T19:02:55.0Z",
        "2026-00-21T19:02:55Z", "2026-13-21T19:02:55Z",
        "2026-11-00T19:02:55Z", " 2026-11-21T19:02:55Z", "",
        "2026-11-21T19:02:55Z "
    };
    apr_time_t t = 0;

    assert_int_equal(npie_text_time_parse(&t, "2026-11-21T19:02:55Z"), 0);
    assert_int_equal(t / APR_USEC_PER_SEC, 1795287775);
    assert_string_equal(npie_text_time(t + 999999, *state),
                        "2026-11-21T19:02:55Z");
    assert_int_equal(npie_text_time_parse(&t, "2024-02-29T23:59:59Z"), 0);
    assert_int_equal(npie_text_time_parse(&t, "1970-01-01T00:00:00Z"), 0);
    assert_int_equal(t, 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        assert_int_equal(npie_text_time_parse(&t, bad[i]), NPIE_EINPUT);
    }
}

static void test_equal_secret(void **state)
{
    (void)state;
    assert_true(npie_text_equal_secret("abc", "abd", 2));
    assert_false(npie_text_equal_secret("abc", "abd", 3));
    assert_false(npie_text_equal_secret("xbc", "abc", 3));
    assert_true(npie_text_equal_secret("a", "b", 0));
}

static void test_random(void **state)
{
    char *a = NULL, *b = NULL;

    assert_int_equal(npie_random_token(&a, 32, *state), 0);
    assert_int_equal(npie_random_token(&b, 32, *state), 0);
    assert_int_equal(strlen(a), 43);
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                               "qrstuvwxyz0123456789-_"), 43);
}

/* Two of one name mean that somebody meddles: neither counts. */
static void test_cookie(void **state)
{
    assert_string_equal(npie_cookie_find("a=1; b=2; bb=3", "b", *state), "2");
    assert_null(npie_cookie_find("a=1; b=2; b=2", "b", *state));
    assert_null(npie_cookie_find("a=1; bb=3", "b", *state));
    assert_null(npie_cookie_find(NULL, "b", *state));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_clean_takes),
        pool_test(test_clean_refuses),
        pool_test(test_clean_stays_inside),
        pool_test(test_length_and_trim),
        pool_test(test_hex),
        pool_test(test_base64_vectors),
        pool_test(test_base64_refuses),
        pool_test(test_base64url),
        pool_test(test_time),
        pool_test(test_equal_secret),
        pool_test(test_random),
        pool_test(test_cookie),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
