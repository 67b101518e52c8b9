/* SPDX-License-Identifier: Apache-2.0
 * The catalogue of sentences for people. Spanish and English are built in;
 * base/sentences.h reads files that replace sentences, or are in another language.
 */
#ifndef NPIE_BASE_SENTENCE_H
#define NPIE_BASE_SENTENCE_H

#include <stdarg.h>

#include <apr_pools.h>

/** A sentence. */
typedef enum npie_sentence_t {
#define NPIE_SENTENCE(name, key, text) NPIE_S_##name,
#include "base/sentence.def"
#undef NPIE_SENTENCE
    NPIE_SENTENCES /**< how many */
} npie_sentence_t;

/** The sentences of one language. Read-only after it was made; any thread. */
typedef struct npie_sentences_t {
    const char *language;              /**< tag, of RFC 5646 */
    const char *texts[NPIE_SENTENCES]; /**< never NULL */
    int changed[NPIE_SENTENCES];       /**< 1: by the file, 0: as built in */
} npie_sentences_t;

/** The languages that are built in. The first is that of the lists, of letters,
 * and of whoever asks for none. */
#define NPIE_SENTENCES_LANGUAGE "es"
#define NPIE_SENTENCES_ENGLISH "en"

/**
 * A sentence without placeholders.
 * @param sentences NULL: as built in
 * @return UTF-8, lives as long as sentences
 */
const char *npie_sentence(const npie_sentences_t *sentences,
                          npie_sentence_t id);

/**
 * A sentence with its placeholders filled in.
 * @param sentences NULL: as built in
 * @param ... names and values of all placeholders, const char *, then NULL
 * @return in p
 */
const char *npie_sentence_fill(const npie_sentences_t *sentences,
                               npie_sentence_t id, apr_pool_t *p, ...)
    __attribute__((sentinel));

/** The same with names and values in args, which stay as they are. */
const char *npie_sentence_vfill(const npie_sentences_t *sentences,
                                npie_sentence_t id, apr_pool_t *p,
                                va_list args);

/** The key of a sentence in files. */
const char *npie_sentence_key(npie_sentence_t id);

/** 1 = this language is built in: es, en, or a kind of them such as es-MX. */
int npie_sentences_has(const char *language);

/**
 * The sentences of a language as they are built in.
 * @param language tag; of one that is not built in, those in Spanish
 * @return a copy in p
 */
npie_sentences_t *npie_sentences_built_in(const char *language, apr_pool_t *p);

#endif
