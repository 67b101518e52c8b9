/* SPDX-License-Identifier: Apache-2.0
 * What every file of this room includes first: httpd's headers and the log
 * level's name.
 */
#ifndef NPIE_HTTPD_PRIVATE_H
#define NPIE_HTTPD_PRIVATE_H

#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>
#include <http_request.h>

/* The one symbol that httpd looks for; everything else stays inside. */
extern module AP_MODULE_DECLARE_DATA npie_module
    __attribute__((visibility("default")));
/* The file with the module's record declares the log index itself. */
#ifndef NPIE_MODULE_RECORD
APLOG_USE_MODULE(npie);
#endif

#endif
