/* SPDX-License-Identifier: Apache-2.0
 * The body of a POST, bounded.
 */
#ifndef NPIE_HTTPD_BODY_H
#define NPIE_HTTPD_BODY_H

#include "httpd/private.h"
#include "base/form.h"

/** Longest body of an ordinary form, bytes. */
#define NPIE_BODY_FORM_MAX (64 * 1024)
/** Longest body with a letter in it, bytes. */
#define NPIE_BODY_FILE_MAX (1024 * 1024)

/**
 * Reads and parses a form, or the JSON that stands for one; without a body
 * it is empty. In a handler only: an earlier hook has no input
 * filters.
 * @param limit bytes; a longer body, announced or not, is refused unread
 * @return APR_SUCCESS; NPIE_EINPUT (TOO_LARGE, MEDIA_TYPE, REQUEST, ENCODING)
 */
apr_status_t npie_body_form(npie_form_t **pform, request_rec *r,
                            apr_size_t limit, npie_err_t *err);

/**
 * Reads a body of any type. In a handler only.
 * @param body empty when there is none
 * @return as npie_body_form()
 */
apr_status_t npie_body_bytes(npie_bytes_t *body, request_rec *r,
                             apr_size_t limit, npie_err_t *err);

#endif
