/* SPDX-License-Identifier: Apache-2.0
 * The root's CRL: of the issuing CAs that it has made and that are not to be
 * trusted any more.
 */
#ifndef NPIE_CTL_CA_LIST_H
#define NPIE_CTL_CA_LIST_H

#include <apr_tables.h>
#include <apr_time.h>
#include <openssl/types.h>

#include "base/bytes.h"
#include "base/status.h"

/** What a list says. Times are UTC microseconds. */
typedef struct npie_ca_list_t {
    apr_uint64_t number;
    apr_time_t this_update;
    apr_time_t next_update;
    apr_array_header_t *entries; /**< of npie_crl_entry_t; NULL: none */
} npie_ca_list_t;

/**
 * Signs a list.
 * @param pder set to DER in p
 * @param key of the root; stays the caller's
 * @return APR_SUCCESS; NPIE_ECONFIG, NPIE_EINTERNAL
 */
apr_status_t npie_ca_list_make(npie_bytes_t *pder, EVP_PKEY *key, X509 *root,
                               const npie_ca_list_t *list, npie_err_t *err,
                               apr_pool_t *p);

/**
 * Reads a list that this root has signed.
 * @param list number and entries are set, in p
 * @param der DER
 * @return APR_SUCCESS; NPIE_EINPUT: none, or not of this root
 */
apr_status_t npie_ca_list_read(npie_ca_list_t *list, npie_bytes_t der,
                               X509 *root, npie_err_t *err, apr_pool_t *p);

#endif
