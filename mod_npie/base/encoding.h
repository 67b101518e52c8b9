/* SPDX-License-Identifier: Apache-2.0
 * Files of other programs, brought to UTF-8.
 */
#ifndef NPIE_BASE_ENCODING_H
#define NPIE_BASE_ENCODING_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Converts a file to UTF-8 without a byte order mark. UTF-16 is recognised by
 * its mark, or by the NULs of its ASCII characters. Else a file that is UTF-8
 * throughout is UTF-8, and one without any UTF-8 beyond ASCII is Windows-1252;
 * a mixture is refused unless name says what it is. Workbooks and web pages are
 * refused as what they are.
 * @param ptext set to NUL-ended text in p that the caller may write into
 * @param pused set to "utf-8", "utf-16" or "windows-1252", static
 * @param name one of these; NULL: find out
 * @return APR_SUCCESS; NPIE_EINPUT (ENCODING) with line, reason and remedy,
 *         and nothing of the text
 */
apr_status_t npie_encoding_decode(char **ptext, apr_size_t *plen,
                                  const char **pused, npie_bytes_t bytes,
                                  const char *name, npie_err_t *err,
                                  apr_pool_t *p);

/** Writes a code point as UTF-8, up to four bytes. Returns what follows. */
char *npie_encoding_put(char *out, apr_uint32_t code);

/** The code point of a Windows-1252 byte; 0 when it has none, and for NUL. */
apr_uint32_t npie_encoding_windows(unsigned char byte);

#endif
