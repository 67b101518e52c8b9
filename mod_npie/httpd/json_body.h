/* SPDX-License-Identifier: Apache-2.0
 * A request body of JSON, read as the form that it stands for.
 */
#ifndef NPIE_HTTPD_JSON_BODY_H
#define NPIE_HTTPD_JSON_BODY_H

#include "base/form.h"

/** Is this the media type of such a body?
 * @param content_type the header's value, or NULL. 1 = yes */
int npie_json_body_is(const char *content_type);

/**
 * Reads one flat object (RFC 8259) whose members are named as the form's
 * fields, strings; a whole number counts as its digits, null as a member that
 * is not there. A file's bytes are base64. A member twice, a NUL, what is no
 * UTF-8, and anything after the object fail. correo2, which guards against
 * slips of the hand, may be left out.
 * @param body views into it are not kept
 * @return APR_SUCCESS; NPIE_EINPUT (REQUEST, ENCODING) with what is wrong in
 *         err->detail, in words that may be told to the client
 */
apr_status_t npie_json_body_parse(npie_form_t **pform, npie_bytes_t body,
                                  npie_err_t *err, apr_pool_t *p);

#endif
