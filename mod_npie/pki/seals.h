/* SPDX-License-Identifier: Apache-2.0
 * The certificates that the institute seals with. An authority that is
 * trusted for employers' certificates may also have made some for seals of
 * other people, so a seal counts by what stands here, not by its issuer.
 */
#ifndef NPIE_PKI_SEALS_H
#define NPIE_PKI_SEALS_H

#include <apr_tables.h>

#include "pki/trust.h"

/** The shortest RSA key of a seal, bits. */
#define NPIE_SEAL_MIN_BITS 2048

/** The institute's seals, the present one and those before it. Read-only
 * after loading: threads may share it. */
typedef struct npie_seals_t npie_seals_t;

/**
 * Loads the seals' certificates from PEM files. CA certificates among them
 * help to build chains and are no seals. A seal that has expired is taken:
 * letters bear it.
 * @param files of const char *, absolute paths
 * @param trust under which all of them must be good for seals, see
 *        npie_trust_verify_seal()
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason in err->detail, also
 *         when there is no seal at all
 */
apr_status_t npie_seals_load(npie_seals_t **pseals,
                             const apr_array_header_t *files,
                             const npie_trust_t *trust, npie_err_t *err,
                             apr_pool_t *p);

/** When the institute's present seal ends: the latest end of any. */
apr_time_t npie_seals_end(const npie_seals_t *seals);

/** Is it one of the institute's seals? By its key, so that a certificate made
 * anew for the same key is one too. 1 = yes.
 * @param seals NULL: none is known */
int npie_seals_know(const npie_seals_t *seals, const npie_cert_t *cert);

#endif
