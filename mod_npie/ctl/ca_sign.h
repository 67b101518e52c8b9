/* SPDX-License-Identifier: Apache-2.0
 * The root signs an issuing CA.
 */
#ifndef NPIE_CTL_CA_SIGN_H
#define NPIE_CTL_CA_SIGN_H

#include "ctl/ca_root.h"

/** What the root is to sign. */
typedef struct npie_ca_wish_t {
    const X509_NAME *subject;
    EVP_PKEY *key;    /**< public; stays the caller's */
    const char *url;  /**< ends with a slash; NULL: no addresses */
} npie_ca_wish_t;

/** The calendar years that an option gives, 1 to 50.
 * @param pyears as set before when it is not given
 * @return APR_SUCCESS; NPIE_EINPUT */
apr_status_t npie_ca_option_years(int *pyears, const npie_ctl_t *ctl,
                                  const char *name, npie_err_t *err);

/** A moment so many calendar years on, and not after the issuer's end. */
apr_time_t npie_ca_until(apr_time_t from, int years,
                         const npie_cert_t *issuer);

/**
 * Makes an issuing CA's certificate, as long as --years and the root allow.
 * @param pmade owned by ctl->p
 * @param root certificate and key of the root
 * @return APR_SUCCESS; NPIE_EINPUT: --years; NPIE_EINTERNAL
 */
apr_status_t npie_ca_sign(npie_ca_made_t **pmade, npie_ctl_t *ctl,
                          const npie_ca_wish_t *wish, const npie_cert_t *root,
                          EVP_PKEY *key, npie_err_t *err);

#endif
