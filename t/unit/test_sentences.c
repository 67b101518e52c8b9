/* SPDX-License-Identifier: Apache-2.0
 * base/sentence.h, base/sentences.h: the catalogue, and files that change it.
 */
#include "unit/unit.h"

#include <stdio.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/date.h"
#include "base/sentences.h"
#include "base/text.h"

/* A directory with files by name; texts end with NULL. */
static char *directory_of(const char *const files[][2], apr_pool_t *p)
{
    char *dir = apr_pstrdup(p, "/tmp/npie-sentences-XXXXXX");

    assert_non_null(mkdtemp(dir));
    for (; (*files)[0] != NULL; ++files) {
        FILE *out = fopen(apr_pstrcat(p, dir, "/", (*files)[0], NULL), "w");

        assert_non_null(out);
        fputs((*files)[1], out);
        fclose(out);
    }
    return dir;
}

static void clear(const char *const files[][2], const char *dir, apr_pool_t *p)
{
    for (; (*files)[0] != NULL; ++files) {
        unlink(apr_pstrcat(p, dir, "/", (*files)[0], NULL));
    }
    assert_int_equal(rmdir(dir), 0);
}

/* Reads one file; the text is what is wrong with it, "" when nothing is. */
static char *judged(npie_sentences_t **psentences, const char *text,
                    apr_pool_t *p)
{
    const char *const files[][2] = { { "es", text }, { NULL, NULL } };
    char *dir = directory_of(files, p);
    char *path = apr_pstrcat(p, dir, "/es", NULL);
    npie_err_t err = { .detail = "" };
    apr_status_t rv = npie_sentences_read(psentences, path, &err, p);

    clear(files, dir, p);
    assert_int_equal(rv, *err.detail == '\0' ? APR_SUCCESS : NPIE_ECONFIG);
    assert_true(rv == APR_SUCCESS
                || strncmp(err.detail, path, strlen(path)) == 0);
    return apr_pstrdup(p, rv == APR_SUCCESS ? "" : err.detail + strlen(path));
}

static void test_built_in(void **state)
{
    const npie_sentences_t *list = npie_sentences_built_in("es", *state);

    assert_string_equal(list->language, "es");
    for (int i = 0; i < NPIE_SENTENCES; ++i) {
        assert_true(*npie_sentence_key(i) != '\0');
        assert_true(strlen(npie_sentence(NULL, i)) > 0);
        assert_string_equal(npie_sentence(list, i), npie_sentence(NULL, i));
        for (int k = 0; k < i; ++k) {
            assert_string_not_equal(npie_sentence_key(i),
                                    npie_sentence_key(k));
        }
    }
    assert_string_equal(npie_sentence_key(NPIE_S_CAUSE_NOT_FOUND), "16.cause");
    assert_string_equal(npie_sentence_fill(NULL, NPIE_S_LETTER_OLDER, *state,
                                           "x", "1", "folio", "42", NULL),
                        "Es una carta anterior, con folio 42.");
}

/* What is drawn in letters has no English. */
static int is_of_letters(npie_sentence_t id)
{
    return strncmp(npie_sentence_key(id), "drawn.", 6) == 0;
}

/* What is built in is a file that is taken whole. */
static void test_installed(void **state)
{
    static const char *const languages[] = { "es", "en" };

    for (int l = 0; l < 2; ++l) {
        const npie_sentences_t *built =
            npie_sentences_built_in(languages[l], *state);
        npie_sentences_t *list;
        npie_err_t err;

        assert_int_equal(npie_sentences_read(
            &list, apr_pstrcat(*state, NPIE_BUILD "/conf/sentences/",
                               languages[l], NULL), &err, *state),
            APR_SUCCESS);
        assert_string_equal(list->language, languages[l]);
        for (int i = 0; i < NPIE_SENTENCES; ++i) {
            assert_string_equal(npie_sentence(list, i),
                                npie_sentence(built, i));
            assert_int_equal(list->changed[i], l == 0 || !is_of_letters(i));
        }
        assert_true(l != 0 || npie_sentences_missing(list, *state) == NULL);
    }
}

/* Those who ask for English get none in Spanish; what else is as in Spanish is
 * no word of a language. */
static void test_english(void **state)
{
    const npie_sentences_t *english = npie_sentences_built_in("en-GB", *state);
    const npie_sentences_t *other = npie_sentences_built_in("eng", *state);
    int equal = 0;

    assert_string_equal(english->language, "en-GB");
    assert_true(npie_sentences_has("en") && npie_sentences_has("en-GB")
                && npie_sentences_has("es-MX") && !npie_sentences_has("eng")
                && !npie_sentences_has("fr") && !npie_sentences_has(""));
    for (int i = 0; i < NPIE_SENTENCES; ++i) {
        assert_string_equal(npie_sentence(other, i), npie_sentence(NULL, i));
        equal += !is_of_letters(i)
            && strcmp(npie_sentence(english, i), npie_sentence(NULL, i)) == 0;
    }
    assert_in_range(equal, 1, 10);
    assert_string_equal(npie_sentence_fill(english, NPIE_S_LETTER_OLDER,
                                           *state, "folio", "42", NULL),
                        "It is an earlier letter, with the folio 42.");
}

/* Six hours behind UTC all the year round. */
static void test_dates(void **state)
{
    const npie_sentences_t *english = npie_sentences_built_in("en", *state);
    npie_sentences_t few = *english;
    apr_time_t t = 0;

    assert_int_equal(npie_text_time_parse(&t, "2026-11-22T05:59:59Z"), 0);
    assert_string_equal(npie_date_text(NULL, t, *state),
                        "21 de noviembre de 2026");
    assert_string_equal(npie_date_text(english, t, *state),
                        "November 21, 2026");
    assert_string_equal(npie_date_moment(english, t, *state),
                        "November 21, 2026 at 23:59");
    few.texts[NPIE_S_DATE_MONTHS] = "I II";
    assert_string_equal(npie_date_text(&few, t, *state), " 21, 2026");
    assert_int_equal(npie_text_time_parse(&t, "2026-07-01T06:00:00Z"), 0);
    assert_string_equal(npie_date_text(NULL, t, *state), "1 de julio de 2026");
    assert_string_equal(npie_date_moment(NULL, t, *state),
                        "1 de julio de 2026 a las 00:00");
}

static void test_taken(void **state)
{
    npie_sentences_t *list;

    assert_string_equal(judged(&list, "\xef\xbb\xbf# Un comentario.\r\n\r\n \t\r\n"
                               "16.cause \t No  existe.  \r\n"
                               "letter.older {folio} y {folio}", *state), "");
    assert_string_equal(npie_sentence(list, NPIE_S_CAUSE_NOT_FOUND),
                        "No existe.");
    assert_true(list->changed[NPIE_S_CAUSE_NOT_FOUND]);
    assert_string_equal(npie_sentence_fill(list, NPIE_S_LETTER_OLDER, *state,
                                           "folio", "7", NULL), "7 y 7");
    assert_string_equal(npie_sentence(list, NPIE_S_LETTER_FORGED),
                        npie_sentence(NULL, NPIE_S_LETTER_FORGED));
    assert_false(list->changed[NPIE_S_LETTER_FORGED]);
    assert_non_null(strstr(npie_sentences_missing(list, *state),
                           "10.cause, 10.remedy, "));
}

static void test_refused(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        { "16.cause", ":1: 16.cause: its text is missing" },
        { "\n16.cause \t ", ":2: 16.cause: its text is missing" },
        { "16 No.", ":1: 16: there is no such sentence" },
        { " 16.cause No.", ":1: : there is no such sentence" },
        { "16.cause a\n#\n16.cause b", ":3: 16.cause: it is here a second" },
        { "16.cause {a}", ":1: 16.cause: it has no placeholder {a}" },
        { "16.cause {", ":1: 16.cause: a brace without its other" },
        { "16.cause a}", ":1: 16.cause: a brace without its other" },
        { "16.cause {{", ":1: 16.cause: a brace without its other" },
        { "letter.older a", ":1: letter.older: the placeholder {folio} is" },
        { "letter.older {folio} {folios}",
          ":1: letter.older: it has no placeholder {folios}" },
        { "16.cause \xff", ", line 1: no UTF-8" },
        { "16.cause a\n\x01", ", line 2: no UTF-8" },
    };
    npie_sentences_t *list;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); ++i) {
        char *why = judged(&list, cases[i].text, *state);

        if (strncmp(why, cases[i].said, strlen(cases[i].said)) != 0) {
            fail_msg("%s: %s", cases[i].text, why);
        }
    }
}

/* Tags, NULL at their end, in a table. */
static apr_array_header_t *tags_of(const char *const *tags, apr_pool_t *p)
{
    apr_array_header_t *table = apr_array_make(p, 4, sizeof(const char *));

    for (; *tags != NULL; ++tags) {
        APR_ARRAY_PUSH(table, const char *) = *tags;
    }
    return table;
}

static void test_directory(void **state)
{
    static const char *const wanted[] = { "es", "en", "fr", "es-MX", NULL };
    static const char *const built_in[] = { "en-GB", "es", NULL };
    /* Who knows README? Only what is asked for is read. */
    static const char *const files[][2] = {
        { "en", "16.cause No such page here.\n" }, { "README", "x" },
        { "fr", "16.cause Cette page n'existe pas.\n" },
        { "es-MX", "16.cause No hay.\n" }, { NULL, NULL }
    };
    char *dir = directory_of(files, *state);
    apr_array_header_t *list;
    npie_err_t err;

    assert_int_equal(npie_sentences_load(&list, tags_of(wanted, *state), dir,
                                         &err, *state), 0);
    assert_int_equal(list->nelts, 4);
    for (int i = 0; i < 4; ++i) {
        const npie_sentences_t *one = APR_ARRAY_IDX(list, i,
                                                    npie_sentences_t *);

        assert_string_equal(one->language, wanted[i]);
        assert_string_equal(npie_sentence(one, NPIE_S_CAUSE_NOT_FOUND),
                            i == 0 ? npie_sentence(NULL, NPIE_S_CAUSE_NOT_FOUND)
                            : i == 1 ? "No such page here."
                            : i == 2 ? "Cette page n'existe pas." : "No hay.");
        assert_string_equal(npie_sentence(one, NPIE_S_RENEW_DUE),
                            i == 1 ? "expires soon" : "por vencer");
    }
    clear(files, dir, *state);
    assert_int_equal(npie_sentences_load(&list, tags_of(wanted, *state), dir,
                                         &err, *state), NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "No such file"));
    assert_int_equal(npie_sentences_load(&list, tags_of(wanted, *state), NULL,
                                         &err, *state), NPIE_ECONFIG);
    assert_non_null(strstr(err.detail, "there are no sentences in fr"));
    assert_int_equal(npie_sentences_load(&list, tags_of(built_in, *state),
                                         NULL, &err, *state), 0);
    assert_string_equal(npie_sentence(APR_ARRAY_IDX(list, 0,
                                                    npie_sentences_t *),
                                      NPIE_S_RENEW_DUE), "expires soon");
}

static void test_tags(void **state)
{
    static const char *const good[] = { "es", "en", "es-MX", "zh-Hant-TW" };
    static const char *const bad[] = { "", "e", "es_MX", "es-", "1s", ".en",
                                       "en.orig", "../en", "zh-Hant-HK-x" };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); ++i) {
        assert_true(npie_sentences_is_tag(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); ++i) {
        assert_false(npie_sentences_is_tag(bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        pool_test(test_built_in),
        pool_test(test_installed),
        pool_test(test_taken),
        pool_test(test_refused),
        pool_test(test_directory),
        pool_test(test_english),
        pool_test(test_dates),
        pool_test(test_tags),
    };
    int failed;

    apr_initialize();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    apr_terminate();
    return failed;
}
