/* SPDX-License-Identifier: Apache-2.0
 * Which family of browsers a request comes from, for npiectl report: a word
 * out of few, which tells nobody from anybody else.
 */
#ifndef NPIE_HTTPD_AGENT_H
#define NPIE_HTTPD_AGENT_H

#include "httpd/private.h"

/** By User-Agent: "chrome", "edge", "firefox", "opera", "safari", "samsung",
 * "npie-renew", or "other". Static. */
const char *npie_agent_family(const request_rec *r);

#endif
