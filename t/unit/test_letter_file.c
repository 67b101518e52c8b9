/* SPDX-License-Identifier: Apache-2.0
 * Reading letters as files, on small files written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "letter/file.h"
#include "unit/letter_form.h"

static apr_pool_t *pool;

static int setup(void **state)
{
    (void)state;
    apr_initialize();
    return apr_pool_create(&pool, NULL);
}

static int teardown(void **state)
{
    (void)state;
    apr_pool_destroy(pool);
    apr_terminate();
    return 0;
}

/* The letter with one place overwritten. */
static npie_bytes_t with(npie_bytes_t file, const char *old, const char *new)
{
    char *copy = apr_pstrmemdup(pool, (const char *)file.data, file.len);
    char *at = strstr(copy, old);

    assert_non_null(at);
    assert_int_equal(strlen(old), strlen(new));
    memcpy(at, new, strlen(new));
    file.data = (unsigned char *)copy;
    return file;
}

static npie_bytes_t append(npie_bytes_t file, const char *more)
{
    file.data = (unsigned char *)apr_pstrcat(pool, (const char *)file.data,
                                             more, NULL);
    file.len += strlen(more);
    return file;
}

static void refused(npie_bytes_t file, const char *why)
{
    npie_letter_file_t *parts = (npie_letter_file_t *)pool;
    npie_err_t err;

    assert_int_equal(npie_letter_file_parse(&parts, file, &err, pool),
                     NPIE_EINPUT);
    assert_null(parts);
    assert_int_equal(err.problem, NPIE_P_LETTER);
    assert_string_equal(err.detail, apr_pstrcat(pool, "letter file: ", why,
                                                NULL));
}

static void test_parts(void **state)
{
    npie_bytes_t file = form_make(FORM_OBJECTS, 0, pool);
    npie_letter_file_t *parts;
    const unsigned char *end;

    (void)state;
    assert_int_equal(npie_letter_file_parse(&parts, file, NULL, pool),
                     APR_SUCCESS);
    assert_ptr_equal(parts->signed_part[0].data, file.data);
    end = parts->signed_part[0].data + parts->signed_part[0].len;
    assert_int_equal(*end, '<');
    assert_ptr_equal(parts->hex.data, end + 1);
    assert_int_equal(parts->hex.len, 32768);
    assert_int_equal(parts->hex.data[32768], '>');
    assert_ptr_equal(parts->signed_part[1].data, parts->hex.data + 32769);
    assert_ptr_equal(parts->signed_part[1].data + parts->signed_part[1].len,
                     file.data + file.len);
    assert_int_equal(parts->cms.len, 0);
    assert_int_equal(parts->cadena->kind, NPIE_LETTER_RENEWAL);
    assert_int_equal(parts->cadena->folio, 4711);
    assert_string_equal(parts->cadena->email, "ana&eva@empresa.example");
    assert_int_equal(npie_file_kind(file), NPIE_FILE_LETTER);
}

static void test_refused(void **state)
{
    npie_bytes_t good = form_make(FORM_OBJECTS, 0, pool);
    npie_bytes_t cut = good;

    (void)state;
    refused(with(good, "%PDF-1.4", "%PDF-1.7"), "does not begin as a letter");
    refused(append(good, "\n"), "bytes after its end, or no end");
    refused(append(good, "startxref\n0\n%%EOF\n"), "not exactly one startxref");
    cut.len -= 1;
    refused(cut, "bytes after its end, or no end");
    refused(with(good, "xref\n0 ", "xrxf\n0 "), "startxref leads nowhere");
    refused(form_make(FORM_OBJECTS, 1, pool),
            "the ByteRange is not the whole file but the signature");
    refused(with(good, "[0 ", "[1 "),
            "the ByteRange is not the whole file but the signature");
    refused(with(good, "ETSI.CAdES", "ETSI.cades"),
            "not exactly one signature field of ours");
    refused(form_make(FORM_OBJECTS "/ByteRange ", 0, pool),
            "not exactly one signature field of ours");
    refused(form_make(FORM_OBJECTS FORM_SIG, 0, pool),
            "not exactly one signature field of ours");
    refused(with(good, "/Contents ", "/contents "),
            "the signature is not of our form");
    refused(with(good, "<000", "<00x"), "the signature is not hexadecimal");
    refused(with(good, "<00", "<40"), "the signature is no DER");
}

static void test_refused_cadena(void **state)
{
    npie_bytes_t good = form_make(FORM_OBJECTS, 0, pool);

    (void)state;
    refused(form_make("", 0, pool), "not exactly one cadena, or too long");
    refused(form_make(FORM_OBJECTS FORM_OBJECTS, 0, pool),
            "not exactly one cadena, or too long");
    refused(form_make(FORM_OBJECTS "<npie:cadena>", 0, pool),
            "not exactly one cadena, or too long");
    refused(form_make("</npie:cadena><npie:cadena>", 0, pool),
            "not exactly one cadena, or too long");
    refused(with(good, "A0648787107", "A0648787108"),
            "its cadena cannot be read");
    refused(with(good, "ana&amp;", "ana&apm;"), "its cadena cannot be read");
}

static void test_sign(void **state)
{
    static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x00 };
    npie_bytes_t cms = { der, sizeof(der) };
    npie_bytes_t file = form_make(FORM_OBJECTS, 0, pool);
    npie_bytes_t other = cms;
    npie_bytes_t out;
    npie_bytes_t again;
    npie_letter_file_t *parts;
    npie_err_t err;

    (void)state;
    assert_int_equal(npie_letter_file_sign(&out, file, cms, NULL, pool),
                     APR_SUCCESS);
    assert_int_equal(out.len, file.len);
    assert_int_equal(npie_letter_file_parse(&parts, out, NULL, pool),
                     APR_SUCCESS);
    assert_int_equal(parts->cms.len, sizeof(der));
    assert_memory_equal(parts->cms.data, der, sizeof(der));
    assert_memory_equal(out.data, file.data, parts->signed_part[0].len);
    assert_int_equal(npie_letter_file_sign(&again, out, cms, NULL, pool),
                     APR_SUCCESS);
    assert_memory_equal(again.data, out.data, out.len);
    other.data = (const unsigned char *)"\x30\x03\x02\x01\x01";
    assert_int_equal(npie_letter_file_sign(&again, out, other, &err, pool),
                     NPIE_EINPUT);
    assert_int_equal(err.problem, NPIE_P_SIGNATURE);
    /* A bit behind the end of the signature's DER is not passed over. */
    refused(with(out, "<30030201000", "<30030201001"),
            "bytes after the signature's end");
}

static void test_sign_sizes(void **state)
{
    unsigned char *der = apr_pcalloc(pool, NPIE_LETTER_CMS_MAX + 1);
    npie_bytes_t file = form_make(FORM_OBJECTS, 0, pool);
    npie_bytes_t cms = { der, NPIE_LETTER_CMS_MAX };
    npie_bytes_t out;
    npie_letter_file_t *parts;
    npie_err_t err;

    (void)state;
    memcpy(der, "\x30\x82\x3f\xfc", 4);
    memset(der + 4, 0xa5, NPIE_LETTER_CMS_MAX - 4);
    assert_int_equal(npie_letter_file_sign(&out, file, cms, NULL, pool),
                     APR_SUCCESS);
    assert_int_equal(npie_letter_file_parse(&parts, out, NULL, pool),
                     APR_SUCCESS);
    assert_int_equal(parts->cms.len, NPIE_LETTER_CMS_MAX);
    assert_memory_equal(parts->cms.data, der, NPIE_LETTER_CMS_MAX);
    der[3] = 0xfd;
    for (cms.len = NPIE_LETTER_CMS_MAX - 1;
         cms.len <= NPIE_LETTER_CMS_MAX + 1; ++cms.len) {
        assert_int_equal(npie_letter_file_sign(&out, file, cms, &err, pool),
                         NPIE_EINPUT);
        assert_int_equal(err.problem, NPIE_P_SIGNATURE);
    }
    cms.len = 0;
    assert_int_equal(npie_letter_file_sign(&out, file, cms, &err, pool),
                     NPIE_EINPUT);
    cms.data = (const unsigned char *)"not a letter";
    cms.len = 12;
    assert_int_equal(npie_letter_file_sign(&out, cms, cms, &err, pool),
                     NPIE_EINPUT);
    assert_int_equal(err.problem, NPIE_P_LETTER);
}

/* Every cut of a letter, in a buffer of its own size so that the sanitizers
 * see a read behind it, is refused. */
static void test_cuts(void **state)
{
    npie_bytes_t file = form_make(FORM_OBJECTS, 0, pool);
    apr_pool_t *sub;

    (void)state;
    apr_pool_create(&sub, pool);
    for (size_t len = 0; len < file.len; len += len > 1200 && len < 33000
                                                ? 97 : 1) {
        unsigned char *copy = malloc(len > 0 ? len : 1);
        npie_bytes_t cut = { copy, len };
        npie_letter_file_t *parts;

        memcpy(copy, file.data, len);
        assert_int_equal(npie_letter_file_parse(&parts, cut, NULL, sub),
                         NPIE_EINPUT);
        assert_int_not_equal(npie_file_kind(cut), NPIE_FILE_LETTER);
        free(copy);
        apr_pool_clear(sub);
    }
}

/* A text and its length; NULs count. */
#define BYTES(text) (text), sizeof(text) - 1

static void test_kinds(void **state)
{
    static const struct { const char *head; size_t len; npie_file_kind_t kind; }
    files[] = {
        { BYTES(""), NPIE_FILE_EMPTY },
        { BYTES("%PDF-1.7\n%%EOF\n"), NPIE_FILE_PDF },
        { BYTES("\r\n%PDF-1.7\n<x:npie xmlns:npie='urn:mod-npie:carta:1.0'>"),
          NPIE_FILE_LETTER_RESAVED },
        { BYTES("%PDF-1.3\n/Creator (mod_npie)"), NPIE_FILE_LETTER_RESAVED },
        { BYTES("\x30\x82\x0f\x00\x02\x01\x03\x30\x82"), NPIE_FILE_PFX },
        { BYTES("\x30\x80\x02\x01\x03\x30\x80"), NPIE_FILE_PFX },
        { BYTES("\x30\x82\x05\x00\x30\x82\x03\x00\xa0\x03\x02\x01\x02"),
          NPIE_FILE_CERTIFICATE },
        { BYTES("Bag Attributes\n-----BEGIN CERTIFICATE-----\n"),
          NPIE_FILE_CERTIFICATE },
        { BYTES("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), NPIE_FILE_KEY },
        { BYTES("\x30\x82\x05\x00\x30\x50\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05"
          "\x0d"),
          NPIE_FILE_KEY },
        { BYTES("\x30\x82\x05\x00\x30\x1c\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c"
          "\x01\x03"),
          NPIE_FILE_KEY },
        { BYTES("\x30\x82\x04\xbd\x02\x01\x00\x30\x0d"), NPIE_FILE_KEY },
        { BYTES("\x89PNG\r\n\x1a\n"), NPIE_FILE_PICTURE },
        { BYTES("\xff\xd8\xff\xe0"), NPIE_FILE_PICTURE },
        { BYTES("PK\3\4\x14"), NPIE_FILE_ZIP },
        { BYTES("\xef\xbb\xbf \n<!DOCTYPE html>"), NPIE_FILE_HTML },
        { BYTES("<HTML>"), NPIE_FILE_HTML },
        { BYTES("\x30"), NPIE_FILE_OTHER },
        { BYTES("hola\n"), NPIE_FILE_OTHER }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); ++i) {
        unsigned char *copy = malloc(files[i].len > 0 ? files[i].len : 1);
        npie_bytes_t file = { copy, files[i].len };

        memcpy(copy, files[i].head, files[i].len);
        if (npie_file_kind(file) != files[i].kind) {
            fail_msg("file %d is taken for %d", (int)i, npie_file_kind(file));
        }
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_refused_cadena),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_sign_sizes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_kinds),
    };

    return cmocka_run_group_tests_name("letter_file", tests, setup, teardown);
}
