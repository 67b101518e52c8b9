/* SPDX-License-Identifier: Apache-2.0
 * What all templates that an admin may replace have in common: UTF-8 with or
 * without a byte order mark, lines that begin with # are comments, {name} is a
 * placeholder, {{ and }} are braces.
 */
#ifndef NPIE_BASE_TEMPLATE_H
#define NPIE_BASE_TEMPLATE_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/**
 * Reads a template.
 * @param ptext set to clean text, NUL ended, in p; its lines end with LF
 * @param max most bytes that the file may have
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and remedy
 */
apr_status_t npie_template_read(char **ptext, const char *path, apr_size_t max,
                                npie_err_t *err, apr_pool_t *p);

/** The same of bytes in memory; name is what err->detail calls them. */
apr_status_t npie_template_text(char **ptext, const char *name,
                                npie_bytes_t bytes, npie_err_t *err,
                                apr_pool_t *p);

/** Is the line that begins here a comment?
 * @return its length with its line end; 0: it is none */
apr_size_t npie_template_comment(const char *line);

/**
 * What a brace is.
 * @param pname set to a placeholder's name in p, to NULL for a brace that is
 *        meant itself
 * @param at text that begins with { or }
 * @return its length in the template; 0: a brace without its other
 */
apr_size_t npie_template_brace(const char **pname, const char *at,
                               apr_pool_t *p);

#endif
