/* SPDX-License-Identifier: Apache-2.0
 * Texts that an admin may replace. First byte: t template of the letters, b
 * what all have in common, s file of sentences; else template of a mail, laid
 * over the installed one.
 * Parser: mail/template.c base/template.c letter/terms.c base/sentences.c
 * base/sentence.c
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include "base/file.h"
#include "base/sentences.h"
#include "base/template.h"
#include "base/text.h"
#include "fuzz/fuzz.h"
#include "letter/terms.h"
#include "mail/template.h"
#include "unit/forge.h"

/* A value with everything that HTML and headers are touchy about. */
#define VALUE "<b>&\"'{liga}ñ"

static const char *folder;
static const char *values[NPIE_MAIL_VALUES];

/* The installed templates; the two files of the first kind are left out. */
static void begin(apr_pool_t *p)
{
    fuzz_need(forge_run(NULL, p, "mkdir plantillas && cp %s plantillas/",
                        NPIE_TOP "/conf/mail/*.txt " NPIE_TOP
                        "/conf/mail/*.html") == 0, "no templates");
    folder = forge_path("plantillas", p);
    for (int i = 0; i < NPIE_MAIL_VALUES; ++i) {
        values[i] = VALUE;
    }
}

static void need_multiline(const char *text)
{
    fuzz_need(npie_text_is_clean_multiline(text, strlen(text)),
              "a text is not clean");
}

static int run_mail(npie_bytes_t bytes, int html, apr_pool_t *p)
{
    const char *path = apr_pstrcat(p, folder, "/obtener.",
                                   html ? "html" : "txt", NULL);
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_templates_t *templates = NULL;
    npie_mail_text_t text;

    fuzz_need(unlink(path) == 0
              && symlink(fuzz_file(bytes), path) == 0, path);
    if (npie_templates_load(&templates, folder, &err, p) != APR_SUCCESS) {
        fuzz_need(*err.detail != '\0', "an error without words");
        return 0;
    }
    if (npie_templates_render(&text, templates, NPIE_MAIL_OBTAIN, values, NULL,
                              p) != APR_SUCCESS) {
        return 0;
    }
    fuzz_need_clean(text.subject);
    need_multiline(text.text);
    need_multiline(text.html);
    fuzz_need(strstr(text.html, "<b>&\"") == NULL, "HTML that is a value");
    return 1;
}

static int run_terms(npie_bytes_t bytes, apr_pool_t *p)
{
    static const char *const words[NPIE_VALUES] = { NULL };
    const char *filled[NPIE_VALUES];
    npie_terms_t *terms = NULL;

    for (int i = 0; i < NPIE_VALUES; ++i) {
        filled[i] = words[i] != NULL ? words[i] : "ñ {folio}";
    }
    if (npie_terms_parse(&terms, "plantilla", bytes, NULL, p)
        != APR_SUCCESS) {
        return 0;
    }
    for (int kind = 0; kind < NPIE_LETTERS; ++kind) {
        for (int part = 0; part < NPIE_PARTS; ++part) {
            const apr_array_header_t *all = terms->parts[kind][part];

            fuzz_need(all->nelts > 0, "an empty part");
            for (int i = 0; i < all->nelts; ++i) {
                npie_terms_expand(APR_ARRAY_IDX(all, i, const char *), filled,
                                  p);
            }
        }
    }
    return 1;
}

static int run_sentences(npie_bytes_t bytes, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_sentences_t *sentences = NULL;

    if (npie_sentences_read(&sentences, fuzz_file(bytes), &err, p)
        != APR_SUCCESS) {
        fuzz_need(*err.detail != '\0', "an error without words");
        return 0;
    }
    for (int i = 0; i < NPIE_SENTENCES; ++i) {
        need_multiline(npie_sentence(sentences, (npie_sentence_t)i));
    }
    npie_sentences_missing(sentences, p);
    return 1;
}

static int run(npie_bytes_t input, apr_pool_t *p)
{
    const npie_bytes_t bytes = { input.data + 1, input.len - 1 };
    char *text;

    if (input.len == 0) {
        return 0;
    }
    switch (*input.data) {
    case 't':
        return run_terms(bytes, p);
    case 's':
        return run_sentences(bytes, p);
    case 'b':
        return npie_template_text(&text, "plantilla", bytes, NULL, p)
            == APR_SUCCESS;
    default:
        return run_mail(bytes, *input.data == 'h', p);
    }
}

static void seed_file(apr_array_header_t *list, const char *lead,
                      const char *path, apr_pool_t *p)
{
    npie_bytes_t file;

    fuzz_need(npie_file_read(&file, path, 65536, p) == APR_SUCCESS, path);
    fuzz_seed(list, lead, file);
}

/* Some of the sentences as a file has them. */
static void seed_sentences(apr_array_header_t *list, apr_pool_t *p)
{
    const char *text = "# es\n";

    for (int i = 0; i < NPIE_SENTENCES; i += 7) {
        text = apr_pstrcat(p, text, npie_sentence_key((npie_sentence_t)i),
                           " ", npie_sentence(NULL, (npie_sentence_t)i),
                           "\n", NULL);
    }
    fuzz_seed(list, "s", fuzz_bytes(text));
}

static void seeds(apr_array_header_t *list, apr_pool_t *p)
{
    seed_sentences(list, p);
    seed_file(list, "m", NPIE_TOP "/conf/mail/obtener.txt", p);
    seed_file(list, "h", NPIE_TOP "/conf/mail/obtener.html", p);
    seed_file(list, "t", NPIE_TOP "/conf/letter/terminos.txt", p);
    seed_file(list, "b", NPIE_TOP "/conf/mail/marco.html", p);
}

const fuzz_target_t fuzz_target = {
    .name = "template", .form = FUZZ_TEXT, .lead = 1, .begin = begin,
    .seeds = seeds, .run = run
};
