/* SPDX-License-Identifier: Apache-2.0
 * The form of what is written into a letter to be found again: shared by the
 * part that draws and the part that reads, and by nobody else.
 */
#ifndef NPIE_LETTER_FORM_H
#define NPIE_LETTER_FORM_H

#include <apr.h>

/** How a letter begins. */
#define NPIE_FORM_HEAD "%PDF-1.4\n"

/** The element of the XMP metadata that holds the cadena, XML-escaped (only
 * & < > are). */
#define NPIE_FORM_CADENA "npie:cadena"
/** The element beside it that holds the name of the employer's time zone, as in
 * tzdata. Letters drawn by older versions have none. */
#define NPIE_FORM_ZONE "npie:huso"
/** The namespace of these elements, and a trace that resaving seldom removes. */
/** The element that holds what a letter says beside it: letter/data.h. Letters
 * of versions before 0.2 have none. */
#define NPIE_FORM_DATA "npie:datos"
/** The namespace of those elements, and a trace that resaving seldom removes. */
#define NPIE_FORM_NAMESPACE "urn:mod-npie:carta:1.0"
/** The Creator entry of the document information: another such trace. */
#define NPIE_FORM_CREATOR "mod_npie"

/* The signature dictionary, in this order and spacing (ISO 32000-1, 12.8.1;
 * SubFilter of ETSI EN 319 142-1):
 *
 *   NPIE_FORM_SIG_HEAD [0 a b c<blanks>] NPIE_FORM_SIG_MID < hex > */
#define NPIE_FORM_SIG_HEAD \
    "/Type /Sig\n/Filter /Adobe.PPKLite\n" \
    "/SubFilter /ETSI.CAdES.detached\n/ByteRange "
/** How the dictionary of a document timestamp begins (ETSI EN 319 142-1,
 * 5.4.3); the rest is as above. */
#define NPIE_FORM_STAMP_HEAD \
    "/Type /DocTimeStamp\n/Filter /Adobe.PPKLite\n" \
    "/SubFilter /ETSI.RFC3161\n/ByteRange "
/** Characters from '[' to ']', both counted; blanks before ']' fill up. */
#define NPIE_FORM_RANGE_SIZE 40
#define NPIE_FORM_SIG_MID "\n/Contents "
/**
 * Writes the ByteRange of a signature whose hex string stands between two
 * places of the file.
 * @param range set to NPIE_FORM_RANGE_SIZE characters and NUL
 * @param open place of '<'; after: place after '>'; size of the file
 */
void npie_letter_range_write(char range[NPIE_FORM_RANGE_SIZE + 1],
                             apr_size_t open, apr_size_t after,
                             apr_size_t size);

/** Bytes of DER that fit into a signature field. */
#define NPIE_LETTER_CMS_MAX 16384
/** Hex digits between < and >. */
#define NPIE_FORM_HEX_SIZE (2 * NPIE_LETTER_CMS_MAX)

#endif
