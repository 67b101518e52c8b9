/* SPDX-License-Identifier: Apache-2.0
 * npie_flow_contact_check(): what may be typed on datos.
 */
#include "unit/unit.h"

#include <stdlib.h>

#include "flow/flow.h"

#define MAIL "ximena@molinos.example"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

typedef struct typed_t {
    const char *email, *email2, *phone, *fax;
} typed_t;

static void good(void **state, typed_t t, npie_contact_t want)
{
    npie_contact_t contact = { "untouched", "untouched", "untouched" };
    npie_contact_check_t check;

    assert_int_equal(npie_flow_contact_check(&contact, &check, t.email,
                                             t.email2, t.phone, t.fax,
                                             *state), APR_SUCCESS);
    assert_int_equal(check.email, NPIE_P_NONE);
    assert_int_equal(check.email2, NPIE_P_NONE);
    assert_int_equal(check.phone, NPIE_P_NONE);
    assert_int_equal(check.fax, NPIE_P_NONE);
    assert_string_equal(contact.email, want.email);
    assert_string_equal(contact.phone, want.phone);
    assert_string_equal(contact.fax, want.fax);
}

static void bad(void **state, typed_t t, npie_contact_check_t want)
{
    npie_contact_t contact = { "untouched", "", "" };
    npie_contact_check_t check;

    assert_int_equal(npie_flow_contact_check(&contact, &check, t.email,
                                             t.email2, t.phone, t.fax,
                                             *state), NPIE_EINPUT);
    assert_int_equal(check.email, want.email);
    assert_int_equal(check.email2, want.email2);
    assert_int_equal(check.phone, want.phone);
    assert_int_equal(check.fax, want.fax);
    assert_string_equal(contact.email, "untouched");
}

static void test_good(void **state)
{
    good(state, (typed_t){ MAIL, MAIL, "3312345678", "" },
         (npie_contact_t){ MAIL, "3312345678", "" });
    good(state, (typed_t){ "  " MAIL " ", MAIL, " +52 33 1234-5678",
                           "(33) 1234 5679" },
         (npie_contact_t){ MAIL, "3312345678", "3312345679" });
    good(state, (typed_t){ MAIL, "ximena@MOLINOS.example", "3312345678",
                           NULL },
         (npie_contact_t){ MAIL, "3312345678", "" });
    good(state, (typed_t){ MAIL, MAIL, "3312345678", "   " },
         (npie_contact_t){ MAIL, "3312345678", "" });
}

static void test_empty(void **state)
{
    const npie_contact_check_t all = { NPIE_P_FIELD_EMPTY, NPIE_P_FIELD_EMPTY,
                                       NPIE_P_FIELD_EMPTY, NPIE_P_NONE };

    bad(state, (typed_t){ "", "", "", "" }, all);
    bad(state, (typed_t){ NULL, NULL, NULL, NULL }, all);
    bad(state, (typed_t){ " ", "\xC2\xA0", "  ", "" }, all);
    bad(state, (typed_t){ MAIL, "", "3312345678", "" },
        (npie_contact_check_t){ .email2 = NPIE_P_FIELD_EMPTY });
}

static void test_email(void **state)
{
    bad(state, (typed_t){ "ximena", MAIL, "3312345678", "" },
        (npie_contact_check_t){ .email = NPIE_P_EMAIL });
    bad(state, (typed_t){ MAIL ", b@c.example", MAIL, "3312345678", "" },
        (npie_contact_check_t){ .email = NPIE_P_EMAIL });
    bad(state, (typed_t){ MAIL, "ximen@molinos.example", "3312345678", "" },
        (npie_contact_check_t){ .email2 = NPIE_P_EMAIL_DIFFERS });
    bad(state, (typed_t){ MAIL, "Ximena@molinos.example", "3312345678", "" },
        (npie_contact_check_t){ .email2 = NPIE_P_EMAIL_DIFFERS });
    bad(state, (typed_t){ A64 A64 A64 A64 MAIL, MAIL, "3312345678", "" },
        (npie_contact_check_t){ .email = NPIE_P_FIELD_LONG });
}

/* Nothing typed here may end up as a line of a mail's header. */
static void test_encoding(void **state)
{
    bad(state, (typed_t){ MAIL "\r\nBcc: a@b.example", MAIL, "3312345678",
                          "" },
        (npie_contact_check_t){ .email = NPIE_P_ENCODING });
    bad(state, (typed_t){ "xim\xE9na@molinos.example", "\xFF", "33\n12345678",
                          "\x7F" },
        (npie_contact_check_t){ NPIE_P_ENCODING, NPIE_P_ENCODING,
                                NPIE_P_ENCODING, NPIE_P_ENCODING });
}

static void test_numbers(void **state)
{
    bad(state, (typed_t){ MAIL, MAIL, "331234567", "33123456789" },
        (npie_contact_check_t){ .phone = NPIE_P_PHONE, .fax = NPIE_P_FAX });
    bad(state, (typed_t){ MAIL, MAIL, "teléfono", "no" },
        (npie_contact_check_t){ .phone = NPIE_P_PHONE, .fax = NPIE_P_FAX });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_good), pool_test(test_empty), pool_test(test_email),
        pool_test(test_encoding), pool_test(test_numbers),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
