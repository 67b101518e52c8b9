/* SPDX-License-Identifier: Apache-2.0
 * A letter as a file: find what was signed, put a signature in, say what a
 * file is that is no letter. Knows nothing of libharu, so that the signer can
 * use it; reads only files this project drew, everything else is refused.
 */
#ifndef NPIE_LETTER_FILE_H
#define NPIE_LETTER_FILE_H

#include "base/bytes.h"
#include "base/status.h"
#include "letter/data.h"
#include "letter/form.h"
#include "model/cadena.h"

/** The longest letter made or read, in bytes, signatures included. */
#define NPIE_LETTER_MAX (512 * 1024)
/** Under which names the letters of a renewal are handed out. */
#define NPIE_LETTER1_FILE "CartadeAceptaciondeRenovacion.pdf"
#define NPIE_LETTER2_FILE "TerminosyCondiciones.pdf"
/** And their timestamps. */
#define NPIE_TOKEN1_FILE "CartadeAceptaciondeRenovacion.tst"
#define NPIE_TOKEN2_FILE "TerminosyCondiciones.tst"

/** A letter's parts; views into the file's bytes, cadena in the pool. */
typedef struct npie_letter_file_t {
    npie_bytes_t signed_part[2]; /**< the ByteRange of the Patron field */
    npie_bytes_t hex;            /**< /Contents digits between < and > */
    npie_bytes_t cms;            /**< decoded, in the pool, zero padding cut at
                                      the DER length; len 0 = unsigned */
    const npie_cadena_t *cadena; /**< from the XMP metadata */
    const char *zone; /**< the employer's time zone, likewise, static; NULL: a
                           letter of an older version, which names none */
    const npie_letter_data_t *data; /**< the same; NULL: a letter of a version
                                      before 0.2 */
} npie_letter_file_t;

/**
 * Takes a letter apart. Strict: begins with %PDF-1.4, ends with its only
 * startxref, which leads to the only cross-reference table, %%EOF and one line
 * end; one signature, of the form in letter/form.h, whose ByteRange starts at
 * 0, leaves out exactly the hex string with its brackets, and reaches the last
 * byte of the file; one cadena; at most one time zone, which exists; at most
 * one element of data; a signature that is one DER value followed by zeros.
 * Never reads outside the bytes whatever they hold. Thread-safe.
 * @param file at most NPIE_LETTER_MAX bytes
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER) with the reason in err->detail
 */
apr_status_t npie_letter_file_parse(npie_letter_file_t **pfile,
                                    npie_bytes_t file, npie_err_t *err,
                                    apr_pool_t *p);

/** Are two the same letter, whatever stands in their signature fields?
 * 1 = yes. Thread-safe. */
int npie_letter_file_same(const npie_letter_file_t *a,
                          const npie_letter_file_t *b);

/**
 * Writes a CMS into the Patron field of an unsigned letter. The same CMS
 * again gives the same file. Thread-safe.
 * @param out set to a copy of the file with the signature, in p
 * @param cms one DER value, at most NPIE_LETTER_CMS_MAX bytes
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER) when the file is no letter;
 *         NPIE_EINPUT (SIGNATURE) when the CMS is too long or no DER SEQUENCE,
 *         or the letter is signed already with something else
 */
apr_status_t npie_letter_file_sign(npie_bytes_t *out, npie_bytes_t file,
                                   npie_bytes_t cms, npie_err_t *err,
                                   apr_pool_t *p);

/** What a file that was given for a letter turned out to be. */
typedef enum npie_file_kind_t {
    NPIE_FILE_LETTER,       /**< parses as a letter, sealed or not: compare
                                   its cadena */
    NPIE_FILE_LETTER_RESAVED, /**< a PDF with traces of one of our letters:
                                   saved by another program, or cut short */
    NPIE_FILE_PDF,          /**< a PDF that is none of ours */
    NPIE_FILE_PFX,
    NPIE_FILE_CERTIFICATE,
    NPIE_FILE_KEY,          /**< private key, encrypted or not */
    NPIE_FILE_PICTURE,
    NPIE_FILE_ZIP,          /**< also office documents */
    NPIE_FILE_HTML,
    NPIE_FILE_EMPTY,
    NPIE_FILE_OTHER
} npie_file_kind_t;

/** What is this file, by its content? Never fails, never reads outside the
 * bytes. Thread-safe. */
npie_file_kind_t npie_file_kind(npie_bytes_t file);

#endif
