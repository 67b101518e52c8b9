/* SPDX-License-Identifier: Apache-2.0
 * The code and the address by which a printed letter is checked. Whoever holds
 * a signed letter can compute its code, and nobody else: it is the digest of a
 * signature.
 */
#ifndef NPIE_LETTER_PRINTED_H
#define NPIE_LETTER_PRINTED_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** A code: 128 bits in lower-case hex, and its size with NUL. */
#define NPIE_PRINTED_CODE_SIZE 33

/**
 * The code of a signed letter: the first 128 bits of SHA-256 over a fixed text
 * and the employer's CMS. Thread-safe.
 * @param cms DER; of an unsigned letter, len 0, there is no code
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER): not signed; NPIE_EINTERNAL. code
 *         is "" unless it succeeds
 */
apr_status_t npie_printed_code(char code[NPIE_PRINTED_CODE_SIZE],
                               npie_bytes_t cms, npie_err_t *err,
                               apr_pool_t *p);

/** Is a code of a stranger that of a letter? In a time that does not depend on
 * where they differ; in small or capital letters. 1 = yes. */
int npie_printed_same(const char *code, const char *given);

/** The address of a printed letter, in p.
 * @param base of the pages, up to its last "/" */
const char *npie_printed_address(const char *base, apr_int64_t folio,
                                 const char *code, apr_pool_t *p);

#endif
