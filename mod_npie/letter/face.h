/* SPDX-License-Identifier: Apache-2.0
 * What the institute's seal shows on the page. For letter/ and npie-signer.
 */
#ifndef NPIE_LETTER_FACE_H
#define NPIE_LETTER_FACE_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"

/** The field of a face of form PAPER, in points: at least so wide and high;
 * the letter's own words keep to the right of, and above, what it draws. */
#define NPIE_FACE_WIDTH 262
#define NPIE_FACE_HEIGHT 112
#define NPIE_FACE_LEFT 108
#define NPIE_FACE_LINES 62
/** The most modules of a QR code's side: of version 20 (ISO 18004). */
#define NPIE_FACE_MODULES 97

/** How a seal's appearance was drawn. Seals of every form stay valid. */
typedef enum npie_face_form_t {
    NPIE_FACE_UTC,   /**< 1: the time in UTC */
    NPIE_FACE_LOCAL, /**< 2: the time of the employer's place, with its offset */
    NPIE_FACE_PAPER  /**< 3: the same; the sello, and a QR code by which a
                          printed letter is checked; on a field with room for
                          it, else as LOCAL */
} npie_face_form_t;

/** The content of an appearance, beside what the letter and the time of the
 * seal give. */
typedef struct npie_face_t {
    npie_face_form_t form;
    int offset; /**< LOCAL, PAPER: from UTC in seconds, whole minutes */
    const char *seal;   /**< PAPER: serial of the seal's certificate, letters
                             and digits */
    const char *signer; /**< PAPER: of the employer's, likewise */
    int modules;        /**< PAPER: side of the QR code; 0: none */
    const char *square; /**< PAPER: its rows, each in upper-case hex digits up
                             to a whole byte, a 1 for a dark module; "" */
} npie_face_t;

/** What a face is drawn on and about. */
typedef struct npie_face_place_t {
    apr_size_t width;   /**< of the field, in points */
    apr_time_t time;    /**< of the seal */
    apr_time_t letter;  /**< of the letter */
    const char *digest; /**< SHA-256 of the letter as it is signed, hex */
    const char *code;   /**< npie_printed_code() of it */
} npie_face_place_t;

/**
 * Draws a face.
 * @return operators of a content stream, in p; NULL: the field is too narrow
 */
const char *npie_face_draw(const npie_face_t *face,
                           const npie_face_place_t *place, apr_pool_t *p);

/**
 * Reads back what npie_face_draw() needs to draw the same again. The QR code
 * comes as it is: another version of its library may mask it otherwise. Never
 * reads outside the bytes.
 * @param face set, its strings in p; of form UTC when there is nothing of a
 *        later one
 * @param section a seal's
 */
void npie_face_read(npie_face_t *face, npie_bytes_t section, apr_pool_t *p);

#endif
