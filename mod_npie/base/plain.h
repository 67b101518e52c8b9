/* SPDX-License-Identifier: Apache-2.0
 * Text that was pasted or typed by hand, brought to its plain form.
 */
#ifndef NPIE_BASE_PLAIN_H
#define NPIE_BASE_PLAIN_H

#include <apr_pools.h>

/**
 * The blank or invisible character that a clean UTF-8 text begins with:
 * ASCII space, the blanks of other widths (Unicode category Zs), or a format
 * character that has no form of its own (soft hyphen, zero width, direction
 * marks, byte order mark).
 * @return its length in bytes, 0 when the text begins with something else
 */
apr_size_t npie_plain_blank(const char *text);

/**
 * A copy without invisible characters, in which every blank is an ASCII
 * space.
 * @param text clean UTF-8, NUL ended
 * @return NUL ended, in p
 */
char *npie_plain_visible(const char *text, apr_pool_t *p);

/** A copy without blanks, hyphens and invisible characters, for numbers that
 * people write in groups. @return NUL ended, in p */
char *npie_plain_joined(const char *text, apr_pool_t *p);

/**
 * The letters and digits of a name alone: lower case, without accents, ASCII;
 * "Código Postal" becomes "codigopostal".
 * @return NUL ended, in p
 */
char *npie_plain_key(const char *name, apr_pool_t *p);

/** Is key, by npie_plain_key(), one of names, which are apart by one blank?
 * 1 = yes. */
int npie_plain_is_one_of(const char *names, const char *key);

#endif
