/* SPDX-License-Identifier: Apache-2.0
 * pki/secretbox.h, and store/session_secret.h with its file.
 */
#include "unit/unit.h"

#include <apr_strings.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "pki/secretbox.h"
#include "store/session_secret.h"

typedef struct fixture_t {
    apr_pool_t *p;
    char directory[64];
    const char *file;
} fixture_t;

static int setup(void **state)
{
    fixture_t *f = calloc(1, sizeof(*f));

    apr_pool_create(&f->p, NULL);
    strcpy(f->directory, "/tmp/npie-secret.XXXXXX");
    assert_non_null(mkdtemp(f->directory));
    f->file = apr_pstrcat(f->p, f->directory, "/secret", NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_t *f = *state;

    unlink(f->file);
    rmdir(f->directory);
    apr_pool_destroy(f->p);
    free(f);
    return 0;
}

static npie_secretbox_t *box_of(fixture_t *f, int count, int first)
{
    npie_secrets_t secrets = { .count = count };
    npie_secretbox_t *box;

    for (int i = 0; i < count; i++) {
        memset(secrets.bytes[i], first + i, NPIE_SECRET_BYTES);
    }
    assert_int_equal(npie_secretbox_create(&box, &secrets, f->p), APR_SUCCESS);
    return box;
}

/* The name is RFC 2104's HMAC, as any other program makes it. */
static void test_name_is_hmac(void **state)
{
    fixture_t *f = *state;
    npie_secretbox_slot_t slot;
    npie_bytes_t key = { slot.key, sizeof(slot.key) };

    /* printf 'kind\0id' | openssl dgst -sha512 -mac HMAC
     *     -macopt hexkey:0101...01 (32 bytes) */
    assert_int_equal(npie_secretbox_name(&slot, box_of(f, 1, 1), 0, "kind",
                                         "id"), APR_SUCCESS);
    assert_string_equal(slot.name, "207968df6c74a96de077f484cd35702a"
                                   "8234a86cd3c955de933cce70c62c9fd4");
    assert_string_equal(npie_text_hex(key, f->p),
                        "3d58732c8aa123129e5ca5e3eda2c14f"
                        "b9720363716bd0dc20d294abdbe5677c");
}

static void test_names_differ(void **state)
{
    fixture_t *f = *state;
    npie_secretbox_t *box = box_of(f, 2, 1);
    npie_secretbox_slot_t a, b;

    assert_int_equal(npie_secretbox_count(box), 2);
    npie_secretbox_name(&a, box, 0, "session", "x");
    npie_secretbox_name(&b, box, 0, "session", "x");
    assert_string_equal(a.name, b.name);
    npie_secretbox_name(&b, box, 1, "session", "x");
    assert_string_not_equal(a.name, b.name);
    npie_secretbox_name(&b, box, 0, "holder", "x");
    assert_string_not_equal(a.name, b.name);
    npie_secretbox_name(&b, box, 0, "sessionx", "");
    assert_string_not_equal(a.name, b.name);
    npie_secretbox_name(&b, box_of(f, 0, 0), 0, "session", "x");
    assert_string_not_equal(a.name, b.name);
}

/* Opens under its own name alone, and with no bit changed. */
static void test_seal_and_open(void **state)
{
    fixture_t *f = *state;
    npie_secretbox_t *box = box_of(f, 1, 7);
    const npie_bytes_t plain = { (const unsigned char *)"ñandú\0x", 8 };
    npie_secretbox_slot_t slot, other;
    npie_bytes_t sealed, again, out;
    unsigned char *data;

    npie_secretbox_name(&slot, box, 0, "a", "1");
    npie_secretbox_name(&other, box, 0, "a", "2");
    assert_int_equal(npie_secretbox_seal(&sealed, box, &slot, plain, f->p),
                     APR_SUCCESS);
    assert_int_equal(npie_secretbox_seal(&again, box, &slot, plain, f->p),
                     APR_SUCCESS);
    assert_int_equal(sealed.len, 12 + plain.len + 16);
    assert_memory_not_equal(sealed.data, again.data, 12);
    assert_int_equal(npie_secretbox_open(&out, box, &slot, sealed, f->p),
                     APR_SUCCESS);
    assert_int_equal(out.len, plain.len);
    assert_memory_equal(out.data, plain.data, plain.len);
    assert_int_equal(npie_secretbox_open(&out, box, &other, sealed, f->p),
                     NPIE_ESIGNATURE);
    assert_null(out.data);
    data = apr_pmemdup(f->p, sealed.data, sealed.len);
    again.data = data;
    again.len = sealed.len;
    for (apr_size_t i = 0; i < 8 * sealed.len; i++) {
        data[i / 8] ^= (unsigned char)(1 << i % 8);
        assert_int_equal(npie_secretbox_open(&out, box, &slot, again, f->p),
                         NPIE_ESIGNATURE);
        data[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    for (again.len = 0; again.len < sealed.len; again.len++) {
        assert_int_equal(npie_secretbox_open(&out, box, &slot, again, f->p),
                         NPIE_ESIGNATURE);
    }
    /* No bytes at all are a value. */
    sealed.len = 0;
    assert_int_equal(npie_secretbox_seal(&again, box, &slot, sealed, f->p),
                     APR_SUCCESS);
    assert_int_equal(npie_secretbox_open(&out, box, &slot, again, f->p),
                     APR_SUCCESS);
    assert_int_equal(out.len, 0);
}

static void put_file(fixture_t *f, const char *text, mode_t mode)
{
    FILE *out = fopen(f->file, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    chmod(f->file, mode);
}

static const char *read_file(fixture_t *f, npie_secrets_t **psecrets)
{
    return npie_session_secret_read(psecrets, f->file, f->p);
}

#define LINE "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef\n"

static void test_file(void **state)
{
    fixture_t *f = *state;
    npie_secrets_t *secrets = NULL, *next = NULL;
    npie_bytes_t text;

    assert_non_null(strstr(read_file(f, &secrets), "npiectl session secret"));
    assert_int_equal(npie_session_secret_next(&text, NULL, f->p), APR_SUCCESS);
    put_file(f, (const char *)text.data, 0600);
    assert_null(read_file(f, &secrets));
    assert_int_equal(secrets->count, 1);
    assert_int_equal(npie_session_secret_next(&text, secrets, f->p),
                     APR_SUCCESS);
    put_file(f, (const char *)text.data, 0600);
    assert_null(read_file(f, &next));
    assert_int_equal(next->count, 2);
    assert_memory_not_equal(next->bytes[0], secrets->bytes[0], 32);
    assert_memory_equal(next->bytes[1], secrets->bytes[0], 32);

    put_file(f, "# so\r\n\r\n" LINE LINE LINE LINE, 0600);
    assert_null(read_file(f, &secrets));
    assert_int_equal(secrets->count, 4);
    assert_int_equal(secrets->bytes[3][0], 0x01);
    assert_int_equal(secrets->bytes[3][31], 0xef);
    put_file(f, LINE LINE LINE LINE LINE, 0600);
    assert_non_null(strstr(read_file(f, &secrets), "more than 4"));
    put_file(f, LINE "0" LINE, 0600);
    assert_non_null(strstr(read_file(f, &secrets), "no secret"));
    put_file(f, "geheim\n", 0600);
    assert_non_null(strstr(read_file(f, &secrets), "no secret"));
    put_file(f, "#\n", 0600);
    assert_non_null(strstr(read_file(f, &secrets), "has no secret"));
    put_file(f, LINE, 0604);
    assert_non_null(strstr(read_file(f, &secrets), "chmod 600"));
}

/* Which Redis needs none. */
static void test_lack(void **state)
{
    fixture_t *f = *state;
    npie_redis_t redis = { .host = "127.0.0.1", .port = 6379 };

    assert_non_null(npie_session_secret_lack(&redis, getuid(), f->p));
    redis.socket = f->file;
    assert_null(npie_session_secret_lack(&redis, getuid(), f->p));
    chmod(f->directory, 0770);
    assert_non_null(npie_session_secret_lack(&redis, getuid(), f->p));
    put_file(f, "", 0700);
    assert_null(npie_session_secret_lack(&redis, getuid(), f->p));
    chmod(f->file, 0770);
    assert_non_null(npie_session_secret_lack(&redis, getuid(), f->p));
    chmod(f->file, 0777);
    assert_non_null(npie_session_secret_lack(&redis, getuid(), f->p));
    chmod(f->file, 0700);
    if (getuid() != 0) {
        assert_non_null(npie_session_secret_lack(&redis, getuid() + 1, f->p));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_name_is_hmac, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_differ, setup, teardown),
        cmocka_unit_test_setup_teardown(test_seal_and_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lack, setup, teardown),
    };
    int failures;

    apr_initialize();
    failures = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failures;
}
