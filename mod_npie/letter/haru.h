/* SPDX-License-Identifier: Apache-2.0
 * libharu's internal objects, for the files of letter/ that build PDF
 * structures. libharu exports its internals, and the library's name contains
 * the version, so they cannot change after a build.
 */
#ifndef NPIE_LETTER_HARU_H
#define NPIE_LETTER_HARU_H

#include <hpdf.h>
#include <hpdf_conf.h>
#include <hpdf_doc.h>
#include <hpdf_font.h>
#include <hpdf_fontdef.h>
#include <hpdf_info.h>
#include <hpdf_mmgr.h>
#include <hpdf_objects.h>
#include <hpdf_pages.h>
#include <hpdf_streams.h>
#include <hpdf_utils.h>

#include <apr_pools.h>

#include "base/bytes.h"

/** The first error that libharu reported. Later ones are consequences of it. */
typedef struct npie_haru_error_t {
    HPDF_STATUS code;   /**< 0 = none */
    HPDF_STATUS detail;
} npie_haru_error_t;

/** Creates a document in the open arena of the calling thread: PDF 1.4, page
 * contents deflated. The first error goes into *error. NULL: libharu failed. */
HPDF_Doc npie_haru_open(npie_haru_error_t *error);

/** Tells whether anything failed so far. Checks the error of the document too,
 * because libharu's return codes are not reliable. 1 = yes. */
int npie_haru_failed(HPDF_Doc doc, const npie_haru_error_t *error);

/** Creates a dictionary in the object table of the document. */
HPDF_Dict npie_haru_dict(HPDF_Doc doc);

/** Creates a text string: UTF-16BE with its mark (ISO 32000-1, 7.9.2.2).
 * @param text UTF-8 */
HPDF_Binary npie_haru_text(HPDF_Doc doc, const char *text, apr_pool_t *p);

/** Creates an uncompressed stream object with a copy of the bytes. */
HPDF_Dict npie_haru_stream(HPDF_Doc doc, const void *data, apr_size_t len);

/**
 * Creates a stream object that is written unchanged. libharu copies its own
 * streams byte by byte, several times.
 * @param entries of its dictionary except Length, as PDF
 * @param bytes already encoded as the entries say; both must live until the
 *        document is saved
 */
HPDF_Dict npie_haru_raw(HPDF_Doc doc, const char *entries, npie_bytes_t bytes);

/**
 * Writes the document.
 * @param pfile set to the file's bytes, in p
 * @param max maximum size in bytes
 * @return its size; 0: failed
 */
apr_size_t npie_haru_save(unsigned char **pfile, HPDF_Doc doc, apr_size_t max,
                          apr_pool_t *p);

#endif
