/* SPDX-License-Identifier: Apache-2.0
 * A request's Cookie header (RFC 6265 section 4.2).
 */
#ifndef NPIE_BASE_COOKIE_H
#define NPIE_BASE_COOKIE_H

#include <apr_pools.h>

/**
 * The value of a cookie. Two of that name mean that somebody meddles: neither
 * counts.
 * @param header NUL ended, any bytes; NULL: there is none
 * @return in p; NULL when there is no such cookie, or more than one
 */
const char *npie_cookie_find(const char *header, const char *name,
                             apr_pool_t *p);

#endif
