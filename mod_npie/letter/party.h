/* SPDX-License-Identifier: Apache-2.0
 * Whether a letter and the certificate that signed it belong together.
 */
#ifndef NPIE_LETTER_PARTY_H
#define NPIE_LETTER_PARTY_H

#include "model/cadena.h"
#include "model/employer.h"
#include "pki/cert.h"

/**
 * Compares a letter with its signer: the key that the letter names, and the
 * employer. Letter 2 names its signer as the new key, 1 and 3 as the old one.
 * Thread-safe.
 * @return APR_SUCCESS; NPIE_EPOLICY (LETTER_SIGNER: another key; CERT_MALFORMED:
 *         the certificate lacks employer number, name or representative;
 *         ISSUE_REFUSED: another employer number, RFC or CURP)
 */
apr_status_t npie_letter_party(const npie_cadena_t *cadena,
                               const npie_cert_t *cert, npie_err_t *err);

/**
 * Does a letter name the company and the person of a certificate? Capitals,
 * accents and signs do not count (model/fold.h), nor in a person's name the
 * order of its words; of a name as long as certificates can hold (64
 * characters) only the beginning does. Thread-safe.
 * @param employer whose names the letter has
 * @param cert the principal one that signs it, or that it is about
 * @return APR_SUCCESS; NPIE_EPOLICY (NAMES_DIFFER) with both in err->detail
 */
apr_status_t npie_letter_names(const npie_employer_t *employer,
                               const npie_cert_t *cert, npie_err_t *err,
                               apr_pool_t *p);

/** The person of an employer, as one name, in p. */
const char *npie_letter_person(const npie_employer_t *employer, apr_pool_t *p);

#endif
