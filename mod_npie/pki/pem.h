/* SPDX-License-Identifier: Apache-2.0
 * Files of certificates, as an admin names them.
 */
#ifndef NPIE_PKI_PEM_H
#define NPIE_PKI_PEM_H

#include "pki/cert.h"

/**
 * What becomes of one certificate.
 * @param cert in the pool of npie_pem_read()
 * @param file where it stands, for messages
 * @return APR_SUCCESS; anything else ends the reading
 */
typedef apr_status_t npie_pem_fn(void *baton, npie_cert_t *cert,
                                 const char *file, npie_err_t *err);

/**
 * Reads every CERTIFICATE block of a file, in order. Blocks of other kinds
 * are passed over.
 * @param path absolute; at most 1 MB
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason in err->detail, also
 *         when there is no certificate; what `each` returns
 */
apr_status_t npie_pem_read(const char *path, npie_pem_fn *each, void *baton,
                           npie_err_t *err, apr_pool_t *p);

#endif
