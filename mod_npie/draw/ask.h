/* SPDX-License-Identifier: Apache-2.0
 * Asking npie-draw, the process without keys, ledger and network that draws a
 * letter once more, of the installed terms, and compares it byte for byte.
 *
 * Both speak in the frames of ledger/child.h. A request begins with u16 its
 * operation. A reply is u32 how many of its processes ended over a letter, and
 * bytes of fields: u16 0, or u16 1, u16 problem number, string detail.
 *
 *   OPEN  -> string fonts, string institution, string folder of sentences or "",
 *            u16 n, n x string file of terms
 *            reply: string digest of what letters are drawn with
 *   JUDGE -> bytes letter, bytes old public key, bytes new public key, string
 *            serial, u64 not before, u64 not after (seconds since 1970)
 *            reply: (nothing): it is that letter
 */
#ifndef NPIE_DRAW_ASK_H
#define NPIE_DRAW_ASK_H

#include <apr_tables.h>

#include "ledger/child.h"
#include "letter/redraw.h"

/** The program, which has a process for each letter. */
#define NPIE_DRAW_NAME "npie-draw"
/** The most files of terms, and the longest string of a request. */
#define NPIE_DRAW_TERMS_MAX 8
#define NPIE_DRAW_STRING_MAX 4096

typedef enum npie_draw_op_t {
    NPIE_DRAW_OPEN = 1, NPIE_DRAW_JUDGE
} npie_draw_op_t;

/** What letters are drawn with: httpd's directives by other names. */
typedef struct npie_draw_setting_t {
    apr_array_header_t *terms; /**< of const char *: NPIELetterTerms, then
                                    older ones that letters may still be of */
    const char *fonts;         /**< NPIELetterFonts, separated by colons */
    const char *institution;   /**< NPIEInstitution */
    const char *sentences;     /**< NPIESentences; NULL: as built in */
} npie_draw_setting_t;

/**
 * Has it read the files and give up what it needs no more.
 * @param pdigest set to npie_letter_art_digest() of the first terms, in p
 * @return APR_SUCCESS; NPIE_ECONFIG; NPIE_EBACKEND; NPIE_EPROTO
 */
apr_status_t npie_draw_open(const char **pdigest, npie_child_t *draw,
                            const npie_draw_setting_t *setting,
                            npie_err_t *err, apr_pool_t *p);

/**
 * Is a letter the one that its data give?
 * @param letter signed or not, without a seal
 * @param plost set to how many processes have ended over a letter; left alone
 *        when there is no answer
 * @return as npie_letter_redraw(); NPIE_EBACKEND, NPIE_EPROTO (SIGNER_DOWN):
 *         there is no answer
 */
apr_status_t npie_draw_judge(apr_uint64_t *plost, npie_child_t *draw,
                             npie_bytes_t letter,
                             const npie_letter_keys_t *keys,
                             npie_err_t *err, apr_pool_t *ptemp);

#endif
