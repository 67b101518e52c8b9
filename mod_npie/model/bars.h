/* SPDX-License-Identifier: Apache-2.0
 * Fields in one line between bars, as a cadena original has them:
 *
 *   ||field|field||
 *
 * Fields contain %7C for '|' and %25 for '%'; nothing else is escaped.
 */
#ifndef NPIE_MODEL_BARS_H
#define NPIE_MODEL_BARS_H

#include <apr_pools.h>

#include "base/bytes.h"

/**
 * Writes the line.
 * @param fields clean UTF-8, none NULL
 * @return NUL-ended UTF-8 in p
 */
char *npie_bars_write(const char *const *fields, int count, apr_pool_t *p);

/**
 * Takes a line apart. Other escapes stay: who writes the line again and
 * compares finds them.
 * @param fields set to strings in p
 * @param max how many there may be
 * @param text the line, not NUL ended
 * @return how many there are; 0: it is no such line, is no clean text, or has
 *         more
 */
int npie_bars_read(const char **fields, int max, npie_bytes_t text,
                   apr_pool_t *p);

/** Is this the line of those fields, byte for byte? 1 = yes. */
int npie_bars_same(const char *line, npie_bytes_t text);

#endif
