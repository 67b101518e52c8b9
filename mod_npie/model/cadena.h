/* SPDX-License-Identifier: Apache-2.0
 * The cadena original: the content of a letter as one machine-readable line.
 *
 *   ||1.0|kind|folio|RP|RFC|CURP|user|old|new|e-mail|time||
 *   ||1.0|3|folio|RP|RFC|CURP|user|old|new|e-mail|time|holder|purpose||
 *
 * kind is 1 or 2, or 3 with two more fields. folio is decimal. old and new are
 * the SHA-256 of each SubjectPublicKeyInfo in lower-case hex. time is UTC in
 * RFC 3339, to the second. RP to e-mail, holder and purpose contain %7C for '|'
 * and %25 for '%'; nothing else is escaped.
 */
#ifndef NPIE_MODEL_CADENA_H
#define NPIE_MODEL_CADENA_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"

/** Maximum size of a cadena in bytes. */
#define NPIE_CADENA_MAX 2048

/** Kind of a letter: 1 accepts the renewal, 2 accepts the terms, 3 requests an
 * additional certificate. */
typedef enum npie_letter_kind_t {
    NPIE_LETTER_RENEWAL = 1,
    NPIE_LETTER_TERMS = 2,
    NPIE_LETTER_ADDITIONAL = 3
} npie_letter_kind_t;

/** The fields of a cadena. Strings are clean UTF-8, never NULL. */
typedef struct npie_cadena_t {
    npie_letter_kind_t kind;
    apr_int64_t folio;       /**< 1 and up */
    const char *rp;          /**< 11 characters */
    const char *rfc;
    const char *curp;
    const char *user;
    const char *old_spki;    /**< 64 lower-case hex digits; in letter 3 those of
                                  the principal certificate */
    const char *new_spki;    /**< 64 lower-case hex digits */
    const char *email;       /**< in letter 3 the colleague's */
    apr_time_t time;         /**< UTC microseconds, whole seconds */
    const char *holder;      /**< letter 3: the colleague's name; else "" */
    const char *purpose;     /**< letter 3; else "" */
} npie_cadena_t;

/**
 * Writes the line.
 * @return NUL-ended UTF-8 in p
 */
char *npie_cadena_format(const npie_cadena_t *cadena, apr_pool_t *p);

/**
 * Parses a line. Accepts only what npie_cadena_format() writes.
 * @param text the line, not NUL ended
 * @return APR_SUCCESS or NPIE_EINPUT
 */
apr_status_t npie_cadena_parse(npie_cadena_t **pcadena, npie_bytes_t text,
                               apr_pool_t *p);

#endif
