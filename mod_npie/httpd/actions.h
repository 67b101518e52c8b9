/* SPDX-License-Identifier: Apache-2.0
 * What is not a page: the forms' POSTs, and the files that the module makes.
 */
#ifndef NPIE_HTTPD_ACTIONS_H
#define NPIE_HTTPD_ACTIONS_H

#include "httpd/private.h"

/** Is this request for an action or a file of the handler's? 1 = yes.
 * @param name below the pages' path */
int npie_actions_known(const request_rec *r, const char *name);

/** The handler "npie". */
int npie_actions_handler(request_rec *r);

#endif
