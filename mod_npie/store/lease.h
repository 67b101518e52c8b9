/* SPDX-License-Identifier: Apache-2.0
 * What the background jobs of all machines have taken for themselves. A machine
 * that dies keeps it until its lease ends; then any other takes it.
 */
#ifndef NPIE_STORE_LEASE_H
#define NPIE_STORE_LEASE_H

#include "store/registry.h"

/** Leases that have not ended. */
typedef struct npie_leases_t {
    apr_int64_t mails;      /**< being sent */
    apr_time_t mails_until; /**< the last of these leases ends, 0 = none */
    apr_int64_t seals;      /**< letters being sealed, or put off because
                                 npie-signer did not seal them */
    apr_time_t seals_until;
} npie_leases_t;

/** @param now UTC */
apr_status_t npie_registry_leases(npie_leases_t *leases,
                                  npie_registry_t *registry, apr_time_t now,
                                  npie_err_t *err);

#endif
