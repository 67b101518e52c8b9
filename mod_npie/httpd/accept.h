/* SPDX-License-Identifier: Apache-2.0
 * Content negotiation: which representation and which language a client would
 * rather have.
 */
#ifndef NPIE_HTTPD_ACCEPT_H
#define NPIE_HTTPD_ACCEPT_H

#include "httpd/private.h"

/**
 * Compares two media types by a request's Accept (RFC 9110 section 12.5.1):
 * the higher quality wins; of two alike the one that is named more exactly,
 * so that JSON named beside a wildcard asks for JSON.
 * @param type, other as "application/json"
 * @return 1 when type is acceptable and preferred to other; 0 also without
 *         Accept
 */
int npie_accept_prefers(const request_rec *r, const char *type,
                        const char *other);

/**
 * Weighs a content coding by a request's Accept-Encoding (section 12.5.3).
 * @param coding as "gzip"
 * @return its quality, 1 to 1000; 0: not acceptable, or not named
 */
int npie_accept_coding(const request_rec *r, const char *coding);

/**
 * Weighs a language by a request's Accept-Language (RFC 9110 section 12.5.4).
 * @param tag as "es" or "es-MX"
 * @return its quality, 1 to 1000; 0: not named
 */
int npie_accept_language(const request_rec *r, const char *tag);

#endif
