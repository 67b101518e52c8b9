/* SPDX-License-Identifier: Apache-2.0
 * What a letter says, and what it is drawn with.
 */
#ifndef NPIE_LETTER_CONTENT_H
#define NPIE_LETTER_CONTENT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "letter/file.h"
#include "model/cadena.h"
#include "model/employer.h"

/** Fonts and texts prepared once and shared by all threads; read-only: letter/art.h. */
typedef struct npie_letter_art_t npie_letter_art_t;

/** The content of a letter. Strings are clean UTF-8, never NULL. */
typedef struct npie_letter_t {
    npie_letter_kind_t kind;
    apr_int64_t folio;
    apr_time_t time;              /**< UTC microseconds, whole seconds; printed
                                       as the date at the employer's place */
    const npie_employer_t *employer; /**< with the contact data of this renewal */
    npie_bytes_t old_public_key;  /**< BIT STRING DER; not printed in letter 2;
                                       letter 3: the principal's */
    const char *old_spki;         /**< SHA-256, 64 hex digits */
    npie_bytes_t new_public_key;  /**< BIT STRING DER */
    const char *new_spki;
    const char *serial;           /**< letter 2: the new certificate's serial */
    apr_time_t not_before;        /**< letter 2 */
    apr_time_t not_after;         /**< letter 2 */
    const char *holder;           /**< letter 3: the colleague's name */
    const char *holder_email;     /**< letter 3 */
    const char *purpose;          /**< letter 3: what it is for, one line */
} npie_letter_t;

/** Makes the cadena original of a letter, in p; its strings are views into the
 * letter. */
npie_cadena_t *npie_letter_cadena(const npie_letter_t *letter, apr_pool_t *p);

#endif
