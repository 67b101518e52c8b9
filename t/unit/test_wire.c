/* SPDX-License-Identifier: Apache-2.0
 * base/wire.h: what is written is read back, and no lie about a length is
 * believed.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "base/wire.h"

static npie_wire_reader_t reader_of(npie_bytes_t bytes)
{
    npie_wire_reader_t r;

    npie_wire_reader_init(&r, bytes);
    return r;
}

static void test_round_trip(void **state)
{
    static const unsigned char expected[] = {
        0x12, 0x34, 0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4, 5, 6, 7, 8,
        0, 0, 0, 2, 'h', 0, 0, 0, 0, 3, 0xC3, 0xB1, '!', 0, 0, 0, 0
    };
    npie_bytes_t blob = { (const unsigned char *)"h", 2 };
    npie_bytes_t got, read;
    npie_wire_writer_t w;
    npie_wire_reader_t r;

    npie_wire_writer_init(&w, *state);
    npie_wire_put_u16(&w, 0x1234);
    npie_wire_put_u32(&w, 0xDEADBEEFu);
    npie_wire_put_u64(&w, APR_UINT64_C(0x0102030405060708));
    npie_wire_put_bytes(&w, blob);
    npie_wire_put_string(&w, "ñ!");
    npie_wire_put_string(&w, "");
    got = npie_wire_written(&w);
    assert_int_equal(got.len, sizeof(expected));
    assert_memory_equal(got.data, expected, sizeof(expected));

    r = reader_of(got);
    assert_int_equal(npie_wire_get_u16(&r), 0x1234);
    assert_int_equal(npie_wire_get_u32(&r), 0xDEADBEEFu);
    assert_true(npie_wire_get_u64(&r) == APR_UINT64_C(0x0102030405060708));
    read = npie_wire_get_bytes(&r, 2);
    assert_int_equal(read.len, 2);
    assert_memory_equal(read.data, "h", 2);
    assert_int_equal(npie_wire_get_end(&r), NPIE_EPROTO);
    assert_string_equal(npie_wire_get_string(&r, 3, *state), "ñ!");
    assert_string_equal(npie_wire_get_string(&r, 0, *state), "");
    assert_int_equal(npie_wire_get_end(&r), APR_SUCCESS);
}

static void test_grows(void **state)
{
    npie_wire_writer_t w;
    npie_wire_reader_t r;
    npie_bytes_t big, read;

    big.data = memset(apr_palloc(*state, 70000), 0x5A, 70000);
    big.len = 70000;
    npie_wire_writer_init(&w, *state);
    for (unsigned i = 0; i < 1000; ++i) {
        npie_wire_put_u32(&w, i);
    }
    npie_wire_put_bytes(&w, big);
    r = reader_of(npie_wire_written(&w));
    for (unsigned i = 0; i < 1000; ++i) {
        assert_int_equal(npie_wire_get_u32(&r), i);
    }
    read = npie_wire_get_bytes(&r, 70000);
    assert_int_equal(read.len, 70000);
    assert_memory_equal(read.data, big.data, big.len);
    assert_int_equal(npie_wire_get_end(&r), APR_SUCCESS);
}

/* Every cut of a message fails, in a block of just that size so that ASan
 * sees a byte read too many. */
static void test_every_cut_fails(void **state)
{
    static const unsigned char whole[] = {
        0, 7, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 'a', 'b', 'c'
    };

    for (size_t n = 0; n <= sizeof(whole); ++n) {
        unsigned char *cut = malloc(n > 0 ? n : 1);
        npie_bytes_t bytes = { cut, n };
        npie_wire_reader_t r;

        assert_non_null(cut);
        memcpy(cut, whole, n);
        r = reader_of(bytes);
        npie_wire_get_u16(&r);
        npie_wire_get_u32(&r);
        npie_wire_get_u64(&r);
        npie_wire_get_string(&r, 3, *state);
        assert_int_equal(npie_wire_get_end(&r),
                         n == sizeof(whole) ? APR_SUCCESS : NPIE_EPROTO);
        free(cut);
    }
}

static void test_lies(void **state)
{
    static const unsigned char too_long[] = { 0xFF, 0xFF, 0xFF, 0xFF, 'a' };
    static const unsigned char over_max[] = { 0, 0, 0, 2, 'a', 'b', 0, 1 };
    static const unsigned char with_nul[] = { 0, 0, 0, 2, 'a', 0, 0, 1 };
    npie_bytes_t bytes = { too_long, sizeof(too_long) };
    npie_wire_reader_t r = reader_of(bytes);

    assert_int_equal(npie_wire_get_bytes(&r, 0xFFFFFFFFu).len, 0);
    assert_int_equal(r.failed, 1);

    bytes.data = over_max;
    bytes.len = sizeof(over_max);
    r = reader_of(bytes);
    assert_int_equal(npie_wire_get_bytes(&r, 1).len, 0);
    /* The failure sticks: what follows is not read as something else. */
    assert_int_equal(npie_wire_get_u16(&r), 0);
    assert_int_equal(npie_wire_get_end(&r), NPIE_EPROTO);

    bytes.data = with_nul;
    r = reader_of(bytes);
    assert_string_equal(npie_wire_get_string(&r, 2, *state), "");
    assert_int_equal(npie_wire_get_u16(&r), 0);
    assert_int_equal(npie_wire_get_end(&r), NPIE_EPROTO);
}

/* A time that cannot be one fails; what is near the end of all times does
 * not overflow. */
static void test_times(void **state)
{
    static const struct {
        apr_uint64_t number;
        int micros, seconds; /* taken? */
    } table[] = {
        { 0, 1, 1 },
        { 1795000000, 1, 1 },
        { (apr_uint64_t)-86400, 1, 1 },
        { APR_UINT64_C(253402300799), 1, 1 },
        { APR_UINT64_C(253402300800), 1, 0 },
        { APR_UINT64_C(253402300799000000), 1, 0 },
        { APR_UINT64_C(253402300799000001), 0, 0 },
        { APR_UINT64_C(0x7fffffffffffffff), 0, 0 },
        { APR_UINT64_C(0x8000000000000000), 0, 0 },
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); ++i) {
        const apr_int64_t value = (apr_int64_t)table[i].number;
        npie_wire_writer_t w;
        npie_wire_reader_t r;

        npie_wire_writer_init(&w, *state);
        npie_wire_put_u64(&w, table[i].number);
        r = reader_of(npie_wire_written(&w));
        assert_true(npie_wire_get_time(&r) == (table[i].micros ? value : 0));
        assert_int_equal(r.failed, !table[i].micros);
        r = reader_of(npie_wire_written(&w));
        assert_true(npie_wire_get_seconds(&r)
                    == (table[i].seconds ? apr_time_from_sec(value) : 0));
        assert_int_equal(r.failed, !table[i].seconds);
    }
}

static void test_empty(void **state)
{
    npie_bytes_t none = { NULL, 0 };
    npie_wire_reader_t r = reader_of(none);

    (void)state;
    assert_int_equal(npie_wire_get_end(&r), APR_SUCCESS);
    assert_int_equal(npie_wire_get_u16(&r), 0);
    assert_int_equal(npie_wire_get_end(&r), NPIE_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_round_trip),
        pool_test(test_grows),
        pool_test(test_every_cut_fails),
        pool_test(test_lies),
        pool_test(test_times),
        pool_test(test_empty),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
