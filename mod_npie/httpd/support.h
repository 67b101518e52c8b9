/* SPDX-License-Identifier: Apache-2.0
 * Who helps an employer, as NPIESupport has it.
 */
#ifndef NPIE_HTTPD_SUPPORT_H
#define NPIE_HTTPD_SUPPORT_H

#include "httpd/config.h"

/** Names and texts by turns: telephone, hours, address, link, office.
 * @return NULL, or a sentence that says what is wrong and what is allowed */
const char *npie_support_parse(npie_support_t *out, const char *args,
                               apr_pool_t *p);

/** Sets a page's variables npie_support_*: the office's own where one is
 * named, else the general one; none where there is neither.
 * @param office the employer's subdelegation, "" when unknown */
void npie_support_vars(request_rec *r, const char *office);

#endif
