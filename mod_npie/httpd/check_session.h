/* SPDX-License-Identifier: Apache-2.0
 * What httpd -t says about sessions.
 */
#ifndef NPIE_HTTPD_CHECK_SESSION_H
#define NPIE_HTTPD_CHECK_SESSION_H

#include "httpd/config.h"

/** Are sessions safe from whoever else reaches Redis?
 * @return NULL, or a sentence with the remedy, in ptemp */
const char *npie_check_session(const npie_server_conf_t *conf,
                               apr_pool_t *ptemp);

#endif
