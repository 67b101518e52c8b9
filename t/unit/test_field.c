/* SPDX-License-Identifier: Apache-2.0
 * model/field.h: forms and check digits of an employer's fields.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "base/text.h"
#include "model/field.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_rp(void **state)
{
    static const char *const good[] = {
        "A0648787107", "Y3926552104", "Y6087828106", "Y3824564102",
        "B1212338102"
    };
    static const char *const bad[] = {
        "B5510768108", "A1234567890", "", "A064878710", "A06487871077",
        "AA648787107", "A0648787108", "-", "Á648787107", "A06487B7107"
    };
    char out[NPIE_RP_SIZE] = "untouched";

    for (size_t i = 0; i < COUNT(good); ++i) {
        assert_int_equal(npie_field_rp(out, good[i]), APR_SUCCESS);
        assert_string_equal(out, good[i]);
    }
    assert_int_equal(npie_field_rp(out, " a06 48787-10-7 "), APR_SUCCESS);
    assert_string_equal(out, "A0648787107");
    memcpy(out, "untouched", 10);
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_field_rp(out, bad[i]), NPIE_EINPUT);
        assert_string_equal(out, "untouched");
    }
    assert_string_equal(npie_field_rp_display("A0648787107", *state),
                        "A064878710-7");
}

static void test_rp_digit(void **state)
{
    (void)state;
    assert_int_equal(npie_field_rp_digit("A064878710"), '7');
    assert_int_equal(npie_field_rp_digit("Y392655210"), '4');
    /* A municipality of three digits. */
    assert_int_equal(npie_field_rp_digit("0000000000"), '0');
    assert_int_equal(npie_field_rp_digit("0000000001"), '8');
    assert_int_equal(npie_field_rp_digit("a064878710"), 0);
    assert_int_equal(npie_field_rp_digit("A06487871"), 0);
    assert_int_equal(npie_field_rp_digit("A0648787107"), 0);
}

static void test_rfc(void **state)
{
    static const char *const good[] = {
        "AUA881212566", "SAT970701NN3", "IMS421231I45", "COSC8001137NA"
    };
    static const char *const suspect[] = {
        "XAXX010101000", "AUA881212567", "SAT970701NN4", "COSC8001137N0"
    };
    static const char *const bad[] = {
        "", "AUA88121256", "AUA881312566", "AUA880230566", "AUA88121256B",
        "AU1881212566", "aua881212566", "COSC8001137NAA", "COSC800113&NA",
        " AUA881212566", "COS 8001137NA", "ÁUA881212566", "COSC810229ABC",
        "\xC3"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); ++i) {
        assert_int_equal(npie_field_rfc(good[i]), NPIE_FIELD_GOOD);
    }
    for (size_t i = 0; i < COUNT(suspect); ++i) {
        assert_int_equal(npie_field_rfc(suspect[i]), NPIE_FIELD_SUSPECT);
    }
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_field_rfc(bad[i]), NPIE_FIELD_BAD);
    }
}

/* Exactly one of the eleven digits fits, whatever the letters. */
static int good_digits(char *rfc)
{
    static const char digits[] = "0123456789A";
    size_t last = strlen(rfc) - 1;
    int good = 0;

    for (size_t i = 0; digits[i] != '\0'; ++i) {
        rfc[last] = digits[i];
        good += npie_field_rfc(rfc) == NPIE_FIELD_GOOD;
    }
    return good;
}

static void test_rfc_alphabet(void **state)
{
    char rfcs[][16] = {
        "&&&000229AA0", "ÑÑÑ000229ZZ0", "Ñ&AZ0002290Z0", "MUÑO8001137N0"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rfcs); ++i) {
        assert_int_equal(good_digits(rfcs[i]), 1);
    }
    /* Worked out apart from the code: Ñ counts 38, & 24, O 25 and N 23. */
    assert_int_equal(npie_field_rfc("ÑAA010101AA6"), NPIE_FIELD_GOOD);
    assert_int_equal(npie_field_rfc("&AA010101AA9"), NPIE_FIELD_GOOD);
    assert_int_equal(npie_field_rfc("OAA010101AA8"), NPIE_FIELD_GOOD);
    assert_int_equal(npie_field_rfc("NAA010101AAA"), NPIE_FIELD_GOOD);
}

static void test_curp(void **state)
{
    static const char *const bad[] = {
        "", "AAPR630321HDFLRC0", "AAPR630321HDFLRC091", "AAPR631321HDFLRC09",
        "AAPR630321ADFLRC09", "AAPR630321HZZLRC09", "AAPR630321HDF1RC09",
        "aapr630321HDFLRC09", "AAPR630321HDFLRC0A", "AAP1630321HDFLRC09",
        "AAPR630321HDFLRC-9", "ÁAPR630321HDFLRC09",
        /* 1900 had no 29 February; 2000 had. */
        "AAPR000229HDFLRC00"
    };

    (void)state;
    assert_int_equal(npie_field_curp("AAPR630321HDFLRC09"), NPIE_FIELD_GOOD);
    assert_int_equal(npie_field_curp("BOXW310820HNERXN09"), NPIE_FIELD_GOOD);
    assert_int_equal(npie_field_curp("AAPR630321HDFLRC08"),
                     NPIE_FIELD_SUSPECT);
    assert_int_not_equal(npie_field_curp("AAPR630321XDFLRC09"),
                         NPIE_FIELD_BAD);
    assert_int_not_equal(npie_field_curp("AAPR630321MDFLRC09"),
                         NPIE_FIELD_BAD);
    assert_int_not_equal(npie_field_curp("AAPR000229HDFLRCA0"),
                         NPIE_FIELD_BAD);
    assert_int_not_equal(npie_field_curp("ÑAPÑ630321HDFÑRC00"),
                         NPIE_FIELD_BAD);
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_field_curp(bad[i]), NPIE_FIELD_BAD);
    }
}

static void test_entities(void **state)
{
    char curp[] = "AAPR630321H__LRC00";

    (void)state;
    for (int i = 1; i <= 32; ++i) {
        const npie_entity_t *entity = npie_entity_find(i);

        assert_non_null(entity);
        assert_int_equal(entity->inegi, i);
        assert_true(npie_text_is_clean(entity->name, strlen(entity->name)));
        memcpy(curp + 11, entity->curp, 2);
        assert_int_not_equal(npie_field_curp(curp), NPIE_FIELD_BAD);
        for (int k = 1; k < i; ++k) {
            assert_string_not_equal(npie_entity_find(k)->name, entity->name);
            assert_string_not_equal(npie_entity_find(k)->curp, entity->curp);
        }
    }
    assert_string_equal(npie_entity_find(9)->name, "Ciudad de México");
    assert_string_equal(npie_entity_find(9)->curp, "DF");
    assert_string_equal(npie_entity_find(32)->curp, "ZS");
    assert_null(npie_entity_find(0));
    assert_null(npie_entity_find(33));
    assert_null(npie_entity_find(-1));
}

static void test_user(void **state)
{
    (void)state;
    assert_true(npie_field_user("A064878710"));
    assert_true(npie_field_user("abcdefgh"));
    assert_true(npie_field_user("12345678901234567890"));
    assert_false(npie_field_user("123456789012345678901"));
    assert_false(npie_field_user("abcdefg"));
    assert_false(npie_field_user("abc-efgh"));
    assert_false(npie_field_user("abcdeñgh"));
    assert_false(npie_field_user(""));
}

static void test_phone(void **state)
{
    static const char *const good[] = {
        "5512345678", "55 1234-5678", "+52 55 1234 5678", "(55) 1234.5678",
        " +525512345678 ", "52 55 1234 5678", "(+52) 55 1234 5678",
        "0052 55 1234 5678", "+52 1 55 1234 5678", "521 55 1234 5678",
        "01 55 1234 5678", "044 55 1234 5678", "045 5512345678",
        /* Pasted: direction marks, blanks and dashes of other kinds. */
        "\u202a+52 55 1234 5678\u202c", "55 1234 5678\u200e",
        "\u2068 55\u00a01234\u202f5678\u2069", "55\u20131234\u20115678",
        "\ufeff5512\u00ad345678\u200b"
    };
    static const char *const bad[] = {
        "", "551234567", "55123456789", "+1 5512345678", "5255123456789",
        "53 5512345678", "+01 5512345678", "55+12345678", "55 1234 567\u0665",
        "55 1234 567x", "+52+5512345678", "５512345678", "5512345678 ext 9"
    };
    char out[11] = "untouched";

    (void)state;
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_int_equal(npie_field_phone(out, bad[i]), NPIE_EINPUT);
        assert_string_equal(out, "untouched");
    }
    for (size_t i = 0; i < COUNT(good); ++i) {
        assert_int_equal(npie_field_phone(out, good[i]), APR_SUCCESS);
        assert_string_equal(out, "5512345678");
    }
}

static void test_phone_like(void **state)
{
    (void)state;
    assert_true(npie_field_phone_like("161615156"));
    assert_true(npie_field_phone_like("+1 (212) 555-0100"));
    assert_false(npie_field_phone_like("12"));
    assert_false(npie_field_phone_like("1234567890123456"));
    assert_false(npie_field_phone_like("33 3501 2277 ext. 104"));
    assert_false(npie_field_phone_like("nadie"));
}

static void test_postcode(void **state)
{
    (void)state;
    assert_true(npie_field_postcode("06600"));
    assert_false(npie_field_postcode("0660"));
    assert_false(npie_field_postcode("066000"));
    assert_false(npie_field_postcode("0660a"));
    assert_false(npie_field_postcode(""));
}

static void test_email_takes(void **state)
{
    static const char *const good[] = {
        "a@b.mx", "nombre.apellido+npie@empresa.example",
        "\"nombre apellido\"@empresa.example",
        "\"a\\\"b@c\"@empresa.example", "ñandú@correo.example",
        "contacto@peñafiel.example", "x_y-z@a-b.c1.example",
        "o'neil@empresa.example", "1@2.example", "a@xn--pea-8ma.example"
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); ++i) {
        assert_true(npie_field_email(good[i]));
    }
}

static void test_email_refuses(void **state)
{
    static const char *const bad[] = {
        "", "a", "@", "a@", "@b.mx", "a@b", "a@b.", "a@.b.mx", "a@b..mx",
        ".a@b.mx", "a.@b.mx", "a..b@c.mx", "a b@c.mx", "a@b c.mx",
        "a@-b.mx", "a@b-.mx", "a@b_c.mx", "a@b@c.mx", "a,b@c.mx",
        "a@b.mx,c@d.mx", "a@b.mx;c@d.mx", "<a@b.mx>", "A <a@b.mx>",
        "a@b.mx\r\nBcc: c@d.mx", "a@b.mx\n", "\"a\nb\"@c.mx",
        "\"a@b.mx", "\"a\"b@c.mx", "\"a\\\"@c.mx", "\"\\", "\"",
        "a@[127.0.0.1]", "a@127.0.0.1", "a(b)@c.mx", "a:b@c.mx",
        "a\\b@c.mx", "a@\xC3.mx", "a\xE2\x80\xAE@b.mx", "a@b\xE3\x80\x82mx",
        "a@b.m\xC2\xA0x", "a\xC2\x85@b.mx", "a@b.mx\x7F",
        "a\xEF\xBB\xBF@b.mx", " a@b.mx", "a@b.mx "
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); ++i) {
        assert_false(npie_field_email(bad[i]));
    }
}

/* name x count, then the rest. */
static char *long_address(int count, const char *rest, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, (apr_size_t)count + strlen(rest) + 1);

    memset(text, 'a', (size_t)count);
    return strcat(text, rest);
}

static void test_email_lengths(void **state)
{
    const char *label = long_address(61, ".", *state);
    char domain[300] = "@";

    assert_true(npie_field_email(long_address(64, "@b.mx", *state)));
    assert_false(npie_field_email(long_address(65, "@b.mx", *state)));
    for (int i = 0; i < 4; ++i) {
        strcat(domain, label);
    }
    strcat(domain, "mx");
    assert_true(npie_field_email(long_address(3, domain, *state)));
    assert_false(npie_field_email(long_address(4, domain, *state)));
    strcpy(domain, "a@");
    strcat(domain, long_address(63, ".mx", *state));
    assert_true(npie_field_email(domain));
    strcpy(domain, "a@");
    strcat(domain, long_address(64, ".mx", *state));
    assert_false(npie_field_email(domain));
}

static void test_email_same(void **state)
{
    (void)state;
    assert_true(npie_field_email_same("Ana@Empresa.EXAMPLE",
                                      "Ana@empresa.example"));
    assert_false(npie_field_email_same("ana@empresa.example",
                                       "Ana@empresa.example"));
    assert_false(npie_field_email_same("ana@empresa.example",
                                       "ana@empresa.examples"));
    assert_false(npie_field_email_same("an@empresa.example",
                                       "ana@empresa.example"));
    /* '-' and CR, '0' and DLE differ by the case bit too. */
    assert_false(npie_field_email_same("a@b-c.mx", "a@b\rc.mx"));
    assert_false(npie_field_email_same("a@Ñ.mx", "a@ñ.mx"));
    assert_true(npie_field_email_same("a", "a"));
    assert_false(npie_field_email_same("a", "A"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_rp), pool_test(test_rp_digit), pool_test(test_rfc),
        pool_test(test_rfc_alphabet), pool_test(test_curp),
        pool_test(test_entities), pool_test(test_user),
        pool_test(test_phone), pool_test(test_phone_like),
        pool_test(test_postcode),
        pool_test(test_email_takes), pool_test(test_email_refuses),
        pool_test(test_email_lengths), pool_test(test_email_same),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
