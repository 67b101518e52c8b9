/* SPDX-License-Identifier: Apache-2.0
 * What npie_letter_verify() found, for programs.
 */
#ifndef NPIE_FLOW_VERIFY_JSON_H
#define NPIE_FLOW_VERIFY_JSON_H

#include <jansson.h>

#include "letter/verify.h"

/**
 * {outcome, where, proved, institute, size, before, after, update, employer,
 * seal, timestamps, letter}: where null unless the outcome is altered; proved
 * {by, time}, both null without a proof; institute as npie_record_json();
 * timestamps {signature, count, detail, time, authority, serial, until};
 * employer and seal are {signature, detail, time, expiredThen, certificate},
 * certificate null or {name, organization, rp, serial, issuer, notBefore,
 * notAfter, keySha256};
 * letter null unless npie_letter_proved(), else {kind, folio, rp,
 * rfc, curp, user, email, time, oldKeySha256, newKeySha256, cadena, holder,
 * purpose}. Times RFC 3339, null where there is none.
 * @return a new reference, NULL when memory ran out
 */
json_t *npie_verify_json(const npie_letter_view_t *view, apr_pool_t *p);

/**
 * {record, signer}, and when there is a letter on record {folio, kind, rp,
 * organization, oldKeySha256, newKeySha256, drawn, signed, sealed,
 * certificate}; signer and certificate null or {serial, status, additional,
 * notBefore, notAfter, ended}.
 * @return a new reference, NULL when memory ran out
 */
json_t *npie_record_json(const npie_known_letter_t *known,
                         const npie_known_cert_t *signer, apr_pool_t *p);

#endif
