/* SPDX-License-Identifier: Apache-2.0
 * Configuration files made from their annotated references.
 */
#ifndef NPIE_CTL_SETUP_CONF_H
#define NPIE_CTL_SETUP_CONF_H

#include <apr_pools.h>

/**
 * Sets what a file says: the first line of this key, or "#Key", gives way to
 * one line for each value. A key without a line gets one at the end.
 * @param text the file, each line with its end
 * @param values NULL ended; none takes the '#' away and leaves the value
 * @return the new text, in p
 */
const char *npie_conf_set(const char *text, const char *key,
                          const char *const *values, apr_pool_t *p);

/** As npie_conf_set() with one value. */
const char *npie_conf_set_one(const char *text, const char *key,
                              const char *value, apr_pool_t *p);

/** The text with every `from` replaced, in p. */
const char *npie_conf_replace(const char *text, const char *from,
                              const char *to, apr_pool_t *p);

/** A value for httpd's configuration, in quotes, in p. */
const char *npie_conf_quote(const char *value, apr_pool_t *p);

/** The text with blanks in front of every line that is not blank, in p. */
const char *npie_conf_indent(const char *text, apr_pool_t *p);

#endif
