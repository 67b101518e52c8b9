/* SPDX-License-Identifier: Apache-2.0
 * CRLs of the authorities above, as an admin names them.
 */
#ifndef NPIE_PKI_CRLS_H
#define NPIE_PKI_CRLS_H

#include <apr_tables.h>
#include <openssl/x509.h>

#include "base/bytes.h"
#include "base/status.h"

/** CRLs that have been read. Read-only after loading: threads may share it. */
typedef struct npie_crls_t npie_crls_t;

/** Has a CA that is trusted signed it? 1 = yes. */
typedef int npie_crls_signed_fn(void *baton, X509_CRL *crl);

/**
 * Loads CRLs (RFC 5280 section 5) from files, each in DER or one or more in
 * PEM. Only whole CRLs are taken: none of certain reasons, of users alone,
 * indirect or delta ones, nor with an unknown critical extension. One whose
 * nextUpdate is over still tells what was revoked, and is taken.
 * @param files of const char *, absolute paths; at most 16 MB each
 * @param is_signed called with each; a CRL that nobody trusted has signed fails
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason in err->detail
 */
apr_status_t npie_crls_load(npie_crls_t **pcrls,
                            const apr_array_header_t *files,
                            npie_crls_signed_fn *is_signed, void *baton,
                            npie_err_t *err, apr_pool_t *p);

/**
 * Does a CRL of this issuer list the certificate, for whatever reason? Thread-
 * safe.
 * @param crls NULL: there are none
 * @param issuer whose key must have signed the CRL
 * @return 1 = yes
 */
int npie_crls_list(const npie_crls_t *crls, X509 *x509, X509 *issuer);

/**
 * When the first of them is to be replaced.
 * @return the earliest nextUpdate, UTC; 0 when none has one
 */
apr_time_t npie_crls_until(const npie_crls_t *crls);

#endif
