/* SPDX-License-Identifier: Apache-2.0
 * Signatures and requests as they come: typed into a field or chosen as a
 * file, in any of the forms that openssl writes.
 */
#ifndef NPIE_HTTPD_UPLOAD_H
#define NPIE_HTTPD_UPLOAD_H

#include "base/form.h"

/**
 * The DER of a field: DER itself (a file), PEM, or base64.
 * @param der set to bytes in p; len 0 when the field is empty or absent
 * @return APR_SUCCESS; NPIE_EINPUT without a problem's number when it is none
 *         of the three, or PEM with another label or more than one block, or
 *         a file was chosen that is empty
 */
apr_status_t npie_upload_der(npie_bytes_t *der, const npie_form_t *form,
                             const char *name, apr_pool_t *p);

/** The text of a field, typed or chosen as a file; NUL ended, never NULL. A
 * file that is no clean text is "". */
const char *npie_upload_text(const npie_form_t *form, const char *name,
                             apr_pool_t *p);

#endif
