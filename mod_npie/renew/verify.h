/* SPDX-License-Identifier: Apache-2.0
 * Is what the server made what was asked for?
 */
#ifndef NPIE_RENEW_VERIFY_H
#define NPIE_RENEW_VERIFY_H

#include "letter/file.h"
#include "renew/answer.h"
#include "renew/credential.h"

/**
 * Takes the certificate that was handed out and verifies it: of this key, of
 * the old certificate's employer, ending later than that one, and with a
 * chain whose signatures hold.
 * @param fresh key is set, cert is set here
 * @param trust PEM file of CAs one of which the chain must lead to; NULL: the
 *        chain is only held against itself
 * @return APR_SUCCESS; NPIE_ESIGNATURE (CERT_NOT_OURS); NPIE_EINPUT
 *         (FILE_READ): no CA in trust
 */
apr_status_t npie_verify_certificate(npie_credential_t *fresh,
                                     const npie_issued_t *issued,
                                     const npie_cert_t *old,
                                     const char *trust, npie_err_t *err,
                                     apr_pool_t *p);

/**
 * Takes an unsigned letter apart and sees that it is about this employer and
 * these keys: nothing else is signed.
 * @param new_spki of the new key, hex
 * @return APR_SUCCESS; NPIE_EINPUT (LETTER)
 */
apr_status_t npie_verify_letter(npie_letter_file_t **pfile, npie_bytes_t pdf,
                                npie_letter_kind_t kind,
                                const npie_cert_t *old, const char *new_spki,
                                npie_err_t *err, apr_pool_t *p);

/**
 * Is a letter as the server has it the one that was signed here? The server
 * adds the chain to the signature, and the institute's seal to the letter.
 * @param ours as it was signed here
 * @return APR_SUCCESS; NPIE_EPROTO (ANSWER)
 */
apr_status_t npie_verify_signed(npie_bytes_t pdf, npie_bytes_t ours,
                                npie_err_t *err, apr_pool_t *p);

#endif
