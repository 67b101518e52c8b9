/* SPDX-License-Identifier: Apache-2.0
 * Additional certificates in the registry: what employers ask for on behalf
 * of their colleagues, and the links that colleagues are sent.
 *
 * What store/registry.h says of its functions holds here too.
 */
#ifndef NPIE_STORE_ADDITION_H
#define NPIE_STORE_ADDITION_H

#include "store/outbox.h"

/** Stored as this text, in small letters. */
typedef enum npie_addition_state_t {
    NPIE_ADDITION_REQUESTED,  /**< a key is to be made */
    NPIE_ADDITION_KEYED,      /**< request accepted, letter 3 fixed */
    NPIE_ADDITION_AUTHORISED, /**< letter 3 signed */
    NPIE_ADDITION_ISSUED,
    NPIE_ADDITION_WITHDRAWN,
    NPIE_ADDITION_STATES      /**< how many */
} npie_addition_state_t;

/** The stored text of a state, static; "?" out of range. */
const char *npie_addition_state_name(npie_addition_state_t state);

/** A request's row. Strings never NULL. */
typedef struct npie_addition_t {
    apr_int64_t id;
    apr_int64_t employer;
    apr_int64_t principal;   /**< certificate with which it was asked for */
    apr_int64_t certificate; /**< row, 0 before issued */
    apr_int64_t replaces;    /**< certificate that is asked for again, or 0 */
    const char *holder;      /**< the colleague's name */
    const char *holder_email;
    const char *purpose;
    npie_addition_state_t state;
    npie_bytes_t csr;        /**< DER, empty before keyed */
    const char *spki;        /**< "" before keyed */
    const char *key_sha256;  /**< of the .key file, hex, "" = unknown */
    apr_int64_t folio;       /**< of letter 3, 0 before keyed */
    npie_bytes_t pdf;        /**< letter 3; not read by a list */
    apr_time_t created;
    apr_time_t keyed;        /**< the letter's date, 0 = not yet */
    apr_time_t signed_at;    /**< 0 = not yet */
    apr_time_t changed;
} npie_addition_t;

apr_status_t npie_addition_get(npie_addition_t **paddition,
                               npie_registry_t *registry, apr_int64_t id,
                               npie_err_t *err);
/** The request whose letter 3 has that folio. */
apr_status_t npie_addition_by_folio(npie_addition_t **paddition,
                                    npie_registry_t *registry,
                                    apr_int64_t folio, npie_err_t *err);
/** The request that led to a certificate. */
apr_status_t npie_addition_by_certificate(npie_addition_t **paddition,
                                          npie_registry_t *registry,
                                          apr_int64_t certificate,
                                          npie_err_t *err);
/** An employer's requests, newest first, at most 200, as an array of
 * npie_addition_t * (may be empty) without csr and pdf: neither those
 * withdrawn nor those whose certificate has been asked for again. */
apr_status_t npie_addition_list(apr_array_header_t **plist,
                                npie_registry_t *registry,
                                apr_int64_t employer, npie_err_t *err);
/** An employer's additional certificates that no request here led to and none
 * asks for again, as an array of npie_certificate_t * (may be empty). */
apr_status_t npie_addition_orphans(apr_array_header_t **plist,
                                   npie_registry_t *registry,
                                   apr_int64_t employer, npie_err_t *err);
/** Writes employer, principal, replaces, holder, holder_email, purpose and
 * created, in the state requested. NPIE_ECONFLICT when what it replaces is
 * asked for again already. */
apr_status_t npie_addition_insert(apr_int64_t *pid, npie_registry_t *registry,
                                  const npie_addition_t *addition,
                                  npie_err_t *err);
/** Writes all else, if the stored state is still `expected` (else
 * NPIE_ECONFLICT). */
apr_status_t npie_addition_update(npie_registry_t *registry,
                                  const npie_addition_t *addition,
                                  npie_addition_state_t expected,
                                  npie_err_t *err);

/** A request's mails, newest first, as an array of npie_outbox_t * (may be
 * empty). */
apr_status_t npie_addition_mails(apr_array_header_t **plist,
                                 npie_registry_t *registry,
                                 apr_int64_t addition, npie_err_t *err);

/** What a colleague's link is for. Stored as "key" and "obtain". */
typedef enum npie_addition_purpose_t {
    NPIE_ADDITION_KEY,    /**< make the key */
    NPIE_ADDITION_OBTAIN, /**< obtain the certificate */
    NPIE_ADDITION_PURPOSES
} npie_addition_purpose_t;

/** A link's row. */
typedef struct npie_addition_link_t {
    const char *hash; /**< SHA-256 of its token, 64 hex digits */
    npie_addition_purpose_t purpose;
    apr_int64_t addition;
    apr_int64_t outbox; /**< the mail that carries it */
    apr_time_t created;
    apr_time_t expires;
} npie_addition_link_t;

/** NPIE_ECONFLICT when the hash is there. */
apr_status_t npie_addition_link_insert(npie_registry_t *registry,
                                       const npie_addition_link_t *link,
                                       npie_err_t *err);
apr_status_t npie_addition_link_find(npie_addition_link_t **plink,
                                     npie_registry_t *registry,
                                     const char *hash, npie_err_t *err);

#endif
