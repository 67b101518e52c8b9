/* SPDX-License-Identifier: Apache-2.0
 * Drawing letters: template, fields, same bytes, threads.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include <apr_thread_proc.h>

#include "letter/art.h"
#include "letter/terms.h"
#include "letter/winansi.h"
#include "model/field.h"
#include "unit/letter_sample.h"

#define THREADS 4
#define LETTERS 6

static int group_setup(void **state)
{
    (void)state;
    return apr_initialize();
}

/* Every section of all letters. */
static const char good_terms[] =
    "[carta 1: titulo]\nUno\n[carta 1: destinatario]\nA\nB\n"
    "[carta 1: cuerpo]\n{nombre} con *{rp}*\ny mas\n\nDos **\n"
    "[carta 1: aceptacion]\nx\n[carta 1: terminos]\nx\n\ny\n"
    "[carta 1: protesta]\nx\n[carta 2: titulo]\nDos\n"
    "[carta 2: destinatario]\nx\n[carta 2: cuerpo]\n{serie} {desde} {hasta}\n"
    "[carta 2: aceptacion]\nx\n[carta 2: terminos]\nx\n"
    "[carta 2: protesta]\nx\n[carta 3: titulo]\nTres\n"
    "[carta 3: destinatario]\nx\n[carta 3: cuerpo]\n{titular} {finalidad}\n"
    "[carta 3: aceptacion]\n{correo_titular}\n[carta 3: terminos]\nx\n"
    "[carta 3: protesta]\nx\n";

/* good_terms with its first `old` replaced. */
static npie_bytes_t terms_with(const char *old, const char *new, apr_pool_t *p)
{
    const char *at = strstr(good_terms, old);

    assert_non_null(at);
    return unit_bytes(apr_pstrcat(p, apr_pstrmemdup(p, good_terms,
                                          (apr_size_t)(at - good_terms)),
                                  new, at + strlen(old), NULL));
}

static void test_terms(void **state)
{
    apr_pool_t *p = *state;
    const char *values[NPIE_VALUES];
    npie_terms_t *terms;
    npie_err_t err;
    npie_bytes_t file = unit_bytes(good_terms);
    const apr_array_header_t *body;

    for (int i = 0; i < NPIE_VALUES; ++i) {
        values[i] = "-";
    }
    values[NPIE_VALUE_NAME] = "Ñu *{rp}*";
    values[NPIE_VALUE_RP] = "A064878710-7";
    assert_int_equal(npie_terms_parse(&terms, "t", file, &err, p), APR_SUCCESS);
    body = terms->parts[0][NPIE_PART_BODY];
    assert_int_equal(body->nelts, 2);
    assert_string_equal(npie_terms_expand(APR_ARRAY_IDX(body, 0, const char *),
                                          values, p),
                        "Ñu *{rp}* con \1A064878710-7\2 y mas");
    assert_string_equal(npie_terms_expand(APR_ARRAY_IDX(body, 1, const char *),
                                          values, p), "Dos *");
    assert_int_equal(terms->parts[0][NPIE_PART_ADDRESSEE]->nelts, 2);
    assert_int_equal(terms->parts[0][NPIE_PART_TERMS]->nelts, 2);
    assert_null(terms->note);
}

static void test_terms_refused(void **state)
{
    static const struct { const char *old; const char *new; const char *why; }
    cases[] = {
        { "{nombre}", "{nombres}", "t, line 7: unknown placeholder {nombres};" },
        { "{nombre}", "{nombre", "t, line 7: a brace without its other" },
        { "{nombre}", "nombre}", "t, line 7: a brace without its other" },
        { "{nombre}", "{serie}", "t, line 7: {serie} is known in carta 2" },
        { "{nombre}", "{titular}", "t, line 7: {titular} is known in carta 3" },
        { "*{rp}*", "*{rp}", "t, line 7: a * without" },
        { "[carta 1: terminos]", "[carta 1: termino]",
          "t, line 13: unknown section; a letter has" },
        { "[carta 1: terminos]", "[carta 4: terminos]",
          "t, line 13: unknown section; sections are" },
        { "[carta 2: titulo]", "[carta 1: titulo]",
          "t, line 19: this section is there already" },
        { "[carta 2: protesta]\nx\n", "",
          "t, line 41: the section [carta 2: protesta] is missing" },
        { "[carta 2: protesta]\nx\n", "[carta 2: protesta]\n",
          "t, line 42: the section [carta 2: protesta] is missing" },
        { "[carta 1: titulo]\n", "# nada\nhola\n",
          "t, line 2: text before the first section" },
        { "Uno\n", "Uno\n\nDos\n", "t, line 4: a title is one paragraph" },
        { "Uno\n", "Un\xf3\n", "t, line 2: no UTF-8" },
        { "Uno\n", "Un\x1b\n", "t, line 2: no UTF-8, or a control" },
        { "Uno\n", "\xed\xa0\x80\n", "t, line 2: no UTF-8" },
        { "[carta 1: titulo]\n", "[nota]\nA\n\nB\n[carta 1: titulo]\n",
          "t, line 4: the note has more than one paragraph" }
    };
    apr_pool_t *p = *state;
    npie_terms_t *terms;
    npie_err_t err;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        npie_bytes_t file = terms_with(cases[i].old, cases[i].new, p);

        assert_int_equal(npie_terms_parse(&terms, "t", file, &err, p),
                         NPIE_ECONFIG);
        assert_null(terms);
        if (strncmp(err.detail, cases[i].why, strlen(cases[i].why)) != 0) {
            fail_msg("case %d: %s", (int)i, err.detail);
        }
    }
}

/* What mails know, letters know too. */
static void test_terms_marks(void **state)
{
    npie_bytes_t file = terms_with("{nombre}", "{{{nombre}}}", *state);
    const char *values[NPIE_VALUES];
    npie_terms_t *terms;
    const char *marked;

    for (int i = 0; i < NPIE_VALUES; ++i) {
        values[i] = "-";
    }
    values[NPIE_VALUE_NAME] = "Ñu";
    marked = apr_pstrcat(*state, "\xef\xbb\xbf", file.data, NULL);
    assert_int_equal(npie_terms_parse(&terms, "t", unit_bytes(marked), NULL,
                                      *state), APR_SUCCESS);
    assert_non_null(strstr(npie_terms_expand(
        APR_ARRAY_IDX(terms->parts[0][NPIE_PART_BODY], 0, const char *),
        values, *state), "{Ñu}"));
}

static void test_terms_nul_and_length(void **state)
{
    apr_pool_t *p = *state;
    npie_bytes_t file = { (const unsigned char *)good_terms,
                          sizeof(good_terms) };
    npie_terms_t *terms;
    npie_err_t err;
    char *large = apr_palloc(p, NPIE_TERMS_MAX + 1);

    assert_int_equal(npie_terms_parse(&terms, "t", file, &err, p),
                     NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "a control character"));
    memset(large, '#', NPIE_TERMS_MAX + 1);
    file.data = (unsigned char *)large;
    file.len = NPIE_TERMS_MAX + 1;
    assert_int_equal(npie_terms_parse(&terms, "t", file, &err, p),
                     NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "65536"));
}

static void test_winansi_missing(void **state)
{
    (void)state;
    assert_int_equal(npie_winansi_missing("Cafe\u0301 “Ñandú” – Šá\u2011€®"),
                     0);
    assert_int_equal(npie_winansi_missing("K\u02bcan Ba\ua78clam Dz\u0331ul "
                                          "Ma\u0144ka \u0268ts\u00e9 "
                                          "a\u0302\u0302"), 0);
    assert_int_equal(npie_winansi_missing("evil\u202e"), 0x202e);
    assert_int_equal(npie_winansi_missing("La 🌮"), 0x1f32e);
    assert_int_equal(npie_winansi_missing("a\u200b"), 0x200b);
}

static void test_winansi(void **state)
{
    apr_pool_t *p = *state;
    npie_extras_t extras = { .count = 0 };
    char *text;

    assert_string_equal(npie_winansi_encode(&extras, "ñÁü€–“”¿", p),
                        "\xf1\xc1\xfc\x80\x96\x93\x94\xbf");
    /* n and o with combining marks; letters that WinAnsi lacks, each with a
     * code of its own */
    assert_string_equal(npie_winansi_encode(&extras,
                                            "n\u0303o\u0301\u0151\u0331x\u0151",
                                            p), "\xf1\xf3\x03\x04x\x03");
    assert_int_equal(extras.count, 2);
    assert_int_equal(extras.cps[0], 0x151);
    assert_int_equal(extras.cps[1], 0x331);
    assert_string_equal(npie_winansi_encode(&extras, "\u200b 東\uff21", p),
                        " ?A");
    assert_string_equal(npie_winansi_encode(NULL, "Łódź n\u0303\u0331", p),
                        "L\xf3" "dz \xf1");
    text = npie_winansi_encode(&extras, "ñandú š÷ÿß", p);
    npie_winansi_upper(text);
    assert_string_equal(text, "\xd1" "AND\xda \x8a\xf7\x9f\xdf");
}

/* The places of all extras are different and lead back to them; a letter holds
 * as many as it has codes. */
static void test_extras(void **state)
{
    npie_extras_t extras = { .count = 0 };

    (void)state;
    for (int i = 0; i < NPIE_EXTRAS_ALL; ++i) {
        assert_int_equal(npie_extras_place(npie_extras_at(i)), i);
    }
    assert_int_equal(npie_extras_at(NPIE_EXTRAS_ALL), 0);
    for (int i = 0; i < NPIE_EXTRAS_MAX; ++i) {
        unsigned char code = npie_extras_code(&extras, npie_extras_at(i));

        assert_int_equal(code, NPIE_EXTRAS_FIRST + i);
        assert_true(npie_extras_is((char)code));
    }
    assert_int_equal(npie_extras_code(&extras, npie_extras_at(0)),
                     NPIE_EXTRAS_FIRST);
    assert_false(extras.full);
    assert_int_equal(npie_extras_code(&extras, 0x2bc), 0);
    assert_true(extras.full);
    assert_false(npie_extras_is('\1'));
    assert_false(npie_extras_is(' '));
    assert_false(npie_extras_is('\xf1'));
}

static void test_art_refused(void **state)
{
    apr_pool_t *p = *state;
    npie_letter_art_t *art;
    npie_err_t err;

    assert_int_equal(npie_letter_art_load(&art, "/no/such/folder",
                                          SAMPLE_TERMS, SAMPLE_INSTITUTION,
                                          &err, p), NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "/no/such/folder/LiberationSerif-Reg"));
    assert_non_null(strstr(err.detail, "NPIELetterFonts"));
    assert_null(art);
    assert_int_equal(npie_letter_art_load(&art, SAMPLE_FONTS, "/no/such/terms",
                                          SAMPLE_INSTITUTION, &err, p),
                     NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "NPIELetterTerms"));
    assert_int_equal(npie_letter_art_load(&art, SAMPLE_FONTS, SAMPLE_TERMS,
                                          "", &err, p), NPIE_ECONFIG);
    assert_int_equal(npie_letter_art_load(&art, SAMPLE_FONTS, SAMPLE_TERMS,
                                          "a\xff", &err, p), NPIE_ECONFIG);
}

/* Terms that pass by their form, but make letters of too many pages. */
static void test_terms_too_long(void **state)
{
    apr_pool_t *p = *state;
    const char *name = apr_psprintf(p, "/tmp/npie-terms-%d", (int)getpid());
    npie_letter_art_t *art;
    npie_err_t err;
    char *values = apr_pcalloc(p, 30 * 100 + 1);
    npie_bytes_t terms;
    FILE *f = fopen(name, "wb");

    assert_non_null(f);
    for (int i = 0; i < 100; ++i) {
        memcpy(values + i * 30, "{domicilio} y {razon_social},\n", 30);
    }
    terms = terms_with("[carta 2: terminos]\n",
                       apr_pstrcat(p, "[carta 2: terminos]\n", values, NULL),
                       p);
    assert_int_equal(fwrite(terms.data, 1, terms.len, f), terms.len);
    fclose(f);
    assert_int_equal(npie_letter_art_load(&art, SAMPLE_FONTS, name,
                                          SAMPLE_INSTITUTION, &err, p),
                     NPIE_ECONFIG);
    unlink(name);
    assert_null(art);
    assert_non_null(strstr(err.detail, "carta 2"));
    assert_non_null(strstr(err.detail, "20 pages"));
}

static void check_drawn(const npie_letter_art_t *art,
                        const npie_letter_t *letter, apr_pool_t *p)
{
    npie_bytes_t pdf = sample_draw(art, letter, p);
    npie_bytes_t again = sample_draw(art, letter, p);
    npie_letter_file_t *parts;
    npie_err_t err;

    assert_int_equal(pdf.len, again.len);
    assert_memory_equal(pdf.data, again.data, pdf.len);
    assert_int_equal(npie_letter_file_parse(&parts, pdf, &err, p),
                     APR_SUCCESS);
    assert_int_equal(parts->cms.len, 0);
    assert_string_equal(npie_cadena_format(parts->cadena, p),
                        npie_cadena_format(npie_letter_cadena(letter, p), p));
    assert_int_equal(npie_file_kind(pdf), NPIE_FILE_LETTER);
    pdf.len -= 7;
    assert_int_equal(npie_file_kind(pdf), NPIE_FILE_LETTER_RESAVED);
}

static void test_drawn(void **state)
{
    apr_pool_t *p = *state;
    npie_letter_art_t *art = sample_art(p);

    check_drawn(art, &sample_make(NPIE_LETTER_RENEWAL, p)->letter, p);
    check_drawn(art, &sample_make(NPIE_LETTER_TERMS, p)->letter, p);
    check_drawn(art, &sample_make(NPIE_LETTER_ADDITIONAL, p)->letter, p);
}

/* Most of a letter is its fonts, which carry no programs. */
static void test_size(void **state)
{
    npie_bytes_t pdf = sample_draw(sample_art(*state), &sample_make(
        NPIE_LETTER_RENEWAL, *state)->letter, *state);

    assert_true(pdf.len - NPIE_FORM_HEX_SIZE < 58 * 1024);
}

/* A text of so many bytes without any blank. */
static const char *solid(char c, apr_size_t len, apr_pool_t *p)
{
    char *text = apr_pcalloc(p, len + 1);

    memset(text, c, len);
    return text;
}

static void test_longest(void **state)
{
    apr_pool_t *p = *state;
    npie_letter_art_t *art = sample_art(p);
    sample_t *s = sample_make(NPIE_LETTER_RENEWAL, p);
    char *email = apr_pstrdup(p, solid('e', NPIE_EMAIL_MAX, p));

    email[64] = '@';
    s->employer.contact.email = email;
    s->employer.name = solid('W', 200, p);
    s->employer.given_name = solid('W', 200, p);
    s->employer.surname = solid('W', 200, p);
    s->employer.surname2 = solid('W', 200, p);
    s->employer.subdelegation = solid('W', 200, p);
    s->employer.address.street = solid('W', 200, p);
    s->employer.address.colony = solid('W', 200, p);
    s->letter.old_public_key = sample_key(1042, p);
    s->letter.new_public_key = sample_key(1042, p);
    check_drawn(art, &s->letter, p);
}

static void refused(const npie_letter_art_t *art, const sample_t *s,
                    const char *field, apr_pool_t *p)
{
    npie_bytes_t pdf;
    npie_err_t err;

    assert_int_equal(npie_letter_draw(&pdf, art, &s->letter, &err, p),
                     NPIE_EINPUT);
    assert_int_equal(pdf.len, 0);
    if (strstr(err.detail, field) == NULL) {
        fail_msg("%s: %s", field, err.detail);
    }
}

#define refused_with(field, member, value)                                   \
    do {                                                                     \
        sample_t *s = sample_make(NPIE_LETTER_TERMS, p);                     \
        s->member = value;                                                   \
        refused(art, s, field, p);                                           \
    } while (0)

static void test_fields_refused(void **state)
{
    apr_pool_t *p = *state;
    npie_letter_art_t *art = sample_art(p);
    npie_bytes_t none = { NULL, 0 };

    refused_with("social", employer.name, solid('x', 201, p));
    refused_with("social", employer.name, "a\nb");
    refused_with("social", employer.name, "a\xff");
    refused_with("social", employer.name, NULL);
    refused_with("e-mail", employer.contact.email, solid('x', 255, p));
    refused_with("entity", employer.address.entity, 33);
    refused_with("street", employer.address.street, "a\1b");
    refused_with("folio", letter.folio, 0);
    refused_with("kind", letter.kind, (npie_letter_kind_t)4);
    refused_with("SHA-256", letter.new_spki, "abc");
    refused_with("public key", letter.new_public_key, none);
    refused_with("public key", letter.new_public_key, sample_key(1201, p));
    refused_with("serial", letter.serial, NULL);
}

/* One thread's letters. */
typedef struct worker_t {
    const npie_letter_art_t *art;
    npie_bytes_t expected[2];
    int wrong;
} worker_t;

static void *APR_THREAD_FUNC work(apr_thread_t *thread, void *data)
{
    worker_t *w = data;

    for (int i = 0; i < LETTERS; ++i) {
        npie_letter_kind_t kind = i % 2 == 0 ? NPIE_LETTER_RENEWAL
                                             : NPIE_LETTER_TERMS;
        npie_bytes_t pdf;
        apr_pool_t *p;

        apr_pool_create(&p, NULL);
        if (npie_letter_draw(&pdf, w->art, &sample_make(kind, p)->letter, NULL,
                             p) != APR_SUCCESS
            || pdf.len != w->expected[i % 2].len
            || memcmp(pdf.data, w->expected[i % 2].data, pdf.len) != 0) {
            ++w->wrong;
        }
        apr_pool_destroy(p);
    }
    (void)thread;
    return NULL;
}

static void test_threads(void **state)
{
    apr_pool_t *p = *state;
    worker_t workers[THREADS];
    apr_thread_t *threads[THREADS];
    apr_status_t rv;

    workers[0].art = sample_art(p);
    workers[0].wrong = 0;
    workers[0].expected[0] = sample_draw(workers[0].art,
        &sample_make(NPIE_LETTER_RENEWAL, p)->letter, p);
    workers[0].expected[1] = sample_draw(workers[0].art,
        &sample_make(NPIE_LETTER_TERMS, p)->letter, p);
    for (int i = 0; i < THREADS; ++i) {
        workers[i] = workers[0];
        assert_int_equal(apr_thread_create(&threads[i], NULL, work,
                                           &workers[i], p), APR_SUCCESS);
    }
    for (int i = 0; i < THREADS; ++i) {
        apr_thread_join(&rv, threads[i]);
        assert_int_equal(workers[i].wrong, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_terms),
        pool_test(test_terms_refused),
        pool_test(test_terms_nul_and_length),
        pool_test(test_terms_marks),
        pool_test(test_winansi),
        pool_test(test_extras),
        pool_test(test_winansi_missing),
        pool_test(test_art_refused),
        pool_test(test_terms_too_long),
        pool_test(test_drawn), pool_test(test_size),
        pool_test(test_longest),
        pool_test(test_fields_refused),
        pool_test(test_threads),
    };

    return cmocka_run_group_tests_name("letter", tests, group_setup, NULL);
}
