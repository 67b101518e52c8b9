/* SPDX-License-Identifier: Apache-2.0
 * Every reader of bytes from outside, given none: no file, an empty value.
 * Libraries hand out NULL for that, and NULL is no text.
 */
#include "unit/unit.h"

#include "base/encoding.h"
#include "base/form.h"
#include "base/text.h"
#include "base/wire.h"
#include "letter/file.h"
#include "letter/revision.h"
#include "letter/terms.h"
#include "model/cadena.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "pki/ocsp.h"

static const npie_bytes_t nothing = { NULL, 0 };

static void test_pki(void **state)
{
    static const npie_key_rules_t keys = { .rsa_min_bits = 2048, .p256 = 1 };
    const npie_cms_rules_t rules = { .min_bits = 1024 };
    npie_ocsp_request_t request;
    npie_cert_t *cert;
    npie_csr_t *csr;

    assert_int_equal(npie_cert_parse(&cert, nothing, NULL, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_csr_parse(&csr, nothing, &keys, NULL, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_cms_verify(&cert, nothing, &nothing, 1, &rules, NULL,
                                     *state), NPIE_EINPUT);
    assert_int_equal(npie_ocsp_parse(&request, nothing, NULL, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_ocsp_signer(&cert, nothing, nothing, NULL, *state),
                     NPIE_EINPUT);
}

static void test_letters(void **state)
{
    npie_letter_file_t *file;
    npie_revision_t *revision;
    npie_cadena_t *cadena;
    npie_terms_t *terms;
    npie_err_t err;

    assert_int_equal(npie_file_kind(nothing), NPIE_FILE_EMPTY);
    assert_int_equal(npie_letter_file_parse(&file, nothing, NULL, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_revision_parse(&revision, nothing, NULL, *state),
                     NPIE_EINPUT);
    assert_int_equal(npie_cadena_parse(&cadena, nothing, *state),
                     NPIE_EINPUT);
    assert_int_not_equal(npie_terms_parse(&terms, "terms.txt", nothing, &err,
                                          *state), APR_SUCCESS);
}

static void test_texts(void **state)
{
    static const char *const types[] = {
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "multipart/form-data; boundary=\"\"",
        "multipart/form-data", NULL
    };
    npie_wire_reader_t r;
    npie_form_t *form;
    npie_bytes_t bytes;

    for (int i = 0; i < 5; ++i) {
        if (npie_form_parse(&form, types[i], nothing, NULL, *state)
            == APR_SUCCESS) {
            assert_string_equal(npie_form_text(form, ""), "");
        }
    }
    npie_text_base64_decode(&bytes, NULL, 0, *state);
    assert_true(npie_text_is_clean(NULL, 0));
    npie_wire_reader_init(&r, nothing);
    assert_string_equal(npie_wire_get_string(&r, 10, *state), "");
    assert_int_not_equal(npie_wire_get_end(&r), APR_SUCCESS);
    npie_wire_reader_init(&r, nothing);
    assert_int_equal(npie_wire_get_end(&r), APR_SUCCESS);
}

static void test_encoding(void **state)
{
    const char *used = NULL;
    apr_size_t len = 1;
    char *text = NULL;

    assert_int_equal(npie_encoding_decode(&text, &len, &used, nothing, NULL,
                                          NULL, *state), APR_SUCCESS);
    assert_int_equal(len, 0);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_pki), pool_test(test_letters), pool_test(test_texts),
        pool_test(test_encoding),
    };

    apr_initialize();
    atexit(apr_terminate);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
