/* SPDX-License-Identifier: Apache-2.0
 * Forms as browsers post them, and as nobody should.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

#include <apr_strings.h>

#include "base/form.h"

/* The running test's. */
static apr_pool_t *pool;

static int setup(void **state)
{
    int rc = unit_pool_setup(state);

    pool = *state;
    return rc;
}

static npie_form_t *parse(const char *type, const char *body, apr_size_t len,
                          npie_problem_t expected)
{
    npie_bytes_t bytes = { (const unsigned char *)body, len };
    npie_err_t err = { 0 };
    npie_form_t *form;
    apr_status_t rv = npie_form_parse(&form, type, bytes, &err, pool);

    if (expected == NPIE_P_NONE) {
        assert_int_equal(rv, APR_SUCCESS);
    }
    else {
        assert_int_equal(rv, NPIE_EINPUT);
        assert_int_equal(err.problem, expected);
        assert_null(form);
    }
    return form;
}

static npie_form_t *urlencoded(const char *body, npie_problem_t expected)
{
    return parse("application/x-www-form-urlencoded", body, strlen(body),
                 expected);
}

static npie_form_t *multipart(const char *body, npie_problem_t expected)
{
    return parse("multipart/form-data; boundary=\"XX\"", body, strlen(body),
                 expected);
}

static void urlencoded_fields(void **state)
{
    npie_form_t *form = urlencoded("correo=ana%40taller.example&nombre=Mar"
                                   "%C3%ADa+%C3%91and%C3%BA&fax=", NPIE_P_NONE);

    (void)state;
    assert_string_equal(npie_form_text(form, "correo"), "ana@taller.example");
    assert_string_equal(npie_form_text(form, "nombre"), "María Ñandú");
    assert_string_equal(npie_form_text(form, "fax"), "");
    assert_string_equal(npie_form_text(form, "absent"), "");
    assert_int_equal(npie_form_file(form, "correo", NULL).len, 0);
}

static void urlencoded_refused(void **state)
{
    char many[NPIE_FORM_FIELDS_MAX * 8 + 16] = "";

    (void)state;
    urlencoded("a=1&a=2", NPIE_P_REQUEST);
    urlencoded("a=%4", NPIE_P_REQUEST);
    urlencoded("a=%", NPIE_P_REQUEST);
    urlencoded("a=%zz", NPIE_P_REQUEST);
    urlencoded("=1", NPIE_P_REQUEST);
    urlencoded("%00a=1", NPIE_P_REQUEST);
    urlencoded("a=%00", NPIE_P_ENCODING);
    urlencoded("a=%1b", NPIE_P_ENCODING);
    urlencoded("a=%c3", NPIE_P_ENCODING);
    urlencoded("%ff=1", NPIE_P_ENCODING);
    for (int i = 0; i <= NPIE_FORM_FIELDS_MAX; ++i) {
        snprintf(many + strlen(many), 8, "f%d=1&", i);
    }
    urlencoded(many, NPIE_P_REQUEST);
    parse(NULL, "a=1", 3, NPIE_P_REQUEST);
    parse("text/plain", "a=1", 3, NPIE_P_REQUEST);
    parse("application/x-www-form-urlencodedx", "a=1", 3, NPIE_P_REQUEST);
}

#define PART(head, value) "--XX\r\n" head "\r\n\r\n" value "\r\n"
#define FIELD(name, value) \
    PART("Content-Disposition: form-data; name=\"" name "\"", value)

static void multipart_fields(void **state)
{
    const char *filename;
    npie_form_t *form = multipart(
        FIELD("firma", "MIIB\r\nAA==")
        PART("content-disposition: form-data; name=\"carta\"; "
             "filename=\"carta ñ.pdf\"\r\nContent-Type: application/pdf",
             "%PDF\xff\n--XX\n")
        FIELD("vacio", "") "--XX--\r\n", NPIE_P_NONE);
    npie_bytes_t file = npie_form_file(form, "carta", &filename);

    (void)state;
    assert_string_equal(npie_form_text(form, "firma"), "MIIB\r\nAA==");
    assert_string_equal(npie_form_text(form, "vacio"), "");
    assert_string_equal(npie_form_text(form, "carta"), "");
    assert_string_equal(filename, "carta ñ.pdf");
    assert_int_equal(file.len, 11);
    assert_memory_equal(file.data, "%PDF\xff\n--XX\n", 11);
}

static void multipart_refused(void **state)
{
    (void)state;
    multipart("", NPIE_P_REQUEST);
    multipart("--XX", NPIE_P_REQUEST);
    multipart("--XX--", NPIE_P_NONE);
    multipart("--XX\r\n", NPIE_P_REQUEST);
    multipart("preamble\r\n" FIELD("a", "1") "--XX--", NPIE_P_REQUEST);
    multipart(FIELD("a", "1"), NPIE_P_REQUEST);
    multipart(FIELD("a", "1") "--XX", NPIE_P_REQUEST);
    multipart(FIELD("a", "1") FIELD("a", "2") "--XX--", NPIE_P_REQUEST);
    multipart(FIELD("", "1") "--XX--", NPIE_P_REQUEST);
    multipart(PART("Content-Type: text/plain", "1") "--XX--", NPIE_P_REQUEST);
    multipart("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n--XX--",
              NPIE_P_REQUEST);
    multipart(PART("Content-Disposition: form-data; name=\"a", "1") "--XX--",
              NPIE_P_REQUEST);
    multipart(FIELD("a", "\xc3") "--XX--", NPIE_P_ENCODING);
    multipart(FIELD("a", "\x01") "--XX--", NPIE_P_ENCODING);
    multipart(PART("Content-Disposition: form-data; name=\"a\"; "
                   "filename=\"\xff\"", "1") "--XX--", NPIE_P_ENCODING);
    parse("multipart/form-data", "--XX--", 6, NPIE_P_REQUEST);
    parse("multipart/form-data; boundary=", "----", 4, NPIE_P_REQUEST);
}

/* Whatever is cut off, the answer is a refusal or a form, never a crash; the
 * sanitizers watch. */
static void every_prefix(void **state)
{
    static const char body[] =
        FIELD("firma", "MIIB") PART("Content-Disposition: form-data; "
                                    "name=\"carta\"; filename=\"c\"", "%PDF")
        "--XX--\r\n";

    (void)state;
    for (apr_size_t len = 0; len < sizeof(body); ++len) {
        npie_bytes_t bytes = { apr_pmemdup(pool, body, len + 1), len };
        npie_form_t *form;

        npie_form_parse(&form, "multipart/form-data; boundary=XX", bytes, NULL,
                        pool);
        npie_form_parse(&form, "application/x-www-form-urlencoded", bytes,
                        NULL, pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(urlencoded_fields, setup, unit_pool_teardown),
        cmocka_unit_test_setup_teardown(urlencoded_refused, setup, unit_pool_teardown),
        cmocka_unit_test_setup_teardown(multipart_fields, setup, unit_pool_teardown),
        cmocka_unit_test_setup_teardown(multipart_refused, setup, unit_pool_teardown),
        cmocka_unit_test_setup_teardown(every_prefix, setup, unit_pool_teardown),
    };
    int failed;

    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
