/* SPDX-License-Identifier: Apache-2.0
 * What a letter says that is not in its cadena: with both, and with the
 * certificates that it is about, it can be drawn again. One line, as in
 * model/bars.h, in the file's metadata:
 *
 *   ||1.0|art|given name|surname|second surname|company|office|state|city|
 *   municipality|colony|street|number|inner number|postcode|e-mail|telephone||
 *
 * art is npie_letter_art_digest(), state the number of INEGI. Nothing is in it
 * that does not stand on the letter's pages.
 */
#ifndef NPIE_LETTER_DATA_H
#define NPIE_LETTER_DATA_H

#include "base/bytes.h"
#include "base/status.h"
#include "model/employer.h"

/** Maximum size of the line in bytes. */
#define NPIE_LETTER_DATA_MAX 16384

/** Those values. */
typedef struct npie_letter_data_t {
    const char *art;          /**< 64 lower-case hex digits */
    npie_employer_t employer; /**< rp, rfc, user, curp and fax are "": they are
                                   in the cadena, or in no letter */
} npie_letter_data_t;

/** Writes the line. @return NUL-ended UTF-8 in p */
char *npie_letter_data_format(const npie_letter_data_t *data, apr_pool_t *p);

/** Parses a line. Accepts only what npie_letter_data_format() writes.
 * @param text not NUL ended
 * @return APR_SUCCESS; NPIE_EINPUT */
apr_status_t npie_letter_data_parse(npie_letter_data_t **pdata,
                                    npie_bytes_t text, apr_pool_t *p);

#endif
