/* SPDX-License-Identifier: Apache-2.0
 * Sealing a letter: its form, and what independent programs make of it.
 */
#include "unit/seal_scene.h"

#include <apr_strings.h>

/* Debian: libpdfbox2-java and what it needs; see test_letter_judges.c. */
#define JAVA "java -cp /usr/share/java/preflight.jar:" \
    "/usr/share/java/pdfbox2.jar:/usr/share/java/xmpbox.jar:" \
    "/usr/share/java/fontbox2.jar:/usr/share/java/commons-logging.jar:" \
    "/usr/share/java/javax.activation.jar:/usr/share/java/jaxb-api.jar " \
    "org.apache.pdfbox.preflight.Validator_A1b"

static void need(const char *output, const char *text)
{
    if (strstr(output, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, output);
    }
}

static const char *run(const char *command, apr_pool_t *p)
{
    static const char *output;
    const int status = forge_run(&output, p, "%s", command);

    if (status != 0) {
        fail_msg("%s: %s", command, output);
    }
    return output;
}

/* The letter is in the sealed file as it was, and reading finds it again. */
static void test_round(void **state)
{
    for (int kind = 1; kind <= 2; ++kind) {
        const npie_bytes_t letter = scene->letter[kind];
        const npie_bytes_t sealed = scene->sealed[kind];
        npie_revision_t *revision;

        assert_true(sealed.len - letter.len <= NPIE_SEAL_MAX);
        assert_memory_equal(sealed.data, letter.data, letter.len);
        assert_int_equal(npie_revision_parse(&revision, sealed, NULL, *state),
                         APR_SUCCESS);
        assert_int_equal(revision->letter.len, letter.len);
        assert_int_equal(revision->section.len, sealed.len - letter.len);
        assert_int_equal(revision->time, scene->time + apr_time_from_sec(90));
        assert_true(revision->cms.len > 0);
        assert_int_equal(revision->parts->cadena->kind, kind);
        assert_int_equal(npie_file_kind(sealed), NPIE_FILE_LETTER);
    }
}

/* Read without a seal, too, signed or not. */
static void test_unsealed(void **state)
{
    npie_revision_t *revision;

    assert_int_equal(npie_revision_parse(&revision, scene->letter[1], NULL,
                                         *state), APR_SUCCESS);
    assert_int_equal(revision->section.len, 0);
    assert_int_equal(revision->time, 0);
    assert_true(revision->parts->cms.len > 0);
}

static void refused(npie_bytes_t letter, const char *why, apr_pool_t *p)
{
    npie_seal_t *seal = (npie_seal_t *)p;
    npie_err_t err;

    assert_int_equal(npie_seal_prepare(&seal, letter, scene->time, &err, p),
                     NPIE_EINPUT);
    assert_null(seal);
    assert_int_equal(err.problem, NPIE_P_LETTER);
    need(err.detail, why);
}

/* Only a letter that is signed, and once. */
static void test_refused(void **state)
{
    npie_bytes_t letter = scene->letter[1];
    npie_letter_file_t *file;
    unsigned char *copy = apr_pmemdup(*state, letter.data, letter.len);
    char *name;

    refused(unit_bytes("%PDF-1.4\n"), "letter file", *state);
    refused(scene->sealed[1], "letter file", *state);
    assert_int_equal(npie_letter_file_parse(&file, letter, NULL, *state),
                     APR_SUCCESS);
    memset(copy + (file->hex.data - letter.data), '0', file->hex.len);
    letter.data = copy;
    refused(letter, "not signed", *state);
    copy = apr_pmemdup(*state, scene->letter[1].data, letter.len);
    name = memmem(copy, letter.len, "(Instituto)", 11);
    assert_non_null(name);
    name[1] = 'i';
    letter.data = copy;
    refused(letter, "no empty field", *state);
}

static void test_fill(void **state)
{
    static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
    npie_bytes_t cms = { der, sizeof(der) };
    npie_err_t err;
    npie_seal_t *seal;

    assert_int_equal(npie_seal_prepare(&seal, scene->letter[2], scene->time,
                                       NULL, *state), APR_SUCCESS);
    cms.len = 4;
    assert_int_equal(npie_seal_fill(seal, cms, &err), NPIE_EINPUT);
    assert_int_equal(err.problem, NPIE_P_SIGNATURE);
    cms.len = 0;
    assert_int_equal(npie_seal_fill(seal, cms, &err), NPIE_EINPUT);
    cms.len = sizeof(der);
    assert_int_equal(npie_seal_fill(seal, cms, &err), APR_SUCCESS);
    assert_memory_equal(seal->hex, "300302010700", 12);
}

/* poppler verifies both signatures, qpdf and mupdf read both revisions, and
 * PDF/A-1b still holds. */
static void test_judges(void **state)
{
    apr_pool_t *p = *state;
    const char *output;

    run("mkdir -p nss && certutil -N -d sql:nss --empty-password && "
        "certutil -A -n ca -t CT,CT,CT -i ca.pem -d sql:nss", scene->p);
    for (int kind = 1; kind <= 2; ++kind) {
        forge_file("sealed.pdf", scene->sealed[kind], scene->p);
        output = run("pdfsig -nssdir sql:nss sealed.pdf", scene->p);
        need(output, "Signature #1");
        need(output, "Signature Field Name: Patron");
        output = strstr(output, "Signature #2");
        assert_non_null(output);
        need(output, "Signature Field Name: Instituto");
        need(output, "Signer Certificate Common Name: Sello de Demostraci");
        need(output, "Signature Type: ETSI.CAdES.detached");
        need(output, "Total document signed");
        need(output, "Signature Validation: Signature is Valid.");
        need(output, "Certificate Validation: Certificate is Trusted.");
        output = run("pdfsig -nssdir sql:nss sealed.pdf | "
                     "grep -c 'Signature is Valid'", scene->p);
        assert_string_equal(output, "2\n");
        run("qpdf --check sealed.pdf", scene->p);
        output = run("mutool info sealed.pdf", scene->p);
        assert_null(strstr(output, "warning"));
        assert_null(strstr(output, "error"));
        need(run(JAVA " sealed.pdf", scene->p),
             "is a valid PDF/A-1b file");
        need(run("pdftotext -enc UTF-8 sealed.pdf -", scene->p),
             "Sellado el ");
    }
    (void)p;
}

/* PAdES: the attributes that must be there, and not the one that must not. */
static void test_attributes(void **state)
{
    npie_revision_t *revision;
    const char *output;

    assert_int_equal(npie_revision_parse(&revision, scene->sealed[2], NULL,
                                         *state), APR_SUCCESS);
    forge_file("cms", revision->cms, scene->p);
    output = run("openssl cms -cmsout -print -inform DER -in cms", scene->p);
    need(output, "contentType");
    need(output, "messageDigest");
    need(output, "id-smime-aa-signingCertificateV2");
    assert_null(strstr(output, "signingTime"));
    /* libcrypto takes the encoding for DER. */
    run("openssl cms -cmsout -inform DER -in cms -outform DER -out again && "
        "cmp cms again", scene->p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_round),
        pool_test(test_unsealed),
        pool_test(test_refused),
        pool_test(test_fill),
        pool_test(test_judges),
        pool_test(test_attributes),
    };

    return cmocka_run_group_tests_name("seal", tests, seal_setup,
                                       seal_teardown);
}
