/* SPDX-License-Identifier: Apache-2.0
 * Signers that share a ledger, wherever it is kept.
 */
#ifndef NPIE_UNIT_LEDGER_SCENE_H
#define NPIE_UNIT_LEDGER_SCENE_H

#include "ledger/ask.h"
#include "unit/signer_fixture.h"

/* Names another place for a signer's ledger, before it is started. */
void ledger_place(fixture_signer_t *signer, const char *place, apr_pool_t *p);
/* A second signer of the same authority on the same ledger. */
fixture_signer_t *ledger_second(const fixture_ca_t *ca,
                                const fixture_signer_t *first, apr_pool_t *p);

/* npie-ledger alone, as an attacker or as this test, on a signer's ledger. */
npie_ledger_ask_t *ledger_child(const fixture_signer_t *signer, apr_pool_t *p);

npie_signer_crl_t ledger_crl(const fixture_signer_t *signer, apr_pool_t *p);
/* Both give the same bytes. */
void ledger_assert_same(const fixture_signer_t *a, const fixture_signer_t *b,
                        apr_pool_t *p);
/* Revokes a certificate. */
apr_status_t ledger_revoke(const fixture_signer_t *signer,
                           const npie_cert_t *cert, npie_err_t *err,
                           apr_pool_t *p);
/* Asks for the certificate of a renewal. */
apr_status_t ledger_renew(npie_bytes_t *cert, const fixture_signer_t *signer,
                          const fixture_employer_t *employer,
                          const identity_t *key, apr_int64_t folio,
                          npie_err_t *err, apr_pool_t *p);

/* Two signers that are not started yet: one folio, one key, one successor, one
 * CRL, also when one was killed meanwhile. Both are stopped at the end. */
void ledger_two(fixture_ca_t *ca, fixture_signer_t *a, fixture_signer_t *b,
                apr_pool_t *p);

#endif
