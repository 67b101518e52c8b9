/* SPDX-License-Identifier: Apache-2.0
 * Files of the catalogue of sentences.
 */
#include "base/sentences.h"

#include <stdlib.h>
#include <string.h>

#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>

#include "base/file.h"
#include "base/template.h"
#include "base/text.h"

#define FILE_MAX (256 * 1024)
#define NAMED_MAX 5

/* A file in the course of being read. */
typedef struct reading_t {
    npie_sentences_t *sentences;
    const char *path;
    int line;
    npie_err_t *err;
    apr_pool_t *p;
} reading_t;

static apr_status_t wrong(const reading_t *r, const char *key, const char *why)
{
    return npie_err_set(r->err, NPIE_ECONFIG, NPIE_P_NONE, "%s:%d: %.40s: %s",
                        r->path, r->line, key, why);
}

/* The placeholder of a text that other does not have, in p; NULL: none.
 * *pbrace is 1 when a brace is no placeholder's. */
static const char *not_in(const char *text, const char *other, int *pbrace,
                          apr_pool_t *p)
{
    *pbrace = 0;
    for (text += strcspn(text, "{}"); *text != '\0';
         text += strcspn(text, "{}")) {
        const char *name;
        apr_size_t len = npie_template_brace(&name, text, p);

        if (len == 0 || name == NULL) {
            *pbrace = 1;
            return NULL;
        }
        if (strstr(other, apr_pstrcat(p, "{", name, "}", NULL)) == NULL) {
            return name;
        }
        text += len;
    }
    return NULL;
}

static apr_status_t take_sentence(reading_t *r, const char *key,
                                  const char *text)
{
    int brace, id = 0;
    const char *name, *before;

    while (id < NPIE_SENTENCES && strcmp(npie_sentence_key(id), key) != 0) {
        ++id;
    }
    if (id == NPIE_SENTENCES) {
        return wrong(r, key, "there is no such sentence; sentences/es as "
                     "installed lists those there are");
    }
    if (r->sentences->changed[id]) {
        return wrong(r, key, "it is here a second time; remove one");
    }
    if (*text == '\0') {
        return wrong(r, key, "its text is missing; write it behind the key, "
                     "or remove the line");
    }
    before = npie_sentence(NULL, id);
    name = not_in(text, before, &brace, r->p);
    if (brace) {
        return wrong(r, key, "a brace without its other; write placeholders "
                     "as {name}, and no other braces");
    }
    if (name != NULL) {
        return wrong(r, key, apr_psprintf(r->p, "it has no placeholder "
                                          "{%.40s}", name));
    }
    name = not_in(before, text, &brace, r->p);
    if (name != NULL) {
        return wrong(r, key, apr_psprintf(r->p, "the placeholder {%s} is "
                                          "missing", name));
    }
    r->sentences->texts[id] = text;
    r->sentences->changed[id] = 1;
    return APR_SUCCESS;
}

/* A line, ended with NUL. */
static apr_status_t take_line(reading_t *r, char *line)
{
    char *text = line;
    const char *trimmed;

    for (char *tab = line; (tab = strchr(tab, '\t')) != NULL; ) {
        *tab = ' ';
    }
    text += strcspn(text, " ");
    if (*text != '\0') {
        *text++ = '\0';
    }
    trimmed = npie_text_trim(text, r->p);
    return *line == '\0' && *trimmed == '\0' ? APR_SUCCESS
                                             : take_sentence(r, line, trimmed);
}

apr_status_t npie_sentences_read(npie_sentences_t **psentences,
                                 const char *path, npie_err_t *err,
                                 apr_pool_t *p)
{
    reading_t r = { npie_sentences_built_in(apr_filepath_name_get(path), p),
                    path, 0, err, p };
    char *text;
    apr_status_t rv = npie_template_read(&text, path, FILE_MAX, err, p);

    while (rv == APR_SUCCESS && *text != '\0') {
        char *line = text;
        int is_comment = npie_template_comment(line) != 0;

        ++r.line;
        text += strcspn(text, "\n");
        if (*text != '\0') {
            *text++ = '\0';
        }
        if (!is_comment) {
            rv = take_line(&r, line);
        }
    }
    *psentences = r.sentences;
    return rv;
}

int npie_sentences_is_tag(const char *name)
{
    apr_size_t len = strlen(name);

    if (len < 2 || len > NPIE_LANGUAGE_MAX || name[len - 1] == '-'
        || !apr_isalpha(name[0]) || !apr_isalpha(name[1])) {
        return 0;
    }
    for (const char *c = name; *c != '\0'; ++c) {
        if (!apr_isalnum(*c) && *c != '-') {
            return 0;
        }
    }
    return 1;
}

/* The sentences of one language: of its file, or as built in. */
static apr_status_t load_one(npie_sentences_t **pone, const char *directory,
                             const char *language, npie_err_t *err,
                             apr_pool_t *p)
{
    const char *path = directory == NULL ? NULL
        : apr_pstrcat(p, directory, "/", language, NULL);
    apr_finfo_t found;

    if (path != NULL
        && apr_stat(&found, path, APR_FINFO_TYPE, p) == APR_SUCCESS) {
        return npie_sentences_read(pone, path, err, p);
    }
    *pone = npie_sentences_built_in(language, p);
    return npie_sentences_has(language) ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "there are no sentences "
                       "in %s: translate those of sentences/es as installed in "
                       "a file %s in the directory of NPIESentences", language,
                       language);
}

apr_status_t npie_sentences_load(apr_array_header_t **plist,
                                 const apr_array_header_t *languages,
                                 const char *directory, npie_err_t *err,
                                 apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, languages->nelts,
                                              sizeof(npie_sentences_t *));
    apr_status_t rv = APR_SUCCESS;
    apr_dir_t *dir;

    if (directory != NULL) {
        rv = apr_dir_open(&dir, directory, p);
        if (rv != APR_SUCCESS) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s",
                                directory, npie_file_why(rv, 0, p));
        }
        apr_dir_close(dir);
    }
    for (int i = 0; i < languages->nelts && rv == APR_SUCCESS; ++i) {
        rv = load_one(&APR_ARRAY_PUSH(list, npie_sentences_t *), directory,
                      APR_ARRAY_IDX(languages, i, const char *), err, p);
    }
    *plist = list;
    return rv;
}

const char *npie_sentences_missing(const npie_sentences_t *sentences,
                                   apr_pool_t *p)
{
    const char *text = NULL;
    int missing = 0;

    for (int i = 0; i < NPIE_SENTENCES; ++i) {
        if (!sentences->changed[i] && missing++ < NAMED_MAX) {
            text = apr_pstrcat(p, text != NULL ? text : "",
                               text != NULL ? ", " : "", npie_sentence_key(i),
                               NULL);
        }
    }
    return missing <= NAMED_MAX ? text
        : apr_psprintf(p, "%s and %d more", text, missing - NAMED_MAX);
}
