/* SPDX-License-Identifier: Apache-2.0
 * The parts of PDF/A-1a (ISO 19005-1): metadata, output intent, identifier.
 * libharu's own function uses the clock, so no two files would be equal. Here
 * everything comes from the letter.
 */
#ifndef NPIE_LETTER_PDFA_H
#define NPIE_LETTER_PDFA_H

#include <apr_time.h>

#include "letter/haru.h"

/** Metadata of a document. UTF-8. */
typedef struct npie_pdfa_t {
    const char *title;
    const char *cadena; /**< for the XMP metadata, XML-escaped */
    const char *zone;   /**< the employer's, likewise */
    const char *data;   /**< the same; see letter/data.h */
    apr_time_t time;    /**< of creation, UTC, whole seconds */
} npie_pdfa_t;

/**
 * Adds document information, XMP metadata, a grey output intent and the
 * file identifier (a digest of the cadena).
 * @return APR_SUCCESS; APR_EGENERAL: the digest failed. Errors of libharu are
 *         in the document
 */
apr_status_t npie_pdfa_add(HPDF_Doc doc, const npie_pdfa_t *pdfa,
                           apr_pool_t *p);

#endif
