/* SPDX-License-Identifier: Apache-2.0
 * Values of directives. Each parser returns NULL, or a sentence that says what
 * is wrong and what is allowed, and touches its output only on success.
 */
#ifndef NPIE_HTTPD_PARSE_H
#define NPIE_HTTPD_PARSE_H

#include "base/parse.h"
#include "httpd/config.h"

/** As npie_smtp_parse() takes it, then user=, password-file= or
 * password=exec:/program, ca-file=, timeout= in any order. */
const char *npie_parse_mail_server(npie_smtp_t *out, const char *arg,
                                   apr_pool_t *p);

/** Days before the end, "30d 7d", or off. */
const char *npie_parse_reminders(npie_reminders_t *out, const char *arg,
                                 apr_pool_t *p);

/** rsa:<bits>, p256, p384, one or more, blanks between. */
const char *npie_parse_keys(npie_key_rules_t *out, const char *arg,
                            apr_pool_t *p);

/** "keys=30 letters=60 cancellations=30 mails=40", in any order; what is not
 * named stays as it is. */
const char *npie_parse_daily(npie_daily_t *out, const char *arg, apr_pool_t *p);

/** Tags of languages, es among them, blanks between.
 * @param pout set to const char * in p */
const char *npie_parse_languages(apr_array_header_t **pout, const char *arg,
                                 apr_pool_t *p);

/** https://host[:port]/path/ */
const char *npie_parse_base(npie_base_t *out, const char *arg, apr_pool_t *p);

/** unix:/path, or exec:/program and its configuration file (arg2). */
const char *npie_parse_signer(npie_signer_setting_t *out, const char *arg,
                              const char *arg2, apr_pool_t *p);

#endif
