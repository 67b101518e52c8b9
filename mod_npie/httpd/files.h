/* SPDX-License-Identifier: Apache-2.0
 * The files that the module makes for a renewal: letters, certificate,
 * calendar.
 */
#ifndef NPIE_HTTPD_FILES_H
#define NPIE_HTTPD_FILES_H

#include "httpd/page.h"

/* Each answers with its file, or 404 where there is none yet. */
int npie_file_letter1(npie_visit_t *visit);
int npie_file_letter2(npie_visit_t *visit);
int npie_file_certificate(npie_visit_t *visit);
/** The certificate with its chain, PEM. */
int npie_file_certificate_pem(npie_visit_t *visit);
/** The certificate with its chain and key file's name, for the page that
 * builds the .pfx. */
int npie_file_certificate_json(npie_visit_t *visit);
/** The same of any certificate. */
int npie_file_issued_json(request_rec *r, npie_flow_t *flow,
                          const npie_certificate_t *issued, const char *name,
                          const char *key_sha256);
int npie_file_calendar(npie_visit_t *visit);

#endif
