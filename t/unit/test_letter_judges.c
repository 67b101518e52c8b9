/* SPDX-License-Identifier: Apache-2.0
 * What independent programs make of a letter: poppler (text, signatures),
 * qpdf and mupdf (structure), PDFBox preflight (PDF/A-1b), with a signature
 * made by openssl. A program that is missing is a failure.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit/letter_sample.h"

/* Debian: libpdfbox2-java, libactivation-java, libjaxb-api-java. */
#define JARS "/usr/share/java/preflight.jar:/usr/share/java/pdfbox2.jar:" \
    "/usr/share/java/xmpbox.jar:/usr/share/java/fontbox2.jar:" \
    "/usr/share/java/commons-logging.jar:" \
    "/usr/share/java/javax.activation.jar:/usr/share/java/jaxb-api.jar"
#define OUTPUT_MAX 65536

static char folder[] = "/tmp/npie-letter-XXXXXX";
static npie_letter_art_t *art;
static apr_pool_t *group_pool;

/* Runs a shell command in the folder; its output, errors included. */
static const char *run(const char *command, int *status)
{
    static char output[OUTPUT_MAX];
    FILE *pipe = popen(apr_psprintf(group_pool, "cd %s && { %s; } 2>&1",
                                    folder, command), "r");
    size_t len;

    assert_non_null(pipe);
    len = fread(output, 1, sizeof(output) - 1, pipe);
    output[len] = '\0';
    *status = pclose(pipe);
    return output;
}

static const char *run_well(const char *command)
{
    int status;
    const char *output = run(command, &status);

    if (status != 0) {
        fail_msg("%s: status %d: %s", command, status, output);
    }
    return output;
}

static void expect(const char *output, const char *text)
{
    if (strstr(output, text) == NULL) {
        fail_msg("\"%s\" is not in: %s", text, output);
    }
}

static void spit(const char *name, const npie_bytes_t *pieces, int count)
{
    FILE *f = fopen(apr_pstrcat(group_pool, folder, "/", name, NULL), "wb");

    assert_non_null(f);
    for (int i = 0; i < count; ++i) {
        assert_int_equal(fwrite(pieces[i].data, 1, pieces[i].len, f),
                         pieces[i].len);
    }
    assert_int_equal(fclose(f), 0);
}

static npie_bytes_t slurp(const char *name)
{
    FILE *f = fopen(apr_pstrcat(group_pool, folder, "/", name, NULL), "rb");
    unsigned char *data = apr_palloc(group_pool, NPIE_LETTER_MAX);
    npie_bytes_t bytes = { data, 0 };

    assert_non_null(f);
    bytes.len = fread(data, 1, NPIE_LETTER_MAX, f);
    fclose(f);
    return bytes;
}

/* Draws a letter into letter.pdf, and signs it as signed.pdf. */
static void make_letter(const npie_letter_t *letter)
{
    npie_bytes_t pdf = sample_draw(art, letter, group_pool);
    npie_letter_file_t *parts;
    npie_bytes_t signed_pdf;

    spit("letter.pdf", &pdf, 1);
    assert_int_equal(npie_letter_file_parse(&parts, pdf, NULL, group_pool),
                     APR_SUCCESS);
    spit("content", parts->signed_part, 2);
    run_well("openssl cms -sign -cades -binary -md sha256 -in content "
             "-signer leaf.pem -inkey leaf.key -certfile ca.pem "
             "-outform DER -out cms");
    assert_int_equal(npie_letter_file_sign(&signed_pdf, pdf, slurp("cms"),
                                           NULL, group_pool), APR_SUCCESS);
    spit("signed.pdf", &signed_pdf, 1);
}

/* The date is that of the employer's place: at one in the morning in the
 * capital it is the evening before in Tijuana. */
static void test_zones(void **state)
{
    static const struct {
        int entity;
        const char *city, *date, *zone;
    } cases[] = {
        { 9, "Cuauhtémoc", ", A 1 DE DICIEMBRE DE 2026", "America/Mexico_City" },
        { 2, "Tijuana", ", A 30 DE NOVIEMBRE DE 2026", "America/Tijuana" },
        { 26, "Hermosillo", ", A 1 DE DICIEMBRE DE 2026",
          "America/Hermosillo" },
        { 8, "Ojinaga", ", A 1 DE DICIEMBRE DE 2026", "America/Ojinaga" },
    };

    (void)state;
    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        sample_t *s = sample_make(NPIE_LETTER_RENEWAL, group_pool);

        s->employer.address.entity = cases[i].entity;
        s->employer.address.city = cases[i].city;
        s->employer.address.municipality = cases[i].city;
        s->letter.time = apr_time_from_sec(1796083200 + 7 * 3600);
        make_letter(&s->letter);
        expect(run_well("pdftotext -enc UTF-8 signed.pdf -"), cases[i].date);
        expect(run_well("grep -a npie:huso signed.pdf"),
               apr_psprintf(group_pool, "<npie:huso>%s</npie:huso>",
                            cases[i].zone));
    }
}

static int group_setup(void **state)
{
    (void)state;
    apr_initialize();
    apr_pool_create(&group_pool, NULL);
    art = sample_art(group_pool);
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    run_well("openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key "
             "-out ca.pem -subj /CN=Autoridad -days 30");
    run_well("openssl req -newkey rsa:2048 -nodes -keyout leaf.key "
             "-out leaf.csr -subj /CN=Ana");
    run_well("echo keyUsage=critical,digitalSignature,nonRepudiation >ext && "
             "openssl x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key "
             "-CAcreateserial -days 20 -extfile ext -out leaf.pem");
    run_well("mkdir nss && certutil -N -d sql:nss --empty-password && "
             "certutil -A -n ca -t CT,CT,CT -i ca.pem -d sql:nss");
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    run_well(apr_psprintf(group_pool, "rm -r %s", folder));
    apr_pool_destroy(group_pool);
    apr_terminate();
    return 0;
}

/* Text without its line ends and blanks. */
static const char *squeeze(const char *text)
{
    char *plain = apr_pstrdup(group_pool, text);
    char *out = plain;

    for (; *text != '\0'; ++text) {
        if (strchr(" \n\f", *text) == NULL) {
            *out++ = *text;
        }
    }
    *out = '\0';
    return plain;
}

/* What poppler reads in a letter, squeezed; the cadena is in it. */
static const char *letter_text(npie_letter_kind_t kind, apr_pool_t *p)
{
    const npie_letter_t *letter = &sample_make(kind, p)->letter;
    const char *text;

    make_letter(letter);
    text = squeeze(run_well("pdftotext -enc UTF-8 letter.pdf -"));
    expect(text, npie_cadena_format(npie_letter_cadena(letter, p), p));
    return text;
}

static void test_text(void **state)
{
    const char *text = letter_text(NPIE_LETTER_RENEWAL, *state);

    expect(text, "MaríaBegoñaNúñezGüemes");
    expect(text, "Cigüeñas&Ñandúes<delNorte>,S.A.deC.V.");
    expect(text, "CIUDADDEMÉXICO,A21DENOVIEMBREDE2026");
    expect(text, "A064878710-7");
    expect(text, "AvenidaÁlvaroObregón151,interior4-B,coloniaPeñóndelosBaños,"
           "C.P.06700,CiudaddeMéxico,Cuauhtémoc");
    expect(text, "Folio4711·UsuarioA064878710·NPIEA0648787107·"
           "Correoana&eva@nandu.example");
    expect(text, "LlavepúblicanuevaSHA-256delallave:" SAMPLE_NEW);
    expect(text, "LlavepúblicaanteriorSHA-256delallave:" SAMPLE_OLD);
    expect(text, "0203010001");
    expect(text, "bajoprotestadedecirverdad");
    expect(text, "Hoja1de3");
    expect(text, "Hoja2de3");
    expect(text, "mod_npie");
}

static void test_text_of_letter_2(void **state)
{
    const char *text = letter_text(NPIE_LETTER_TERMS, *state);

    expect(text, "Númerodeserie:00001000000504465028");
    expect(text, "Vigentedesdeel21denoviembrede2026hastael");
    expect(text, SAMPLE_NEW);
    assert_null(strstr(text, "Llavepúblicaanterior"));
}

/* 16 bytes a line, and a key's beginning and end as they are. */
static void test_key_lines(void **state)
{
    sample_t *s = sample_make(NPIE_LETTER_RENEWAL, *state);
    const char *text;

    s->letter.old_public_key = unit_bytes("\x03\x81\x8d" "4567890123456xyz");
    make_letter(&s->letter);
    text = run_well("pdftotext -layout letter.pdf - | sed 's/^ *//'");
    expect(text, "\n03 81 8d 34 35 36 37 38 39 30 31 32 33 34 35 36\n"
           "78 79 7a\n");
}

static void check_structure(npie_letter_kind_t kind, apr_pool_t *p)
{
    static const char *const files[] = { "letter.pdf", "signed.pdf" };
    const char *output;

    make_letter(&sample_make(kind, p)->letter);
    for (int i = 0; i < 2; ++i) {
        run_well(apr_psprintf(p, "qpdf --check %s", files[i]));
        output = run_well(apr_psprintf(p, "mutool info %s", files[i]));
        assert_null(strstr(output, "warning"));
        assert_null(strstr(output, "error"));
        output = run_well(apr_psprintf(p, "java -cp " JARS
                          " org.apache.pdfbox.preflight.Validator_A1b %s",
                          files[i]));
        expect(output, "is a valid PDF/A-1b file");
    }
    output = run_well("pdfsig -nssdir sql:nss signed.pdf");
    expect(output, "Signature Field Name: Patron");
    expect(output, "Signature Validation: Signature is Valid.");
    expect(output, "Certificate Validation: Certificate is Trusted.");
    expect(output, "Signature Type: ETSI.CAdES.detached");
    expect(output, "  - Total document signed");
    expect(output, "Signature Field Name: Instituto\n"
           "  The signature form field is not signed.");
}

static void test_structure(void **state)
{
    check_structure(NPIE_LETTER_RENEWAL, *state);
}

static void test_structure_of_letter_2(void **state)
{
    check_structure(NPIE_LETTER_TERMS, *state);
}

/* What a program that reads aloud finds: headings, list, fields, the number of
 * a key's bytes in place of its digits, and the foot once. */
static void test_read_aloud(void **state)
{
    static const char *const in_order[] = {
        "Document\n  H1 (block)\n    \"Carta de Aceptación de la Renovación",
        "  L (block)\n    LI (block)\n      Lbl (block)\n        \"1.\"\n",
        "      LBody (block)\n",
        "  Sect\n    P (block)\n      \"FIRMA ELECTRÓNICA DEL PATRÓN\"\n",
        "    Form\n      Object",
        "SELLO DIGITAL DEL INSTITUTO", "    Form\n      Object",
        "  H2 (block)\n    \"LLAVES PÚBLICAS\"\n",
        "  H3 (block)\n    \"Llave pública nueva\"\n",
        "  H3 (block)\n    \"Llave pública anterior\"\n",
        "  H2 (block)\n    \"CADENA ORIGINAL\"\n", "\"||1.0|1|4711|",
        "Folio 4711 · Usuario"
    };
    const char *at;

    make_letter(&sample_make(NPIE_LETTER_RENEWAL, *state)->letter);
    expect(run_well("pdfinfo signed.pdf"), "Tagged:          yes\n");
    at = run_well("pdfinfo -enc UTF-8 -struct-text signed.pdf");
    for (size_t i = 0; i < sizeof(in_order) / sizeof(in_order[0]); ++i) {
        expect(at, in_order[i]);
        at = strstr(at, in_order[i]) + strlen(in_order[i]);
    }
    assert_null(strstr(at, "Folio 4711"));
    assert_null(strstr(at, "Hoja"));
    expect(run_well("qpdf --json signed.pdf | grep /Alt"),
           "\"u:Los 402 bytes de la llave, en hexadecimal.\"");
}

/* Every text stands in marked content or is an artifact, and the tree has each
 * piece of marked content once. */
static void check_tags(npie_letter_kind_t kind, apr_pool_t *p)
{
    int depth = 0, texts = 0, pieces = 0, status;
    const char *owners;
    char *line, *last;

    make_letter(&sample_make(kind, p)->letter);
    run_well("qpdf --qdf --object-streams=disable signed.pdf plain.pdf");
    line = apr_pstrdup(p, run("grep -aE '(BMC|BDC|EMC|Tj)$' plain.pdf",
                              &status));
    for (line = apr_strtok(line, "\n", &last); line != NULL;
         line = apr_strtok(NULL, "\n", &last)) {
        const char *end = line + strlen(line) - 2;

        if (strcmp(end, "Tj") == 0) {
            ++texts;
            assert_int_equal(depth, 1);
        }
        else {
            depth += strcmp(end - 1, "EMC") == 0 ? -1 : 1;
            pieces += strstr(line, "/MCID") != NULL;
            assert_in_range(depth, 0, 1);
        }
    }
    assert_int_equal(depth, 0);
    assert_true(texts > 60 && pieces > 30);
    owners = run_well("qpdf --json signed.pdf | jq '[.qpdf[1][].value?"
                      " | objects | select(has(\"/Nums\"))[\"/Nums\"][]"
                      " | arrays | length] | add'");
    assert_int_equal(atoi(owners), pieces);
    owners = run_well("qpdf --json signed.pdf | jq '[.qpdf[1][].value?"
                      " | objects | select(.[\"/Type\"] == null and "
                      ".[\"/S\"] != null)[\"/K\"] | arrays | .[]"
                      " | select(type == \"number\" or"
                      " (type == \"object\" and has(\"/MCID\")))]"
                      " | length'");
    assert_int_equal(atoi(owners), pieces);
}

static void test_tags(void **state)
{
    check_tags(NPIE_LETTER_RENEWAL, *state);
    check_tags(NPIE_LETTER_TERMS, *state);
    check_tags(NPIE_LETTER_ADDITIONAL, *state);
}

/* Letters that Spanish lacks bring the full alphabet with them. */
static void test_other_letters(void **state)
{
    sample_t *s = sample_make(NPIE_LETTER_TERMS, *state);
    size_t spanish;

    make_letter(&s->letter);
    spanish = slurp("letter.pdf").len;
    s->employer.surname = "Müller-Łukasiewicz";
    s->employer.given_name = "François Þór";
    s->employer.contact.email = "pça@nandu.example";
    make_letter(&s->letter);
    assert_true(slurp("letter.pdf").len > spanish + 20000);
    expect(squeeze(run_well("pdftotext -enc UTF-8 letter.pdf -")),
           "FrançoisÞórMüller-ŁukasiewiczGüemes");
    expect(run_well("java -cp " JARS
                    " org.apache.pdfbox.preflight.Validator_A1b letter.pdf"),
           "is a valid PDF/A-1b file");
}

/* Names of people who live in Mexico are drawn as they are written, wherever
 * they stand in the letter and in whichever font. */
static void test_every_name(void **state)
{
    static const char *const names[] = {
        "Kʼiin", "Baꞌlaꞌk", "Ꞌa", "Dẕul", "Tlālli", "ɨtsé", "ḵuri",
        "X\u0331óchitl", "Yeʔkat", "Mańka", "Șerban Țepeș", "ﬁscal", "ʉmbe"
    };
    sample_t *s = sample_make(NPIE_LETTER_RENEWAL, *state);
    const char *text;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        s->employer.name = apr_psprintf(*state, "%s, S.C.", names[i]);
        s->employer.given_name = names[i];
        s->employer.contact.email = "ʉmbe@nandu.example";
        make_letter(&s->letter);
        text = run_well("pdftotext -enc UTF-8 letter.pdf -");
        expect(text, names[i]);
        assert_null(strchr(text, '?'));
        run_well("qpdf --check letter.pdf");
        if (i % 4 == 0) {
            expect(run_well("java -cp " JARS " org.apache.pdfbox.preflight."
                            "Validator_A1b letter.pdf"),
                   "is a valid PDF/A-1b file");
        }
    }
}

/* The judge of PDF/A tells a bad file from a good one. */
static void test_preflight_can_refuse(void **state)
{
    int status;

    make_letter(&sample_make(NPIE_LETTER_TERMS, *state)->letter);
    run_well("sed 's,/S /GTS_PDFA1,/S /GTS_PDFX1,' letter.pdf >bad.pdf");
    expect(run("java -cp " JARS
               " org.apache.pdfbox.preflight.Validator_A1b bad.pdf", &status),
           "is not a valid PDF/A-1b file");
    assert_int_not_equal(status, 0);
}

/* A changed byte is seen by the judge of signatures. */
static void test_altered(void **state)
{
    make_letter(&sample_make(NPIE_LETTER_RENEWAL, *state)->letter);
    run_well("sed 's,<xmp:CreatorTool>mod,<xmp:CreatorTool>nod,' signed.pdf "
             ">altered.pdf");
    expect(run_well("pdfsig -nssdir sql:nss altered.pdf"), "Digest Mismatch");
}

/* Saved by other programs: known again as a letter, but not taken for one. */
static void test_resaved(void **state)
{
    static const char *const programs[] = {
        "qpdf letter.pdf again.pdf",
        "qpdf --linearize --object-streams=generate letter.pdf again.pdf",
        "mutool clean -gggg -z letter.pdf again.pdf"
    };

    make_letter(&sample_make(NPIE_LETTER_RENEWAL, *state)->letter);
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); ++i) {
        run_well(programs[i]);
        assert_int_equal(npie_file_kind(slurp("again.pdf")),
                         NPIE_FILE_LETTER_RESAVED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_text),
        pool_test(test_text_of_letter_2),
        pool_test(test_zones),
        pool_test(test_key_lines),
        pool_test(test_structure),
        pool_test(test_structure_of_letter_2),
        pool_test(test_read_aloud),
        pool_test(test_tags),
        pool_test(test_other_letters), pool_test(test_every_name),
        pool_test(test_preflight_can_refuse),
        pool_test(test_altered),
        pool_test(test_resaved),
    };

    return cmocka_run_group_tests_name("letter_judges", tests, group_setup,
                                       group_teardown);
}
