/* SPDX-License-Identifier: Apache-2.0
 * Values that admins write. Each parser returns NULL, or a sentence that says
 * what is wrong and what is allowed, and touches its output only on success.
 */
#ifndef NPIE_BASE_PARSE_H
#define NPIE_BASE_PARSE_H

#include <apr_pools.h>
#include <apr_time.h>

/** A duration: httpd's suffixes (ms, s, mi, h) and d for days; bare numbers
 * are seconds. From min to max microseconds. */
const char *npie_parse_time(apr_interval_time_t *out, const char *arg,
                            apr_interval_time_t min, apr_interval_time_t max,
                            apr_pool_t *p);

/** A whole number from min to max. */
const char *npie_parse_int(int *out, const char *arg, int min, int max,
                           apr_pool_t *p);

/** The next word of a line, "" at the end; blanks within quotes belong to it.
 * @param parg moved behind it
 * @return in p, never NULL */
const char *npie_parse_word(const char **parg, apr_pool_t *p);

/** The first line, of 511 bytes at most, of a file that only the admin may
 * read. */
const char *npie_parse_secret(const char **out, const char *path,
                              apr_pool_t *p);

#endif
