/* SPDX-License-Identifier: Apache-2.0
 * Files of the catalogue of sentences: templates (base/template.h) with a
 * sentence a line: its key, blanks, its text. The name of the file is the tag
 * of its language (RFC 5646): es, en, es-MX.
 */
#ifndef NPIE_BASE_SENTENCES_H
#define NPIE_BASE_SENTENCES_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "base/sentence.h"
#include "base/status.h"

/**
 * Reads a file. A sentence that it does not have stays as built in: in English in
 * the file en, else in Spanish.
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line, key and reason: no UTF-8,
 *         unknown or repeated key, no text, a placeholder that is unknown or
 *         missing
 */
apr_status_t npie_sentences_read(npie_sentences_t **psentences,
                                 const char *path, npie_err_t *err,
                                 apr_pool_t *p);

/** Maximum length of a language's tag. */
#define NPIE_LANGUAGE_MAX 11

/** 1 = a name can be the tag of a language: es, en, es-MX. */
int npie_sentences_is_tag(const char *name);

/**
 * Gets the sentences of languages: each from the file of its name, or as built
 * in when there is none.
 * @param plist set to npie_sentences_t *, in the order of languages
 * @param languages tags, const char *
 * @param directory of the files; NULL: all as built in
 * @return as npie_sentences_read(); NPIE_ECONFIG also when the directory cannot
 *         be read, or a language is neither there nor built in
 */
apr_status_t npie_sentences_load(apr_array_header_t **plist,
                                 const apr_array_header_t *languages,
                                 const char *directory, npie_err_t *err,
                                 apr_pool_t *p);

/**
 * Says which sentences a file does not have.
 * @return their keys, the first few and how many more, in p; NULL: none
 */
const char *npie_sentences_missing(const npie_sentences_t *sentences,
                                   apr_pool_t *p);

#endif
