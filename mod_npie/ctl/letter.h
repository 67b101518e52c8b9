/* SPDX-License-Identifier: Apache-2.0
 * What the commands about letters share.
 */
#ifndef NPIE_CTL_LETTER_H
#define NPIE_CTL_LETTER_H

#include "ctl/ctl.h"
#include "letter/verify.h"

/**
 * The rules by which a letter is judged, of the settings and the options
 * --seal and --offline.
 * @return APR_SUCCESS; NPIE_ECONFIG: no Trust is named, or a file is wrong;
 *         NPIE_EBACKEND: the registry is named and away
 */
apr_status_t npie_ctl_letter_rules(npie_verify_rules_t *rules,
                                   npie_ctl_t *ctl, npie_err_t *err);

#endif
