/* SPDX-License-Identifier: Apache-2.0
 * renew/report.h: the report as CSV and JSON.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <jansson.h>

#include "renew/disk.h"
#include "renew/report.h"
#include "unit/forge.h"

#define DAY apr_time_from_sec(86400)
/* 2026-06-01T05:30:00Z: still 31 May in central Mexico. */
#define UNTIL apr_time_from_sec(1780291800)

static apr_array_header_t *rows_of(apr_pool_t *p)
{
    const npie_report_row_t good = {
        .file = "a, \"b\".pfx", .rp10 = "A064878710", .name = "=HYPERLINK(1)",
        .until = UNTIL, .result = "renewed", .word = "renovado",
        .out = "a-renovado.pfx"
    }, bad = {
        .file = "-1.pfx", .result = "failed", .word = "falla", .problem = 22,
        .title = "La contraseña no abre este archivo.",
        .remedy = "Escríbala de nuevo.", .detail = "mac verify"
    };
    apr_array_header_t *rows = apr_array_make(p, 2, sizeof(good));

    APR_ARRAY_PUSH(rows, npie_report_row_t) = good;
    APR_ARRAY_PUSH(rows, npie_report_row_t) = bad;
    return rows;
}

static const char *written(const char *path, apr_pool_t *p)
{
    npie_bytes_t bytes;

    assert_int_equal(npie_report_write(path, rows_of(p), UNTIL - 3 * DAY, NULL,
                                       p), APR_SUCCESS);
    assert_int_equal(npie_disk_read(&bytes, path, 100000, NULL, p), 0);
    return apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
}

static void test_csv(void **state)
{
    assert_string_equal(
        written(forge_path("informe.CSV", *state), *state),
        "\xef\xbb\xbf\"archivo\",\"registro_patronal\",\"nombre\",\"vence\","
        "\"dias\",\"resultado\",\"numero\",\"que_paso\",\"que_hacer\","
        "\"detalle\",\"archivo_nuevo\"\r\n"
        "\"a, \"\"b\"\".pfx\",\"A064878710\",\"'=HYPERLINK(1)\","
        "\"2026-05-31\",\"3\",\"renovado\",,,,,\"a-renovado.pfx\"\r\n"
        "\"'-1.pfx\",,,,,\"falla\",\"22\",\"La contraseña no abre este "
        "archivo.\",\"Escríbala de nuevo.\",\"mac verify\",\r\n");
}

static void test_json(void **state)
{
    const char *text = written(forge_path("informe.json", *state), *state);
    json_t *json = json_loads(text, 0, NULL);
    json_t *wanted = json_pack(
        "[{s:s, s:s, s:s, s:s, s:i, s:s, s:s}, {s:s, s:s, s:i, s:s, s:s, s:s}]",
        "file", "a, \"b\".pfx", "rp", "A064878710", "name", "=HYPERLINK(1)",
        "expires", "2026-05-31", "days", 3, "result", "renewed", "out",
        "a-renovado.pfx", "file", "-1.pfx", "result", "failed", "number", 22,
        "title", "La contraseña no abre este archivo.", "remedy",
        "Escríbala de nuevo.", "detail", "mac verify");

    assert_non_null(wanted);
    assert_true(json_equal(json, wanted));
    json_decref(json);
    json_decref(wanted);
}

static void test_names(void **state)
{
    assert_true(npie_report_is_name("a.csv"));
    assert_true(npie_report_is_name("d.x/A.JSON"));
    assert_false(npie_report_is_name("a.csv/b"));
    assert_false(npie_report_is_name("csv"));
    assert_false(npie_report_is_name("a.xlsx"));
    /* Nothing that is there is overwritten. */
    written(forge_path("uno.csv", *state), *state);
    assert_int_equal(npie_report_write(forge_path("uno.csv", *state),
                                       rows_of(*state), UNTIL, NULL, *state),
                     NPIE_ECONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_csv), pool_test(test_json), pool_test(test_names),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
