/* SPDX-License-Identifier: Apache-2.0
 * First certificates: those of older authorities that nobody imported.
 */
#ifndef NPIE_FLOW_ADOPT_H
#define NPIE_FLOW_ADOPT_H

#include "flow/flow.h"

/**
 * Takes a certificate into the registry that was proved, is trusted, and is
 * not known: as the first of the employer whose registro patronal stands in
 * its OU. Only when that employer has never had one here, neither certificate
 * nor key was in a request, the user name typed is his, and the certificate
 * names the same person: its CURP and RFC are the employer's, or without a
 * CURP every word of the representative's name stands in its CN, whatever the
 * case and accents. Audited as "adopt".
 * @param login cert is set; certificate and employer are set when it is
 *        adopted, here or by somebody else at the same moment
 * @param user as typed, "" adopts nothing
 * @return APR_SUCCESS; APR_NOTFOUND: not adopted, nothing is written;
 *         NPIE_EBACKEND
 */
apr_status_t npie_flow_adopt(npie_login_t *login, const npie_flow_t *flow,
                             const char *user, npie_err_t *err);

/**
 * Is this the employer's user name as people write it: with blanks and
 * hyphens anywhere, in either case? One that is the registro patronal may
 * have its check digit.
 */
int npie_flow_is_user(const char *typed, const npie_employer_t *employer,
                      apr_pool_t *p);

#endif
