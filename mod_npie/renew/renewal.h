/* SPDX-License-Identifier: Apache-2.0
 * One renewal from the old certificate to the signed terms.
 */
#ifndef NPIE_RENEW_RENEWAL_H
#define NPIE_RENEW_RENEWAL_H

#include "renew/credential.h"
#include "renew/http.h"
#include "renew/job.h"

/**
 * Opens the old certificate of a job, asking for its password.
 * @param ppassword set to the last one tried
 * @param literal 1: the password may stand in the job itself
 * @return as npie_credential_open(), npie_disk_read(), npie_secret_get()
 */
apr_status_t npie_renewal_open_old(npie_credential_t *old,
                                   npie_secret_t **ppassword,
                                   const npie_job_t *job, int literal,
                                   npie_err_t *err, apr_pool_t *p);

/** Whose a certificate is, for people: the company, or else the person.
 * @return the certificate's own, may be "" */
const char *npie_renewal_whose(const npie_cert_t *cert);

/**
 * Renews, from wherever the renewal stands: whatever was done before, here or
 * on the server, is not done again.
 * @param ending set, whatever happens; its texts live in p
 * @param p this renewal's alone: secrets are gone with it
 */
void npie_renewal_run(npie_ending_t *ending, npie_http_t *http,
                      const npie_job_t *job, const npie_options_t *options,
                      const npie_say_t *say, apr_pool_t *p);

#endif
