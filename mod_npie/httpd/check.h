/* SPDX-License-Identifier: Apache-2.0
 * What `httpd -t` looks at beyond the directives and the files they name. Each
 * function says what is wrong (remark.h) and returns how many faults keep
 * httpd from starting: those that go away by themselves are doubts.
 */
#ifndef NPIE_HTTPD_CHECK_H
#define NPIE_HTTPD_CHECK_H

#include "httpd/runtime.h"

/** The registry, as httpd's User: rights, version of its tables, journal. */
int npie_check_registry(const server_rec *s, const npie_server_conf_t *conf,
                        apr_pool_t *ptemp);

/** Redis, as httpd's User: does it answer, and take the password? */
int npie_check_redis(const server_rec *s, const npie_server_conf_t *conf,
                     apr_pool_t *ptemp);

/** npie-signer: its own check of its file (exec:), and whether that agrees
 * with the directives; or whether it answers (unix:). */
int npie_check_signer(const server_rec *s, const npie_runtime_t *runtime,
                      apr_pool_t *ptemp);

/** Are the pages where NPIEBaseURL has them, with what they need around
 * them? By httpd's own configuration, merged for their address.
 * @param main_server the first of all servers */
int npie_check_pages(server_rec *main_server, server_rec *s,
                     const npie_server_conf_t *conf, apr_pool_t *ptemp);

/** Loads the sentences of the languages of NPIELanguages. */
int npie_check_sentences(npie_runtime_t *runtime, const server_rec *s,
                         apr_pool_t *pconf, apr_pool_t *ptemp);

/** Loads the templates of mails in these languages, but for Spanish. */
int npie_check_mails(npie_runtime_t *runtime, const server_rec *s,
                     apr_pool_t *pconf, apr_pool_t *ptemp);

/** Says, in the process of a probe, which pages these languages lack.
 * @param dir of the pages, with the last slash */
void npie_check_translated(int fd, const npie_server_conf_t *conf,
                           const char *dir, apr_pool_t *p);

/** Does every AuthType NPIE have a Require beside it? Of the whole
 * configuration. */
int npie_check_gates(const server_rec *main_server, apr_pool_t *ptemp);

/** When the first TLS certificate ends of those that SSLCertificateFile names,
 * in all of the configuration; 0: none is named, or can be read. No fault:
 * mod_ssl says so. */
apr_time_t npie_check_tls_end(apr_pool_t *ptemp);

/** May clients come with a certificate where NPIETLSExpired is on? */
int npie_check_tls(const server_rec *s, const npie_server_conf_t *conf);

#endif
