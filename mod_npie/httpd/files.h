/* SPDX-License-Identifier: Apache-2.0
 * The files that the module makes for a renewal: letters, certificate,
 * calendar.
 */
#ifndef NPIE_HTTPD_FILES_H
#define NPIE_HTTPD_FILES_H

#include "flow/flow.h"
#include "httpd/private.h"

/* Each answers with its file, or 404 where there is none yet. */
int npie_file_letter1(request_rec *r, npie_flow_t *flow,
                      const npie_place_t *place);
int npie_file_letter2(request_rec *r, npie_flow_t *flow,
                      const npie_place_t *place);
int npie_file_certificate(request_rec *r, npie_flow_t *flow,
                          const npie_place_t *place);
/** The certificate with its chain, PEM. */
int npie_file_certificate_pem(request_rec *r, npie_flow_t *flow,
                              const npie_place_t *place);
/** The certificate with its chain and key file's name, for the page that
 * builds the .pfx. */
int npie_file_certificate_json(request_rec *r, npie_flow_t *flow,
                               const npie_place_t *place);
/** The same of any certificate. */
int npie_file_issued_json(request_rec *r, npie_flow_t *flow,
                          const npie_certificate_t *issued, const char *name,
                          const char *key_sha256);
int npie_file_calendar(request_rec *r, npie_flow_t *flow,
                       const npie_place_t *place);

#endif
