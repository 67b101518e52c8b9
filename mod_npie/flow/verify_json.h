/* SPDX-License-Identifier: Apache-2.0
 * What npie_letter_verify() found, for programs.
 */
#ifndef NPIE_FLOW_VERIFY_JSON_H
#define NPIE_FLOW_VERIFY_JSON_H

#include <jansson.h>

#include "letter/verify.h"

/**
 * {outcome, size, after, update, employer, seal, letter}: employer and seal are
 * {signature, detail, time, expiredThen, certificate}, certificate null or
 * {name, organization, rp, serial, issuer, notBefore, notAfter, keySha256};
 * letter null unless the employer's signature is good, else {kind, folio, rp,
 * rfc, curp, user, email, time, oldKeySha256, newKeySha256, cadena, holder,
 * purpose}. Times RFC 3339, null where there is none.
 * @return a new reference, NULL when memory ran out
 */
json_t *npie_verify_json(const npie_letter_view_t *view, apr_pool_t *p);

#endif
