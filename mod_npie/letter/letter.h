/* SPDX-License-Identifier: Apache-2.0
 * Draws letters as PDF. letter/ is the only folder that uses libharu.
 */
#ifndef NPIE_LETTER_LETTER_H
#define NPIE_LETTER_LETTER_H

#include <apr_pools.h>
#include <apr_time.h>

#include "base/bytes.h"
#include "base/status.h"
#include "letter/file.h"
#include "model/cadena.h"
#include "model/employer.h"

/** The default of where fonts are, and of the institute's name. */
#define NPIE_LETTER_FONTS "/usr/share/fonts/truetype/liberation:" \
    "/usr/share/fonts/truetype/dejavu"
#define NPIE_LETTER_INSTITUTION "Instituto Mexicano del Seguro Social"

/** Fonts and texts prepared once and shared by all threads; read-only. */
typedef struct npie_letter_art_t npie_letter_art_t;

/**
 * Loads and prepares the fonts (subset and deflated once), the terms and the
 * time zones (see npie_zones_load(): while one thread runs), and
 * draws trial letters with fields of maximum length. Takes about 100 ms.
 * @param font_dirs directories, separated by colons, with
 *        LiberationSerif-Regular.ttf, LiberationSerif-Bold.ttf and
 *        LiberationMono-Regular.ttf, and, for characters that these lack,
 *        DejaVuSerif.ttf, DejaVuSerif-Bold.ttf and DejaVuSansMono.ttf
 * @param terms_file UTF-8 template, see conf/letter/terminos.txt
 * @param institution name of the institute in letters, UTF-8
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and remedy in err->detail
 */
apr_status_t npie_letter_art_load(npie_letter_art_t **part,
                                  const char *font_dirs, const char *terms_file,
                                  const char *institution, npie_err_t *err,
                                  apr_pool_t *p);

/** A letter with made-up data, as long as art lives: what all its letters have
 * in common is in it. The same art gives the same bytes. */
npie_bytes_t npie_letter_art_sample(const npie_letter_art_t *art);

/** What letters are drawn with, by one name: the SHA-256 of trial letters of
 * every kind, lower-case hex, as long as art lives. It is in each letter's data
 * (letter/data.h). Two that have it in common draw the same. */
const char *npie_letter_art_digest(const npie_letter_art_t *art);

/** Has letters say these sentences, which live as long as art; NULL, as at
 * first: those that are built in. Before any letter is drawn.
 * @return as npie_letter_art_load() */
apr_status_t npie_letter_art_say(npie_letter_art_t *art,
                                 const npie_sentences_t *sentences,
                                 npie_err_t *err, apr_pool_t *p);

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

/**
 * Draws a letter: PDF/A-1b with two empty signature fields, "Patron" (to be
 * signed first) and "Instituto". The Patron field's ByteRange covers the whole
 * file except the content of its /Contents string. The same letter and art give
 * the same bytes. The cadena original is printed, and is once in the XMP
 * metadata as <npie:cadena>...</npie:cadena>, XML-escaped and uncompressed.
 * Characters that WinAnsi lacks become the nearest letters. Thread-safe;
 * libharu runs in an arena of the calling thread.
 * @param pdf set to the file's bytes, in p
 * @return APR_SUCCESS; NPIE_EINPUT: a field is not clean or too long;
 *         NPIE_EINTERNAL (LETTER_DRAW)
 */
apr_status_t npie_letter_draw(npie_bytes_t *pdf, const npie_letter_art_t *art,
                              const npie_letter_t *letter, npie_err_t *err,
                              apr_pool_t *p);

#endif
