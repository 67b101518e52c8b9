/* SPDX-License-Identifier: Apache-2.0
 * The template of the letters' text, which the admin may replace.
 * conf/letter/terminos.txt describes its format.
 */
#ifndef NPIE_LETTER_TERMS_H
#define NPIE_LETTER_TERMS_H

#include <apr_tables.h>

#include "base/status.h"
#include "model/cadena.h"

/** Maximum size of a template in bytes. */
#define NPIE_TERMS_MAX 65536

/** The parts of a letter's text, in order. */
typedef enum npie_part_t {
    NPIE_PART_TITLE,      /**< one paragraph */
    NPIE_PART_ADDRESSEE,  /**< one paragraph per line */
    NPIE_PART_BODY,
    NPIE_PART_ACCEPTANCE,
    NPIE_PART_TERMS,      /**< one paragraph per term; numbered when drawn */
    NPIE_PART_OATH,
    NPIE_PARTS            /**< how many */
} npie_part_t;

/** Values that a placeholder can stand for. */
typedef enum npie_value_t {
    NPIE_VALUE_NAME, NPIE_VALUE_CAPACITY, NPIE_VALUE_COMPANY, NPIE_VALUE_RP,
    NPIE_VALUE_NPIE, NPIE_VALUE_RFC, NPIE_VALUE_CURP, NPIE_VALUE_ADDRESS,
    NPIE_VALUE_USER, NPIE_VALUE_EMAIL, NPIE_VALUE_PHONE, NPIE_VALUE_FOLIO,
    NPIE_VALUE_DATE, NPIE_VALUE_PLACE, NPIE_VALUE_INSTITUTION,
    NPIE_VALUE_OFFICE,
    NPIE_VALUE_SERIAL, NPIE_VALUE_FROM, NPIE_VALUE_UNTIL, /* letter 2 only */
    NPIE_VALUE_HOLDER, NPIE_VALUE_HOLDER_EMAIL,
    NPIE_VALUE_PURPOSE, /* letter 3 only */
    NPIE_VALUES /**< how many */
} npie_value_t;

/** Number of kinds of letter; kinds are 1 to this. */
#define NPIE_LETTERS NPIE_LETTER_ADDITIONAL

/** Marks in the text of compiled templates and of npie_terms_expand(). */
#define NPIE_TERMS_BOLD '\1'
#define NPIE_TERMS_PLAIN '\2'

/** A compiled template. Read-only; threads share it. */
typedef struct npie_terms_t {
    const char *note; /**< compiled; NULL = none */
    const apr_array_header_t *parts[NPIE_LETTERS][NPIE_PARTS]; /**<
                                  const char *, compiled;
                                  by kind - 1; none empty */
} npie_terms_t;

/**
 * Loads and compiles a template.
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and remedy in err->detail
 */
apr_status_t npie_terms_load(npie_terms_t **pterms, const char *path,
                             npie_err_t *err, apr_pool_t *p);

/**
 * Same as npie_terms_load(), for bytes in memory.
 * @param name their name in err->detail
 */
apr_status_t npie_terms_parse(npie_terms_t **pterms, const char *name,
                              npie_bytes_t bytes, npie_err_t *err,
                              apr_pool_t *p);

/**
 * Replaces the placeholders of a compiled paragraph by values.
 * @param values NPIE_VALUES clean UTF-8 strings
 * @return UTF-8 with NPIE_TERMS_BOLD and NPIE_TERMS_PLAIN, trimmed, in p
 */
char *npie_terms_expand(const char *compiled, const char *const *values,
                        apr_pool_t *p);

#endif
