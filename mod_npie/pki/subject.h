/* SPDX-License-Identifier: Apache-2.0
 * Whom an employer's certificate names: subject and subjectAltName.
 */
#ifndef NPIE_PKI_SUBJECT_H
#define NPIE_PKI_SUBJECT_H

#include "pki/cert.h"

/** Who the certificate is for. Clean UTF-8, never NULL, at most 200 characters
 * each (email: 254 bytes); "" is left out, but organization, rp10 and
 * common_name must be there. */
typedef struct npie_subject_t {
    const char *organization; /**< O, razón social */
    const char *rp10;         /**< OU */
    const char *common_name;  /**< CN, legal representative */
    const char *curp;         /**< serialNumber */
    const char *rfc;          /**< x500UniqueIdentifier, and with "VATMX-"
                                   before it organizationIdentifier (ETSI EN
                                   319 412-1, 5.1.4) */
    const char *email;        /**< subjectAltName (RFC 9598): rfc822Name, or
                                   SmtpUTF8Mailbox when its local part is not
                                   ASCII; the domain in A-labels either way */
    const npie_cert_t *principal; /**< of an additional certificate: it gets
                                   the mark and ends with this one at the
                                   latest. NULL: it is a principal one */
} npie_subject_t;

/** Are all its strings clean, short enough, and the needed ones there, and has
 * the address a form for certificates? p: scratch. 1 = yes. */
int npie_subject_is_complete(const npie_subject_t *subject, apr_pool_t *p);

/**
 * Writes the subject's name into a certificate being made.
 * @param bit_string 1: x500UniqueIdentifier is a BIT STRING of the RFC's UTF-8
 *        (X.520, 6.2.7); 0: PrintableString, or UTF8String where the RFC has
 *        & or Ñ
 * @return 1; 0: memory ran out
 */
int npie_subject_set(X509 *x509, const npie_subject_t *subject,
                     int bit_string);

/** Adds subjectAltName with the address, when there is one. p: scratch.
 * @return 1; 0: memory ran out, or the address has no form for certificates */
int npie_subject_add_email(X509 *x509, const npie_subject_t *subject,
                           apr_pool_t *p);

#endif
