/* SPDX-License-Identifier: Apache-2.0
 * libharu's own objects, as the parts of this room that build PDF structures
 * see them. Its internals are exported, and the library's name carries the
 * version, so they cannot change underneath a build.
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

/** The first error libharu reported: later ones are only its consequences. */
typedef struct npie_haru_error_t {
    HPDF_STATUS code;   /**< 0 = none */
    HPDF_STATUS detail;
} npie_haru_error_t;

/** A document in the calling thread's open arena, PDF 1.4, page contents
 * deflated; first errors go into *error. NULL when libharu failed. */
HPDF_Doc npie_haru_open(npie_haru_error_t *error);

/** Did anything fail so far? Return codes of libharu are not to be relied
 * on: its document's error is looked at as well. 1 = yes. */
int npie_haru_failed(HPDF_Doc doc, const npie_haru_error_t *error);

/** A dictionary of the document's own object table. */
HPDF_Dict npie_haru_dict(HPDF_Doc doc);

/** An uncompressed stream object holding a copy of bytes. */
HPDF_Dict npie_haru_stream(HPDF_Doc doc, const void *data, apr_size_t len);

/**
 * A stream object written as it is: libharu copies byte by byte, and several
 * times, what it holds itself.
 * @param entries of its dictionary but Length, as PDF
 * @param bytes already encoded as the entries say; both must live until the
 *        document is saved
 */
HPDF_Dict npie_haru_raw(HPDF_Doc doc, const char *entries, npie_bytes_t bytes);

/**
 * Writes the document.
 * @param pfile set to the file's bytes, in p
 * @param max bytes it may have
 * @return how many bytes; 0 when it failed
 */
apr_size_t npie_haru_save(unsigned char **pfile, HPDF_Doc doc, apr_size_t max,
                          apr_pool_t *p);

#endif
