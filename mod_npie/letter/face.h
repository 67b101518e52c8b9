/* SPDX-License-Identifier: Apache-2.0
 * What the institute's seal shows on the page. For letter/ and npie-signer.
 */
#ifndef NPIE_LETTER_FACE_H
#define NPIE_LETTER_FACE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"

/** How a seal's appearance was drawn. Seals of every form stay valid. */
typedef enum npie_face_form_t {
    NPIE_FACE_UTC,  /**< 1: the time in UTC */
    NPIE_FACE_LOCAL /**< 2: the time of the employer's place, with its offset */
} npie_face_form_t;

/** The content of an appearance, beside the time of the seal. */
typedef struct npie_face_t {
    npie_face_form_t form;
    int offset; /**< LOCAL: from UTC in seconds, whole minutes */
} npie_face_t;

/**
 * Draws a face.
 * @param width of the field, in points
 * @param time of the seal
 * @return operators of a content stream, in p; NULL: the field is too narrow
 */
const char *npie_face_draw(const npie_face_t *face, apr_size_t width,
                           apr_time_t time, apr_pool_t *p);

/**
 * Reads back what npie_face_draw() needs to draw the same again. Never reads
 * outside the bytes.
 * @param face set; of form UTC when there is nothing of a later one
 * @param section a seal's
 */
void npie_face_read(npie_face_t *face, npie_bytes_t section);

#endif
