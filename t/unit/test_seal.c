/* SPDX-License-Identifier: Apache-2.0
 * Sealing a letter: its form, and what independent programs make of it.
 */
#include "unit/seal_scene.h"

#include "letter/printed.h"
#include "letter/stamp.h"

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

/* A letter sealed with some face at a fixed time, and the face read again. */
static npie_bytes_t sealed_with(npie_face_form_t form, int offset,
                                apr_pool_t *p)
{
    const apr_time_t time = apr_time_from_sec(1796083200);
    npie_bytes_t sealed;
    npie_revision_t *revision;
    npie_face_t face;

    scene->face = (npie_face_t){ .form = form, .offset = offset };
    sealed = seal_sealed(scene->letter[1], scene->institute, time, p);
    assert_int_equal(npie_revision_parse(&revision, sealed, NULL, p),
                     APR_SUCCESS);
    assert_int_equal(revision->time, time);
    npie_face_read(&face, revision->section, p);
    assert_int_equal(face.form, form);
    assert_int_equal(face.offset, offset);
    forge_file("faced.pdf", sealed, scene->p);
    return revision->section;
}

static int holds(npie_bytes_t bytes, const char *text)
{
    return memmem(bytes.data, bytes.len, text, strlen(text)) != NULL;
}

/* The time of the employer's place, at the offset it has; letters that older
 * versions sealed, with UTC to the byte, stay what they are. */
static void test_faces(void **state)
{
    const npie_face_t before = scene->face;
    npie_bytes_t section = sealed_with(NPIE_FACE_UTC, 0, *state);

    assert_true(holds(section, "q BT /F 8 Tf 0 g 60 14 Td (Sellado el "
                      "01/12/2026 a las 00:00:00 \\(UTC\\)) Tj ET Q\n"));
    need(run("pdftotext faced.pdf -", scene->p),
         "Sellado el 01/12/2026 a las 00:00:00 (UTC)");
    section = sealed_with(NPIE_FACE_LOCAL, -8 * 3600, *state);
    assert_true(holds(section, "/M (D:20261201000000Z)"));
    need(run("pdftotext faced.pdf -", scene->p),
         "Sellado el 30/11/2026 a las 16:00:00 (UTC-08:00)");
    sealed_with(NPIE_FACE_LOCAL, -5 * 3600, *state);
    need(run("pdftotext faced.pdf -", scene->p),
         "Sellado el 30/11/2026 a las 19:00:00 (UTC-05:00)");
    scene->face = before;
}

/* On the field of an older letter each form draws what it drew then, and that
 * of paper the line alone. */
static void test_narrow(void **state)
{
    const npie_face_place_t place = {
        226, apr_time_from_sec(1796083200), 0, "", ""
    };
    npie_face_t face = { .form = NPIE_FACE_UTC };

    assert_string_equal(npie_face_draw(&face, &place, *state),
                        "q BT /F 8 Tf 0 g 42 14 Td (Sellado el 01/12/2026 a "
                        "las 00:00:00 \\(UTC\\)) Tj ET Q\n");
    face = (npie_face_t){ NPIE_FACE_LOCAL, -8 * 3600, NULL, NULL, 0, "" };
    for (int form = NPIE_FACE_LOCAL; form <= NPIE_FACE_PAPER; ++form) {
        face.form = (npie_face_form_t)form;
        assert_string_equal(npie_face_draw(&face, &place, *state),
                            "q BT /F 8 Tf 0 g 32 14 Td (Sellado el 30/11/2026 "
                            "a las 16:00:00 \\(UTC-08:00\\)) Tj ET Q\n");
    }
}

/* The sello, and a QR code as it was given. */
static void test_paper(void **state)
{
    const apr_time_t time = apr_time_from_sec(1796083200);
    const npie_face_t before = scene->face;
    npie_revision_t *revision;
    npie_bytes_t sealed;
    npie_face_t face;
    char code[NPIE_PRINTED_CODE_SIZE];
    const char *text;

    scene->face = (npie_face_t){ NPIE_FACE_PAPER, -6 * 3600, "30373031", "3031",
                                 3, "A040E0" };
    sealed = seal_sealed(scene->letter[1], scene->institute, time, *state);
    assert_int_equal(npie_revision_parse(&revision, sealed, NULL, *state),
                     APR_SUCCESS);
    npie_face_read(&face, revision->section, *state);
    assert_int_equal(face.form, NPIE_FACE_PAPER);
    assert_int_equal(face.modules, 3);
    assert_string_equal(face.square, "A040E0");
    forge_file("paper.pdf", sealed, scene->p);
    assert_int_equal(npie_printed_code(code, revision->parts->cms, NULL,
                                       *state), APR_SUCCESS);
    text = run("pdftotext -layout paper.pdf - | tr -s ' '", scene->p);
    need(text, "Sellado el 30/11/2026 a las 18:00:00 (UTC-06:00)");
    need(text, "Sello: 30373031");
    need(text, "Patrón: 3031");
    need(text, apr_pstrcat(*state, "Código: ", code, NULL));
    run("sha256sum paper.pdf >/dev/null && qpdf --check paper.pdf", scene->p);
    need(run(JAVA " paper.pdf", scene->p), "is a valid PDF/A-1b file");
    scene->face.seal = "30) Tj (x";
    sealed = seal_sealed(scene->letter[1], scene->institute, time, *state);
    assert_int_equal(npie_revision_parse(&revision, sealed, NULL, *state),
                     NPIE_EINPUT);
    scene->face = (npie_face_t){ NPIE_FACE_PAPER, -6 * 3600, "30", "30", 3,
                                 "A040G0" };
    sealed = seal_sealed(scene->letter[1], scene->institute, time, *state);
    assert_int_equal(npie_revision_parse(&revision, sealed, NULL, *state),
                     NPIE_EINPUT);
    scene->face = before;
}

/* Who has not the letter has not its code; an unsigned letter has none. */
static void test_code(void **state)
{
    static const unsigned char one[] = { 0x30, 1, 1 }, two[] = { 0x30, 1, 2 };
    char a[NPIE_PRINTED_CODE_SIZE], b[NPIE_PRINTED_CODE_SIZE];
    npie_err_t err;

    assert_int_equal(npie_printed_code(a, (npie_bytes_t){ one, 3 }, &err,
                                       *state), APR_SUCCESS);
    assert_int_equal(npie_printed_code(b, (npie_bytes_t){ two, 3 }, &err,
                                       *state), APR_SUCCESS);
    assert_int_equal(strlen(a), 32);
    assert_true(npie_printed_same(a, a));
    assert_false(npie_printed_same(a, b));
    assert_false(npie_printed_same(a, ""));
    assert_int_equal(npie_printed_code(b, (npie_bytes_t){ NULL, 0 }, &err,
                                       *state), NPIE_EINPUT);
    assert_false(npie_printed_same(b, ""));
    assert_string_equal(npie_printed_address("https://x/", 7, a, *state),
                        apr_pstrcat(*state, "https://x/verificar.html?folio=7"
                                    "&codigo=", a, NULL));
}

/* Who draws a letter does not know when it is signed. */
static void test_undated(void **state)
{
    const npie_bytes_t letter = scene->letter[1];
    npie_letter_file_t *file;

    assert_int_equal(npie_letter_file_parse(&file, letter, NULL, *state),
                     APR_SUCCESS);
    assert_false(holds(letter, "/M (D:"));
    assert_string_equal(file->zone, "America/Mexico_City");
}

static void refused(npie_bytes_t letter, const char *why, apr_pool_t *p)
{
    npie_seal_t *seal = (npie_seal_t *)p;
    npie_err_t err;

    assert_int_equal(npie_seal_prepare(&seal, letter, scene->time,
                                       &scene->face, &err, p),
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
                                       &scene->face, NULL, *state), APR_SUCCESS);
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

/* A sealed letter with another timestamp, whose token is not looked at. */
static npie_bytes_t stamped(npie_bytes_t file, const npie_stamp_data_t *data,
                            apr_pool_t *p)
{
    static const unsigned char der[] = { 0x30, 0x03, 0x02, 0x01, 0x07 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_seal_t *stamp;

    if (npie_stamp_prepare(&stamp, file, data, &err, p) != APR_SUCCESS) {
        fail_msg("%s", err.detail);
    }
    assert_int_equal(npie_seal_fill(stamp, (npie_bytes_t){ der, sizeof(der) },
                                    NULL), APR_SUCCESS);
    return seal_joined(file, stamp->section, p);
}

static int stamps(npie_bytes_t file, apr_size_t *pend, apr_pool_t *p)
{
    apr_array_header_t *list;

    npie_stamps_find(&list, pend, file, p);
    return list->nelts;
}

/* Data with bytes that look like the file around them. */
static npie_stamp_data_t *some_data(apr_pool_t *p)
{
    npie_stamp_data_t *data = npie_stamp_data_make(p);

    APR_ARRAY_PUSH(data->certs, npie_bytes_t) = scene->ca->der;
    APR_ARRAY_PUSH(data->certs, npie_bytes_t) = scene->old->der;
    APR_ARRAY_PUSH(data->crls, npie_bytes_t) =
        unit_bytes("\r\nendstream\nendobj\n9 0 obj\n<<\n/Length 4\n");
    return data;
}

/* Timestamps are found again, with what came along, and nothing else is. */
static void test_stamps(void **state)
{
    const npie_bytes_t one = stamped(scene->sealed[1], some_data(*state),
                                     *state);
    const npie_bytes_t two = stamped(one, NULL, *state);
    apr_array_header_t *list;
    const npie_stamp_t *first;
    npie_seal_t *refused;
    apr_size_t end;

    npie_stamps_find(&list, &end, two, *state);
    assert_int_equal(list->nelts, 2);
    assert_int_equal(end, two.len);
    first = &APR_ARRAY_IDX(list, 0, npie_stamp_t);
    assert_int_equal(first->end, one.len);
    assert_int_equal(first->token.len, 5);
    assert_int_equal(first->data->certs->nelts, 2);
    assert_int_equal(first->data->ocsps->nelts, 0);
    assert_int_equal(first->data->crls->nelts, 1);
    assert_int_equal(stamps(scene->sealed[1], &end, *state), 0);
    assert_int_equal(end, scene->sealed[1].len);
    assert_int_equal(stamps(scene->letter[1], &end, *state), 0);
    assert_int_equal(end, 0);
    /* Neither before the seal nor after something else. */
    assert_int_equal(npie_stamp_prepare(&refused, scene->letter[1], NULL, NULL,
                                        *state), NPIE_EINPUT);
    assert_int_equal(npie_stamp_prepare(&refused,
                                        seal_joined(one, unit_bytes("\n"),
                                                    *state), NULL, NULL,
                                        *state), NPIE_EINPUT);
}

/* With timestamps it is still what other programs take. */
static void test_stamps_judged(void **state)
{
    const npie_bytes_t one = stamped(scene->sealed[2], some_data(*state),
                                     *state);

    forge_file("stamped.pdf", stamped(one, NULL, *state), scene->p);
    run("qpdf --check stamped.pdf", scene->p);
    need(run(JAVA " stamped.pdf", scene->p), "is a valid PDF/A-1b file");
}

/* No byte of a timestamp's revision but data and token can be another; cut
 * anywhere, it is none. */
static void test_stamps_strict(void **state)
{
    const npie_bytes_t file = stamped(scene->sealed[1], NULL, *state);
    unsigned char *bytes = apr_pmemdup(*state, file.data, file.len);
    const apr_size_t begin = scene->sealed[1].len;
    apr_size_t end;
    apr_pool_t *p;

    apr_pool_create(&p, *state);
    for (apr_size_t at = begin; at < file.len; at += 7 * unit_stride(3)) {
        bytes[at] ^= 0x40;
        if (stamps((npie_bytes_t){ bytes, file.len }, &end, p) != 0) {
            fail_msg("byte %d of %d", (int)(at - begin),
                     (int)(file.len - begin));
        }
        bytes[at] ^= 0x40;
        apr_pool_clear(p);
    }
    for (apr_size_t len = begin; len < file.len; len += 101) {
        unsigned char *exact = malloc(len);

        memcpy(exact, file.data, len);
        assert_int_equal(stamps((npie_bytes_t){ exact, len }, &end, p), 0);
        assert_int_equal(end, begin);
        free(exact);
        apr_pool_clear(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_round),
        pool_test(test_unsealed),
        pool_test(test_faces),
        pool_test(test_narrow),
        pool_test(test_paper),
        pool_test(test_code),
        pool_test(test_undated),
        pool_test(test_refused),
        pool_test(test_fill),
        pool_test(test_judges),
        pool_test(test_attributes),
        pool_test(test_stamps),
        pool_test(test_stamps_judged),
        pool_test(test_stamps_strict),
    };

    return cmocka_run_group_tests_name("seal", tests, seal_setup,
                                       seal_teardown);
}
