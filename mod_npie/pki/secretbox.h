/* SPDX-License-Identifier: Apache-2.0
 * Names and values for a store whose other writers are not trusted: each name
 * is a keyed hash, each value sealed with a key of that name alone. Who does
 * not have the secret can neither read a value, nor make one, nor use one
 * under another name.
 *
 * HMAC-SHA-512 (RFC 2104, FIPS 180-4) of kind and identifier gives both: its
 * first half is the name, its second the key of AES-256-GCM (SP 800-38D). The
 * nonce is random, 96 bits: a key seals the few values of one name.
 */
#ifndef NPIE_PKI_SECRETBOX_H
#define NPIE_PKI_SECRETBOX_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** Bytes of a secret. */
#define NPIE_SECRET_BYTES 32

/** Secrets in use at one time: the one that seals, and those before it. */
#define NPIE_SECRETS_MAX 4

/** Secrets, the one that seals first. count 0: a constant that is no secret;
 * values are then protected against damage alone. */
typedef struct npie_secrets_t {
    int count;
    unsigned char bytes[NPIE_SECRETS_MAX][NPIE_SECRET_BYTES];
} npie_secrets_t;

/** Secrets made ready. Read-only: any thread. */
typedef struct npie_secretbox_t npie_secretbox_t;

/** A name and what seals the value under it. */
typedef struct npie_secretbox_slot_t {
    char name[65];          /**< 64 lower-case hex digits */
    unsigned char key[32];
} npie_secretbox_slot_t;

/**
 * Makes secrets ready.
 * @param p the box lives there
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_secretbox_create(npie_secretbox_t **pbox,
                                   const npie_secrets_t *secrets,
                                   apr_pool_t *p);

/** How many secrets it has, 1 at least. */
int npie_secretbox_count(const npie_secretbox_t *box);

/**
 * The name of a thing under one of the secrets.
 * @param which 0: the one that seals; up to npie_secretbox_count()
 * @param kind, id what it is; the same id of another kind has another name
 * @return APR_SUCCESS; NPIE_EINTERNAL
 */
apr_status_t npie_secretbox_name(npie_secretbox_slot_t *slot,
                                 const npie_secretbox_t *box, int which,
                                 const char *kind, const char *id);

/** Seals a value. @param sealed in p
 * @return APR_SUCCESS; NPIE_EINTERNAL */
apr_status_t npie_secretbox_seal(npie_bytes_t *sealed,
                                 const npie_secretbox_t *box,
                                 const npie_secretbox_slot_t *slot,
                                 npie_bytes_t value, apr_pool_t *p);

/** Opens one. @param value in p, a NUL behind it; none on failure
 * @return APR_SUCCESS; NPIE_ESIGNATURE: not sealed under this name with this
 *         secret, or changed since; NPIE_EINTERNAL */
apr_status_t npie_secretbox_open(npie_bytes_t *value,
                                 const npie_secretbox_t *box,
                                 const npie_secretbox_slot_t *slot,
                                 npie_bytes_t sealed, apr_pool_t *p);

#endif
