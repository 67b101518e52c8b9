/* SPDX-License-Identifier: Apache-2.0
 * Telling npie-signer which certificates have ended.
 */
#ifndef NPIE_FLOW_PUBLISH_H
#define NPIE_FLOW_PUBLISH_H

#include "flow/flow.h"
#include "store/revocation.h"

/**
 * Ends the sessions of ended certificates that npie-signer does not know of,
 * whoever ended them, tells it of them and has kept answers made anew; oldest
 * first, a hundred at most. What another trusted authority signed goes to the
 * block list of every signer, on no CRL; what none of them did is noted as told.
 * Sessions that cannot be ended keep nothing off the
 * CRL, but the certificate comes again. Two that do this at once do no harm.
 * @param pcount set to how many will not come again
 * @return APR_SUCCESS; NPIE_EBACKEND, NPIE_EPROTO: the rest is still to be
 *         told; what the port last failed with, all others being told
 */
apr_status_t npie_flow_publish(int *pcount, npie_flow_t *flow,
                               npie_err_t *err);

/**
 * Tells npie-signer of one certificate, has its kept answers made anew, and
 * notes that it knows; the last two not where they are others' to do.
 * @param pheld set to 1: it is on hold there; 0
 * @param pport how the end of its sessions went; set to what making the
 *        answers anew failed with. Unless APR_SUCCESS nothing is noted
 * @return APR_SUCCESS; NPIE_EPOLICY: of no trusted authority, noted all the same;
 *         NPIE_EBACKEND, NPIE_EPROTO: it is still to be told
 */
apr_status_t npie_publish_one(int *pheld, apr_status_t *pport,
                              npie_flow_t *flow,
                              const npie_untold_t *untold, npie_err_t *err);

#endif
