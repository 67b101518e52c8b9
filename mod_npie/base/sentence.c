/* SPDX-License-Identifier: Apache-2.0
 * The catalogue of sentences for people.
 */
#include "base/sentence.h"

#include <string.h>

#include <apr_strings.h>

static const struct {
    const char *key;
    const char *text;
} built_in[NPIE_SENTENCES] = {
#define NPIE_SENTENCE(name, key, text) { key, text },
#include "base/sentence.def"
#undef NPIE_SENTENCE
};

/* NULL: in Spanish alone. */
static const char *const english[NPIE_SENTENCES] = {
#define NPIE_PROBLEM(number, name, cause, remedy) \
    [NPIE_S_CAUSE_##name] = cause, [NPIE_S_REMEDY_##name] = remedy,
#define NPIE_SENTENCE(name, key, text) [NPIE_S_##name] = text,
#include "base/english.def"
#undef NPIE_PROBLEM
#undef NPIE_SENTENCE
};

const char *npie_sentence(const npie_sentences_t *sentences,
                          npie_sentence_t id)
{
    return sentences != NULL ? sentences->texts[id] : built_in[id].text;
}

const char *npie_sentence_key(npie_sentence_t id)
{
    return built_in[id].key;
}

/* The value of a placeholder among names and values. */
static const char *value_of(const char *name, va_list args)
{
    const char *given;

    while ((given = va_arg(args, const char *)) != NULL) {
        const char *value = va_arg(args, const char *);

        if (strcmp(given, name) == 0) {
            return value;
        }
    }
    return name;
}

const char *npie_sentence_vfill(const npie_sentences_t *sentences,
                                npie_sentence_t id, apr_pool_t *p,
                                va_list args)
{
    const char *text = npie_sentence(sentences, id);
    const char *out = "";

    for (;;) {
        apr_size_t plain = strcspn(text, "{");
        apr_size_t len = strcspn(text + plain, "}");
        va_list again;

        out = apr_pstrcat(p, out, apr_pstrmemdup(p, text, plain), NULL);
        text += plain;
        if (*text == '\0') {
            return out;
        }
        va_copy(again, args);
        out = apr_pstrcat(p, out, value_of(apr_pstrmemdup(p, text + 1, len - 1),
                                           again), NULL);
        va_end(again);
        text += len + 1;
    }
}

const char *npie_sentence_fill(const npie_sentences_t *sentences,
                               npie_sentence_t id, apr_pool_t *p, ...)
{
    const char *text;
    va_list args;

    va_start(args, p);
    text = npie_sentence_vfill(sentences, id, p, args);
    va_end(args);
    return text;
}

static int is_in(const char *tag, const char *language)
{
    apr_size_t len = strlen(language);

    return strncmp(tag, language, len) == 0
        && (tag[len] == '\0' || tag[len] == '-');
}

int npie_sentences_has(const char *language)
{
    return is_in(language, NPIE_SENTENCES_LANGUAGE)
        || is_in(language, NPIE_SENTENCES_ENGLISH);
}

npie_sentences_t *npie_sentences_built_in(const char *language, apr_pool_t *p)
{
    npie_sentences_t *sentences = apr_pcalloc(p, sizeof(*sentences));
    const int is_english = is_in(language, NPIE_SENTENCES_ENGLISH);

    sentences->language = apr_pstrdup(p, language);
    for (int i = 0; i < NPIE_SENTENCES; ++i) {
        sentences->texts[i] = is_english && english[i] != NULL
            ? english[i] : built_in[i].text;
    }
    return sentences;
}
