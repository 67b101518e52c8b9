/* SPDX-License-Identifier: Apache-2.0
 * Ended certificates in the registry: what is noted beside their status, and
 * which of them npie-signer is still to be told of. Results and errors as
 * store/registry.h says.
 */
#ifndef NPIE_STORE_REVOCATION_H
#define NPIE_STORE_REVOCATION_H

#include "store/registry.h"

/** An ended certificate that npie-signer has not been told of. */
typedef struct npie_untold_t {
    npie_certificate_t certificate;
    apr_time_t invalid_since; /**< 0 = nobody said */
} npie_untold_t;

/** The highest generation an employer's principal certificates ever had, 0 =
 * there is none. */
apr_status_t npie_certificate_generation(apr_int64_t *pgeneration,
                                         npie_registry_t *registry,
                                         apr_int64_t employer,
                                         npie_err_t *err);

/** Notes that a certificate's renewal ended without its letter 2: it is never
 * the newest any more. */
apr_status_t npie_certificate_set_unused(npie_registry_t *registry,
                                         apr_int64_t id, npie_err_t *err);

/** Notes since when the key is suspected (RFC 5280 section 5.3.2). */
apr_status_t npie_certificate_set_invalid(npie_registry_t *registry,
                                          apr_int64_t id, apr_time_t since,
                                          npie_err_t *err);

/** Makes a revoked certificate active again. NPIE_ECONFLICT when it is not
 * revoked, or its renewal ended with it without letter 2. */
apr_status_t npie_certificate_release(npie_registry_t *registry,
                                      apr_int64_t id, npie_err_t *err);

/** At most a hundred that npie-signer is to be told of, oldest first.
 * @param plist of npie_untold_t * */
apr_status_t npie_certificate_untold(apr_array_header_t **plist,
                                     npie_registry_t *registry,
                                     npie_err_t *err);

/** Notes that npie-signer knows. NPIE_ECONFLICT when it was noted before. */
apr_status_t npie_certificate_set_told(npie_registry_t *registry,
                                       apr_int64_t id, apr_time_t when,
                                       npie_err_t *err);

/** The newest of a serial, four at most: several authorities may have given
 * it.
 * @param serial upper-case hex
 * @param list of npie_bytes_t, DER; added to */
apr_status_t npie_certificate_by_serial(apr_array_header_t *list,
                                        npie_registry_t *registry,
                                        const char *serial, npie_err_t *err);

#endif
