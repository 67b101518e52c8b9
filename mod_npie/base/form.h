/* SPDX-License-Identifier: Apache-2.0
 * The fields of an HTML form as a browser posts them: urlencoded (WHATWG URL,
 * section 5) and multipart/form-data (RFC 7578).
 */
#ifndef NPIE_BASE_FORM_H
#define NPIE_BASE_FORM_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** Most fields of one form. */
#define NPIE_FORM_FIELDS_MAX 32

/** A parsed form; lives in the pool it was parsed with. */
typedef struct npie_form_t npie_form_t;

/**
 * Parses a whole body. Strict: a name twice, a part without a name or an end,
 * a bad %-escape, more than NPIE_FORM_FIELDS_MAX fields, or a value of a text
 * field that is not clean UTF-8 (TAB and line ends may occur) fail.
 * @param content_type the header's value, NUL ended; NULL fails
 * @param body all of it; views into it are kept, so it must live as long
 * @return APR_SUCCESS; NPIE_EINPUT (REQUEST, or ENCODING)
 */
apr_status_t npie_form_parse(npie_form_t **pform, const char *content_type,
                             npie_bytes_t body, npie_err_t *err, apr_pool_t *p);

/** An empty form, to be filled by what reads another kind of body. */
npie_form_t *npie_form_create(apr_pool_t *p);

/**
 * Adds a field, by the rules of npie_form_parse().
 * @param name NUL ended, kept
 * @param filename NULL: a text field, whose value is NUL ended beside its
 *        length; else a file's name, kept
 * @param value kept
 * @return APR_SUCCESS; NPIE_EINPUT (REQUEST, or ENCODING)
 */
apr_status_t npie_form_add(npie_form_t *form, const char *name,
                           const char *filename, npie_bytes_t value,
                           npie_err_t *err);

/**
 * The first field of that name in a query string. Fields before it may be
 * anything: mail programs and gateways add their own.
 * @param query NUL ended, without its '?'; NULL: there is none
 * @return its value, decoded, in p; "" when there is no such field, or it is
 *         badly escaped or holds a NUL. Any other bytes: the caller judges
 */
const char *npie_form_query(const char *query, const char *name,
                            apr_pool_t *p);

/** Does a body of this media type make a form that npie_form_parse() reads?
 * @param content_type the header's value, or NULL. 1 = yes */
int npie_form_takes(const char *content_type);

/**
 * A text field, NUL ended, never NULL ("" when absent or a file).
 */
const char *npie_form_text(const npie_form_t *form, const char *name);

/**
 * A file field's bytes; len 0 when absent, empty, or no file.
 * @param filename set to the name the browser gave, clean UTF-8, "" unless a
 *        file was chosen; may be NULL
 */
npie_bytes_t npie_form_file(const npie_form_t *form, const char *name,
                            const char **filename);

#endif
