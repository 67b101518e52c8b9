/* SPDX-License-Identifier: Apache-2.0
 * model/cadena.h: the line is written one way, and only that way is read.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "model/cadena.h"

#define HEX_A "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEX_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define LINE                                                                 \
    "||1.0|1|42|A0648787107|AUA881212566|AAPR630321HDFLRC09|A064878710|"     \
    HEX_A "|" HEX_B "|ana@empresa.example|2026-11-21T19:02:55Z||"

static npie_cadena_t example(void)
{
    npie_cadena_t cadena = {
        .kind = NPIE_LETTER_RENEWAL, .folio = 42, .rp = "A0648787107",
        .rfc = "AUA881212566", .curp = "AAPR630321HDFLRC09",
        .user = "A064878710", .old_spki = HEX_A, .new_spki = HEX_B,
        .email = "ana@empresa.example",
        .time = apr_time_from_sec(1795287775), .holder = "", .purpose = ""
    };

    return cadena;
}

static void test_format(void **state)
{
    npie_cadena_t cadena = example();

    assert_string_equal(npie_cadena_format(&cadena, *state), LINE);
}

static void test_parse(void **state)
{
    npie_cadena_t *cadena = NULL;

    assert_int_equal(npie_cadena_parse(&cadena, unit_bytes(LINE), *state), 0);
    assert_int_equal(cadena->kind, NPIE_LETTER_RENEWAL);
    assert_int_equal(cadena->folio, 42);
    assert_string_equal(cadena->rp, "A0648787107");
    assert_string_equal(cadena->rfc, "AUA881212566");
    assert_string_equal(cadena->curp, "AAPR630321HDFLRC09");
    assert_string_equal(cadena->user, "A064878710");
    assert_string_equal(cadena->old_spki, HEX_A);
    assert_string_equal(cadena->new_spki, HEX_B);
    assert_string_equal(cadena->email, "ana@empresa.example");
    assert_true(cadena->time == apr_time_from_sec(1795287775));
}

#define MORE "|I%7Caki %25|Para 2||"

/* Letter 3 has two fields more, and only letter 3. */
static void test_additional(void **state)
{
    static const char *const refused[] = {
        "Z||", "Z|a||", "Z|a|b|c||", "Z|a|b|", "Z|a|b|||"
    };
    npie_cadena_t cadena = example(), *read = NULL;
    const char *line;

    cadena.kind = NPIE_LETTER_ADDITIONAL;
    cadena.holder = "I|aki %";
    cadena.purpose = "Para 2";
    line = npie_cadena_format(&cadena, *state);
    assert_string_equal(line + strlen(line) - strlen(MORE), MORE);
    assert_int_equal(npie_cadena_parse(&read, unit_bytes(line), *state), 0);
    assert_int_equal(read->kind, NPIE_LETTER_ADDITIONAL);
    assert_string_equal(read->holder, cadena.holder);
    assert_string_equal(read->purpose, cadena.purpose);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); ++i) {
        line = apr_pstrcat(*state, "||1.0|3", &LINE[strlen("||1.0|1")], NULL);
        line = apr_psprintf(*state, "%.*s%s", (int)(strlen(line) - 3), line,
                            refused[i]);
        assert_int_equal(npie_cadena_parse(&read, unit_bytes(line), *state),
                         NPIE_EINPUT);
    }
}

/* An e-mail address may hold '|' and '%': RFC 5322 atext. */
static void test_escapes(void **state)
{
    static const char *const emails[] = {
        "a|b%c%7C%25|@empresa.example", "%", "|", "||", "%257C", "ñ"
    };

    for (size_t i = 0; i < sizeof(emails) / sizeof(emails[0]); ++i) {
        npie_cadena_t cadena = example(), *read = NULL;

        cadena.email = emails[i];
        cadena.kind = NPIE_LETTER_TERMS;
        assert_int_equal(npie_cadena_parse(
            &read, unit_bytes(npie_cadena_format(&cadena, *state)),
            *state), 0);
        assert_string_equal(read->email, emails[i]);
        assert_int_equal(read->kind, NPIE_LETTER_TERMS);
    }
}

/* The example line with one piece changed. */
static npie_bytes_t changed(const char *from, const char *to, apr_pool_t *p)
{
    const char *at = strstr(LINE, from);

    assert_non_null(at);
    return unit_bytes(apr_psprintf(p, "%.*s%s%s", (int)(at - LINE), LINE, to,
                                   at + strlen(from)));
}

static void test_refuses(void **state)
{
    static const char *const changes[][2] = {
        { "||1.0", "|1.0" }, { "||1.0", "1.0" }, { "1.0", "1.1" },
        { "|1|42", "|3|42" }, { "|1|42", "|01|42" }, { "|1|42", "||42" },
        { "|42|", "|042|" }, { "|42|", "|0|" }, { "|42|", "|-1|" },
        { "|42|", "|+42|" }, { "|42|", "| 42|" }, { "|42|", "|42x|" },
        { "|42|", "|99999999999999999999|" }, { "|42|", "||" },
        { "A0648787107", "A0648787108" }, { "A0648787107", "a0648787107" },
        { "A0648787107", "A064878710-7" }, { "abcdef", "ABCDEF" },
        { "0123", "123" }, { "0123", "00123" }, { "0123", "g123" },
        { "ana@", "a%6Ea@" }, { "ana@", "a%7ca@" }, { "ana@", "a%@" },
        { "ana@", "a|a@" }, { "ana@", "a\na@" }, { "ana@", "a\xFF@" },
        { "19:02:55Z", "19:02:55" }, { "19:02:55Z", "19:02:61Z" },
        { "Z||", "Z|" }, { "Z||", "Z|||" }, { "Z||", "Z||\n" },
        { "Z||", "Z|x||" }, { "Z||", "Z" }
    };
    npie_cadena_t *cadena = NULL;

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); ++i) {
        assert_int_equal(npie_cadena_parse(
            &cadena, changed(changes[i][0], changes[i][1], *state), *state),
            NPIE_EINPUT);
    }
    assert_null(cadena);
}

static void test_every_cut_fails(void **state)
{
    npie_bytes_t bytes = unit_bytes(LINE);
    npie_cadena_t *cadena = NULL;

    while (bytes.len > 0) {
        --bytes.len;
        assert_int_equal(npie_cadena_parse(&cadena, bytes, *state),
                         NPIE_EINPUT);
    }
    bytes.data = (const unsigned char *)LINE "\0";
    bytes.len = strlen(LINE) + 1;
    assert_int_equal(npie_cadena_parse(&cadena, bytes, *state), NPIE_EINPUT);
}

/* The longest fields fit into NPIE_CADENA_MAX, one byte more does not pass. */
static void test_bound(void **state)
{
    npie_cadena_t cadena = example(), *read = NULL;
    char email[1900];

    memset(email, '%', sizeof(email));
    email[254] = '\0';
    cadena.email = email;
    cadena.folio = APR_INT64_MAX;
    cadena.user = "A0648787101234567890";
    cadena.rfc = "ÑÑÑÑ010101AAA";
    cadena.curp = "ÑÑÑÑ630321HDFÑÑÑ09";
    assert_int_equal(npie_cadena_parse(
        &read, unit_bytes(npie_cadena_format(&cadena, *state)), *state), 0);
    assert_true(read->folio == APR_INT64_MAX);
    email[254] = '%';
    email[700] = '\0';
    assert_int_equal(npie_cadena_parse(
        &read, unit_bytes(npie_cadena_format(&cadena, *state)), *state),
        NPIE_EINPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_format),
        pool_test(test_parse),
        pool_test(test_escapes),
        pool_test(test_additional),
        pool_test(test_refuses),
        pool_test(test_every_cut_fails),
        pool_test(test_bound),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
