/* SPDX-License-Identifier: Apache-2.0
 * Composes a letter: places its content on pages.
 */
#ifndef NPIE_LETTER_COMPOSE_H
#define NPIE_LETTER_COMPOSE_H

#include "letter/art_parts.h"
#include "letter/layout.h"

/** A letter as pages, before it becomes a PDF. */
typedef struct npie_composed_t {
    npie_sheet_t *sheet;
    const char *title;     /**< UTF-8 */
    const char *cadena;    /**< cadena original, UTF-8 */
    const char *zone;      /**< the employer's time zone, static */
    const char *data;      /**< the rest: letter/data.h */
    int field_page;        /**< page of the signature fields, from 0 */
    npie_stroke_t fields[2]; /**< their frames: employer, institute */
} npie_composed_t;

/**
 * Composes a letter.
 * @return APR_SUCCESS; NPIE_EINPUT: a field is not clean or too long;
 *         NPIE_EINTERNAL (LETTER_DRAW): too many pages
 */
apr_status_t npie_letter_compose(npie_composed_t *composed,
                                 const npie_letter_art_t *art,
                                 const npie_letter_t *letter, npie_err_t *err,
                                 apr_pool_t *p);

#endif
