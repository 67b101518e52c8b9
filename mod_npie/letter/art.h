/* SPDX-License-Identifier: Apache-2.0
 * Fonts and texts that all letters share, loaded once.
 */
#ifndef NPIE_LETTER_ART_H
#define NPIE_LETTER_ART_H

#include "base/sentences.h"
#include "base/status.h"
#include "letter/content.h"

/** The default of where fonts are, and of the institute's name. */
#define NPIE_LETTER_FONTS "/usr/share/fonts/truetype/liberation:" \
    "/usr/share/fonts/truetype/dejavu"
#define NPIE_LETTER_INSTITUTION "Instituto Mexicano del Seguro Social"

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

#endif
