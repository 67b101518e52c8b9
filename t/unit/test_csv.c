/* SPDX-License-Identifier: Apache-2.0
 * base/encoding.h, base/plain.h, base/csv.h: files of spreadsheets.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "base/csv.h"
#include "base/encoding.h"
#include "base/plain.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A text of `len` bytes with NULs in it. */
#define BYTES(literal) { (const unsigned char *)literal, sizeof(literal) - 1 }

static void test_encodings(void **state)
{
    static const struct {
        npie_bytes_t bytes;
        const char *used, *text;
    } table[] = {
        { BYTES("\xef\xbb\xbf" "ñ"), "utf-8", "ñ" },
        { BYTES("a\xf1\x80"), "windows-1252", "añ€" },
        { BYTES(""), "utf-8", "" },
        { BYTES("\xff\xfe" "a\0\xf1\0"), "utf-16", "añ" },
        { BYTES("\xfe\xff\0a\0\xf1"), "utf-16", "añ" },
        { BYTES("r\0p\0;\0"), "utf-16", "rp;" },
        { BYTES("\0r\0p\0\n"), "utf-16", "rp\n" },
        { BYTES("\xff\xfe\x3d\xd8\x2e\xdf"), "utf-16", "\xf0\x9f\x9c\xae" },
    };
    static const npie_bytes_t bad[] = {
        BYTES("\xc3\xb1\n\xf1"), BYTES("\x81"), BYTES("\xff\xfe" "a"),
        BYTES("\xff\xfe\x3d\xd8" "a\0"), BYTES("\xff\xfe\x2e\xdf"),
    };
    const char *used;
    npie_err_t err;
    apr_size_t len;
    char *text;

    for (size_t i = 0; i < COUNT(table); ++i) {
        assert_int_equal(npie_encoding_decode(&text, &len, &used,
                                              table[i].bytes, NULL, &err,
                                              *state), APR_SUCCESS);
        assert_string_equal(used, table[i].used);
        assert_string_equal(text, table[i].text);
        assert_int_equal(len, strlen(text));
    }
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_encoding_decode(&text, &len, &used, bad[i],
                                              NULL, &err, *state),
                         NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_ENCODING);
    }
    assert_int_equal(npie_encoding_decode(&text, &len, &used, bad[0],
                                          "Windows-1252", &err, *state), 0);
    assert_string_equal(text, "Ã±\nñ");
    assert_int_equal(npie_encoding_decode(&text, &len, &used, table[0].bytes,
                                          "latin-9", &err, *state),
                     NPIE_EINPUT);
}

static void test_plain(void **state)
{
    assert_string_equal(npie_plain_visible("\u202a A\u00adB\u200b\u00a0C"
                                           "\u2003\ufeff", *state), " AB C ");
    assert_string_equal(npie_plain_visible("Ñandú 🌮 \xc3", *state),
                        "Ñandú 🌮 \xc3");
    assert_string_equal(npie_plain_joined(" a06-487\u200b 87\u00a0", *state),
                        "a0648787");
    assert_string_equal(npie_plain_key(" Código_Postal (C.P.)", *state),
                        "codigopostalcp");
    assert_string_equal(npie_plain_key("RAZO\xcc\x81N ÑÜ×\xc3", *state),
                        "razonnu");
    assert_true(npie_plain_is_one_of("uno dos", "uno"));
    assert_true(npie_plain_is_one_of("uno dos", "dos"));
    assert_false(npie_plain_is_one_of("uno dos", "do"));
    assert_false(npie_plain_is_one_of("uno dos", "os"));
    assert_false(npie_plain_is_one_of("uno dos", "uno dos x"));
    assert_false(npie_plain_is_one_of("uno dos", ""));
}

/* A text as rows: "line:cell|cell/" each, "line!" where one is wrong. */
static const char *rows(const char *text, apr_pool_t *p)
{
    const char *result = "";
    npie_csv_row_t row;
    npie_csv_t csv;

    npie_csv_open(&csv, apr_pstrdup(p, text), strlen(text));
    while (npie_csv_next(&row, &csv)) {
        result = apr_psprintf(p, "%s%d%s", result, row.line,
                              row.wrong != NULL ? "!" : ":");
        for (int i = 0; i < row.count && row.wrong == NULL; ++i) {
            result = apr_pstrcat(p, result, i > 0 ? "|" : "", row.cells[i],
                                 NULL);
        }
        result = apr_pstrcat(p, result, "/", NULL);
    }
    return result;
}

static void test_rows(void **state)
{
    static const struct {
        const char *text, *rows;
    } table[] = {
        { "", "" }, { "\n\r\n \n;;\n", "" }, { "a", "1:a/" },
        { "a;b\nc;d", "1:a|b/2:c|d/" }, { "a,b\r\nc;d\r\n", "1:a|b/2:c;d/" },
        { "a\tb\rc\td\r", "1:a|b/2:c|d/" },
        { "a;b\n\"x, \"\"y\"\"\";\"\"\n", "1:a|b/2:x, \"y\"/" },
        { "a;b\r\n\"1\";\"2\"\r\n\"3\";\"4\"\r\n", "1:a|b/2:1|2/3:3|4/" },
        { "\"a\nb\";c\n\"d\r\ne\"\nf\n", "1:a\nb|c/3:d\ne/5:f/" },
        { "sep=,\na,b;c\n", "2:a|b;c/" }, { "\"Sep=\t\"\r\na\tb\r\n", "2:a|b/" },
        { " a ; \" b \" ;\tc\n", "1:a| b |c/" },
        { "\"a;b\";c;\n,,,,;\n", "1:a;b|c/2:,,,,/" },
        { "a\n\"b\nc\n", "1:a/2!/" }, { "a;b\n\"c\"d;e\nf;g\n", "1:a|b/2!/3:f|g/" },
        { "a;b\n;;;c\n", "1:a|b/2:|||c/" },
        { "a;b\n\u00a0;\u200b\nc\n", "1:a|b/3:c/" },
    };

    for (size_t i = 0; i < COUNT(table); ++i) {
        assert_string_equal(rows(table[i].text, *state), table[i].rows);
    }
}

static void test_widest(void **state)
{
    char text[NPIE_CSV_COLUMNS * 2 + 8] = "";

    for (int i = 0; i < NPIE_CSV_COLUMNS; ++i) {
        strcat(text, "a;");
    }
    assert_int_equal(strchr(rows(text, *state), '!') == NULL, 1);
    strcat(text, ";;");
    assert_int_equal(strchr(rows(text, *state), '!') == NULL, 1);
    strcat(text, "b");
    assert_string_equal(rows(text, *state), "1!/");
}

static int find(const char *key)
{
    return strcmp(key, "uno") == 0 ? 0 : strcmp(key, "dos") == 0 ? 1 : -1;
}

/* The header of a text, and its first row in its places. */
static int table_of(npie_csv_header_t *header, const char **values,
                    const char **why, const char *text, apr_pool_t *p)
{
    npie_csv_row_t row;
    npie_csv_t csv;
    int known;

    values[0] = values[1] = NULL;
    npie_csv_open(&csv, apr_pstrdup(p, text), strlen(text));
    assert_true(npie_csv_next(&row, &csv));
    known = npie_csv_header(header, &row, find, p);
    *why = npie_csv_next(&row, &csv) ? npie_csv_values(values, header, &row, p)
                                     : "none";
    return known;
}

static void test_tables(void **state)
{
    static const char *const bad[] = {
        "uno;dos\n1;2;3\n", "uno;;dos\n1;2;3\n", "uno;dos\n1", "uno;dos\n\"1\n",
    };
    const char *values[2], *why;
    npie_csv_header_t header;

    assert_int_equal(table_of(&header, values, &why, "Dos;;U.N.O.;\n2;;1;;\n",
                              *state), 2);
    assert_null(why);
    assert_int_equal(header.wrong, 0);
    assert_string_equal(values[0], "1");
    assert_string_equal(values[1], "2");
    assert_int_equal(table_of(&header, values, &why, "uno;dos\n1\n", *state),
                     2);
    assert_null(why);
    assert_string_equal(values[1], "");
    for (size_t i = 0; i < COUNT(bad); ++i) {
        table_of(&header, values, &why, bad[i], *state);
        assert_non_null(why);
    }
    assert_int_equal(table_of(&header, values, &why, "uno;tres;dos\n", *state),
                     2);
    assert_int_equal(header.wrong, 2);
    assert_true(header.unknown);
    assert_string_equal(header.name, "tres");
    table_of(&header, values, &why, "uno;dos;uno\n", *state);
    assert_int_equal(header.wrong, 3);
    assert_false(header.unknown);
    assert_int_equal(table_of(&header, values, &why, "\"uno;dos\n", *state),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_encodings), pool_test(test_plain),
        pool_test(test_rows), pool_test(test_widest), pool_test(test_tables),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
