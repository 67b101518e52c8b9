/* SPDX-License-Identifier: Apache-2.0
 * Whether a letter and the certificate that signed it belong together.
 */
#ifndef NPIE_LETTER_PARTY_H
#define NPIE_LETTER_PARTY_H

#include "model/cadena.h"
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

#endif
