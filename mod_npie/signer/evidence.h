/* SPDX-License-Identifier: Apache-2.0
 * What entitles somebody to a certificate: his request and the letter that he
 * signed with his old key, or that his employer signed with the principal one.
 */
#ifndef NPIE_SIGNER_EVIDENCE_H
#define NPIE_SIGNER_EVIDENCE_H

#include "letter/data.h"
#include "model/cadena.h"
#include "pki/cms.h"
#include "pki/csr.h"
#include "pki/issue.h"

/** How evidence is judged. */
typedef struct npie_evidence_rules_t {
    npie_cms_rules_t cms;
    npie_key_rules_t new_keys;
    apr_interval_time_t letter_max_age; /**< microseconds */
    const char *additional_oid; /**< policy of additional certificates, whose
                                     signatures entitle to nothing */
} npie_evidence_rules_t;

/** Evidence that holds. Lives in the pool. */
typedef struct npie_evidence_t {
    const npie_csr_t *csr;
    const npie_cadena_t *cadena; /**< what the employer signed */
    const npie_letter_data_t *data; /**< and its names; NULL: an older letter,
                                         which is not drawn any more */
    const npie_cert_t *old;      /**< with what he signed it: letter 1 with the
                                      old certificate, 3 with the principal */
    npie_subject_t subject;      /**< of the certificate to be made: from the
                                      old certificate, the e-mail from the
                                      cadena; RFC and CURP from the cadena
                                      only where the old certificate has none.
                                      Letter 3: name and e-mail from the cadena,
                                      no CURP */
} npie_evidence_t;

/**
 * Verifies everything about the evidence that does not change with time: the
 * request and its key; the letter's form; its signature over the whole file
 * by a certificate of a trusted authority; and that letter, request and
 * signing certificate speak of the same keys and the same employer.
 * @param csr DER; letter: the signed PDF
 * @return APR_SUCCESS; NPIE_EINPUT, NPIE_ESIGNATURE, NPIE_EPOLICY with a
 *         problem number: the evidence does not hold; NPIE_EINTERNAL
 */
apr_status_t npie_evidence_verify(npie_evidence_t **pevidence,
                                  const npie_evidence_rules_t *rules,
                                  npie_bytes_t csr, npie_bytes_t letter,
                                  npie_err_t *err, apr_pool_t *p);

/**
 * Judges the evidence's dates: the letter neither too old nor from the
 * future, the old certificate in force already. That it has expired is no
 * fault in letter 1; the principal one of letter 3 must be valid.
 * @param now UTC microseconds
 * @return APR_SUCCESS; NPIE_EPOLICY
 */
apr_status_t npie_evidence_fresh(const npie_evidence_t *evidence,
                                 const npie_evidence_rules_t *rules,
                                 apr_time_t now, npie_err_t *err);

/**
 * Verifies a signed letter of any kind by itself, by npie_letter_verify(), the
 * rules of everybody who verifies letters; without a seal.
 * @param pcadena set to what the letter says
 * @param psigner set to who signed it
 * @param now UTC microseconds
 * @return APR_SUCCESS; NPIE_EINPUT, NPIE_EPOLICY with a problem number;
 *         NPIE_EINTERNAL
 */
apr_status_t npie_evidence_letter(const npie_cadena_t **pcadena,
                                  const npie_cert_t **psigner,
                                  const npie_evidence_rules_t *rules,
                                  npie_bytes_t letter, apr_time_t now,
                                  npie_err_t *err, apr_pool_t *p);

#endif
