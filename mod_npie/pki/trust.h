/* SPDX-License-Identifier: Apache-2.0
 * The authorities whose certificates may log in and renew.
 */
#ifndef NPIE_PKI_TRUST_H
#define NPIE_PKI_TRUST_H

#include <apr_tables.h>

#include "pki/cert.h"

/** The shortest RSA key of an old certificate by default, bits: of login,
 * letters, their verification and npie-signer alike. */
#define NPIE_OLD_KEY_MIN_BITS 1024

/** A set of CA certificates, roots and intermediates. Read-only after
 * loading: threads may share it. */
typedef struct npie_trust_t npie_trust_t;

/**
 * Loads CA certificates from PEM files. Self-signed ones are anchors, others
 * help to build chains. A file without a certificate, a certificate that is
 * no CA, or a set without an anchor fails.
 * @param files of const char *, absolute paths
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason in err->detail
 */
apr_status_t npie_trust_load(npie_trust_t **ptrust,
                             const apr_array_header_t *files,
                             npie_err_t *err, apr_pool_t *p);

/** Is this certificate one of the set? 1 = yes. */
int npie_trust_has(const npie_trust_t *trust, const npie_cert_t *ca);

/**
 * Loads CRLs of the trusted CAs; once, before the trust is used. A path with an
 * intermediate that one of them lists is refused from then on, whenever and
 * for whatever reason it was revoked.
 * @param files of const char *, see npie_crls_load()
 * @return as npie_crls_load()
 */
apr_status_t npie_trust_crls(npie_trust_t *trust,
                             const apr_array_header_t *files, npie_err_t *err,
                             apr_pool_t *p);

/** When the first of the CRLs is to be replaced: its nextUpdate, UTC; 0: never,
 * or there are none. */
apr_time_t npie_trust_crls_until(const npie_trust_t *trust);

/**
 * Verifies that a certificate was issued under this trust: path per RFC 5280
 * section 6 at a moment of the leaf's validity at which all of the chain's
 * issuers were valid too; the leaf's own dates against the present are NOT
 * judged, the caller does that. The leaf must not be a CA, its keyUsage (when
 * present) must have digitalSignature, its extendedKeyUsage (when present)
 * clientAuth, emailProtection or any, and not documentSigning; an
 * intermediate's extendedKeyUsage (when present) must leave one of them, and a
 * policy that the path asks for must be there. Weak signatures (SHA-1) and RSA
 * keys from min_bits on are taken in this old chain; MD5 and shorter are not.
 * No intermediate may be on a CRL of npie_trust_crls(); revocation of the leaf
 * is the registry's matter. Two authorities of one name are told
 * apart by their keys. Thread-safe.
 * @param chain of npie_bytes_t, DER certificates that came along, of which
 *        the first eight CA certificates are looked at; may be NULL
 * @param min_bits shortest RSA key of the leaf, e.g. 1024
 * @return APR_SUCCESS; NPIE_ESIGNATURE (UNTRUSTED); NPIE_EPOLICY (KEY_WEAK);
 *         NPIE_EINTERNAL
 */
apr_status_t npie_trust_verify(const npie_trust_t *trust,
                               const npie_cert_t *leaf,
                               const apr_array_header_t *chain, int min_bits,
                               npie_err_t *err, apr_pool_t *ptemp);

/**
 * As npie_trust_verify(), for the institute's seal: extendedKeyUsage must be
 * there with documentSigning (RFC 9336), which no certificate of an employer
 * has, keyUsage (when present) have digitalSignature or nonRepudiation.
 * @return as npie_trust_verify()
 */
apr_status_t npie_trust_verify_seal(const npie_trust_t *trust,
                                    const npie_cert_t *leaf,
                                    const apr_array_header_t *chain,
                                    int min_bits, npie_err_t *err,
                                    apr_pool_t *ptemp);

/**
 * The CA certificates above a leaf, nearest first, the anchor last.
 * @param pchain set to an array of npie_bytes_t (DER) in p
 * @return as npie_trust_verify()
 */
apr_status_t npie_trust_chain(apr_array_header_t **pchain,
                              const npie_trust_t *trust,
                              const npie_cert_t *leaf, npie_err_t *err,
                              apr_pool_t *p);

/**
 * The CA certificates between a leaf of any purpose and its anchor, nearest
 * first: what a signature carries for whoever has the anchor alone.
 * @param ppath set to an array of npie_bytes_t (DER) in p; empty when the
 *        anchor itself issued the leaf
 * @param chain as npie_trust_verify()
 * @return as npie_trust_verify()
 */
apr_status_t npie_trust_path(apr_array_header_t **ppath,
                             const npie_trust_t *trust,
                             const npie_cert_t *leaf,
                             const apr_array_header_t *chain, npie_err_t *err,
                             apr_pool_t *p);

#endif
