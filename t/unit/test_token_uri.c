/* SPDX-License-Identifier: Apache-2.0
 * pkcs11: URIs: what is taken, what is refused, and that a PIN in one is
 * never repeated.
 */
#include "unit/unit.h"

#include "pkcs11/uri.h"

#define LONG_ATTRIBUTE \
    "0123456789012345678901234567890123456789012345678901234567890123456789"

static void taken(const char *text, npie_pkcs11_uri_kind_t kind,
                  const char *module, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_uri_t *uri = NULL;

    if (npie_pkcs11_uri_parse(&uri, text, kind, &err, p) != APR_SUCCESS) {
        fail_msg("%s: %s", text, err.detail);
    }
    assert_non_null(uri->parsed);
    if (module == NULL) {
        assert_null(uri->module);
    }
    else {
        assert_string_equal(uri->module, module);
    }
    assert_null(strchr(uri->text, '?'));
}

static void refused(const char *text, npie_pkcs11_uri_kind_t kind,
                    const char *why, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_pkcs11_uri_t *uri = NULL;

    if (npie_pkcs11_uri_parse(&uri, text, kind, &err, p) != NPIE_ECONFIG) {
        fail_msg("taken: %s", text);
    }
    if (strstr(err.detail, why) == NULL) {
        fail_msg("%s: %s", text, err.detail);
    }
    assert_null(strstr(err.detail, "271828"));
    assert_null(uri);
}

static void test_keys(void **state)
{
    static const char *const good[] = {
        "pkcs11:token=NPIE;object=npie-issuing",
        "pkcs11:object=npie-issuing;type=private;token=NPIE",
        "pkcs11:serial=0123456789abcdef;id=%01%02%ff",
        "pkcs11:token=Con%20espacios%20y%20%c3%b1;object=llave%3Buna",
        "pkcs11:model=SoftHSM%20v2;manufacturer=SoftHSM%20project;id=%00",
        "pkcs11:token=" LONG_ATTRIBUTE ";object=" LONG_ATTRIBUTE,
    };

    for (int i = 0; i < 5; i++) {
        taken(good[i], NPIE_PKCS11_URI_KEY, NULL, *state);
    }
    taken("pkcs11:token=a;object=b?module-path=/usr/lib/m.so",
          NPIE_PKCS11_URI_KEY, "/usr/lib/m.so", *state);
    refused(good[5], NPIE_PKCS11_URI_KEY, "URI", *state);
}

static void test_tokens(void **state)
{
    taken("pkcs11:token=NPIE", NPIE_PKCS11_URI_TOKEN, NULL, *state);
    taken("pkcs11:serial=12?module-path=/m.so", NPIE_PKCS11_URI_TOKEN, "/m.so",
          *state);
    refused("pkcs11:token=NPIE;object=x", NPIE_PKCS11_URI_TOKEN,
            "a token alone", *state);
    refused("pkcs11:token=NPIE;id=%01", NPIE_PKCS11_URI_TOKEN,
            "a token alone", *state);
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        { "pkcs11:", "names no token" },
        { "pkcs11:object=x", "names no token" },
        { "pkcs11:token=NPIE", "names no key" },
        { "pkcs11:token=NPIE;type=private", "names no key" },
        { "pkcs11:token=NPIE;object=x;type=public", "must be private" },
        { "pkcs11:token=NPIE;object=x;type=cert", "must be private" },
        { "pkcs11:token=NPIE;object=x?pin-value=271828", "a PIN has no" },
        { "pkcs11:token=NPIE;object=x?pin-source=file:/271828",
          "a PIN has no" },
        { "pkcs11:token=NPIE;object=x?module-name=softhsm2", "module-path" },
        { "pkcs11:token=NPIE;object=x?module-path=lib/softhsm2.so",
          "absolute" },
        { "pkcs11:token=NPIE;object=x;colour=blue", "not known" },
        { "pkcs11:token=NPIE;object=%zz", "URI" },
        { "pkcs11:token", "URI" },
        { "pkcs12:token=NPIE;object=x", "URI" },
        { "/etc/npie/ca.key", "URI" },
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused(bad[i].text, NPIE_PKCS11_URI_KEY, bad[i].why, *state);
    }
}

/* What is a file's name and what is meant to be a URI. */
static void test_is(void **state)
{
    (void)state;
    assert_true(npie_pkcs11_uri_is("pkcs11:token=a"));
    assert_false(npie_pkcs11_uri_is("/pkcs11:token=a"));
    assert_false(npie_pkcs11_uri_is("pkcs11"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_keys),
        pool_test(test_tokens),
        pool_test(test_refused),
        pool_test(test_is),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests_name("token_uri", tests, NULL, NULL);
}
