/* SPDX-License-Identifier: Apache-2.0
 * The key by which a signer signs the entries of the ledger.
 */
#ifndef NPIE_LEDGER_KEY_H
#define NPIE_LEDGER_KEY_H

#include <openssl/types.h>

#include "ledger/entry.h"
#include "pki/cert.h"

/** extendedKeyUsage of its certificate, critical, so that it is good for
 * nothing else. Under 2.25 (ITU-T X.667) a random number needs no registrar. */
#define NPIE_LEDGER_KEY_PURPOSE \
    "2.25.263791846085214907331860459183472510663"

/** A key in memory, cleansed with its pool. One thread. */
typedef struct npie_ledger_key_t npie_ledger_key_t;

/** Vouches for a key: makes its certificate. Set by who holds the CA's key.
 * @param pder set to DER in p */
typedef apr_status_t npie_ledger_vouch_fn(npie_bytes_t *pder, void *baton,
                                          EVP_PKEY *key, npie_err_t *err,
                                          apr_pool_t *p);

/**
 * Reads key and certificate from a PEM file; makes both when there is no such
 * file, which only its owner can read then.
 * @param path absolute
 * @param vouch NULL: a file that is not there fails
 * @return APR_SUCCESS; NPIE_ECONFIG with file and reason; what vouch returns
 */
apr_status_t npie_ledger_key_open(npie_ledger_key_t **pkey, const char *path,
                                  npie_ledger_vouch_fn *vouch, void *baton,
                                  npie_err_t *err, apr_pool_t *p);

/** Its short name; and its certificate. They live as long as the key. */
const char *npie_ledger_key_name(const npie_ledger_key_t *key);
npie_bytes_t npie_ledger_key_certificate(const npie_ledger_key_t *key);

/**
 * Signs a text of npie_entry_text().
 * @param pline set to the whole line, in p
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_ledger_key_sign(const char **pline,
                                  const npie_ledger_key_t *key,
                                  const char *text, npie_err_t *err,
                                  apr_pool_t *p);

/** Does the signature at the end of a line hold? 1 = yes. */
int npie_ledger_key_verify(EVP_PKEY *key, const char *line,
                           apr_pool_t *ptemp);

/** Is this a certificate for signing entries? 1 = yes. */
int npie_ledger_key_is_for(const npie_cert_t *cert);

#endif
