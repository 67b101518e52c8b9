/* SPDX-License-Identifier: Apache-2.0
 * Numbered messages of the log: notice.def.
 */
#ifndef NPIE_HTTPD_NOTICE_H
#define NPIE_HTTPD_NOTICE_H

#include "httpd/private.h"

/** How every numbered message begins; the number is an int. */
#define NPIE_TAG "NPIE%04d: "

/** A message; its value is its number. */
typedef enum npie_notice_t {
#define NPIE_NOTICE(number, name, level, text, cause, remedy) \
    NPIE_N_##name = (number),
#include "httpd/notice.def"
#undef NPIE_NOTICE
    NPIE_N_NONE = 0
} npie_notice_t;

/**
 * Logs a message with its number, level and text.
 * @param file, line, module as APLOG_MARK gives them
 * @param rv APR's or one of ours: said in words; APR_SUCCESS: nothing failed
 * @param r the request it is about, or NULL
 * @param detail format of what follows the text, or NULL
 */
void npie_notice(const char *file, int line, int module, apr_status_t rv,
                 const server_rec *s, const request_rec *r,
                 npie_notice_t notice, const char *detail, ...)
    __attribute__((format(printf, 8, 9)));

#endif
