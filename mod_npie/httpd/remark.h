/* SPDX-License-Identifier: Apache-2.0
 * What is said of a configuration: numbered, with file and line.
 */
#ifndef NPIE_HTTPD_REMARK_H
#define NPIE_HTTPD_REMARK_H

#include "httpd/config.h"
#include "httpd/notice.h"

/** httpd reads its configuration twice at a start, again at a restart, and
 * before it stops or restarts a server that runs. Is this the reading of `httpd
 * -t`, or the first of a start? What looks beyond the configuration's own files
 * is looked at, and doubts are said, in those alone: once, and never so that a
 * server cannot be stopped. 1 = yes. */
int npie_remark_is_first(void);

/** Where a server has a directive; where it has NPIEBaseURL, or an NPIEEngine
 * on, when the directive is not given. NULL: it has neither.
 * @param directive npie_directive_t; -1: none */
const ap_directive_t *npie_remark_place(const npie_server_conf_t *conf,
                                        int directive);

/**
 * Says a sentence with its place.
 * @param notice NPIE_N_CONFIG: httpd does not start; NPIE_N_CONFIG_DOUBT
 * @param at the place; NULL: the server's own
 * @param text what is wrong and what to do, English
 */
void npie_remark(npie_notice_t notice, const server_rec *s,
                 const ap_directive_t *at, const char *text);

#endif
