/* SPDX-License-Identifier: Apache-2.0
 * What is shown of an employer's renewal, for the pages' variables and for
 * JSON alike.
 */
#ifndef NPIE_HTTPD_SHOWN_H
#define NPIE_HTTPD_SHOWN_H

#include "flow/flow.h"
#include "httpd/config.h"
#include "store/session.h"

/** A string of an employer's, under the names it is shown by. */
typedef struct npie_shown_field_t {
    const char *variable; /**< of mod_include; NULL ends a list */
    const char *member;   /**< of JSON; NULL: not there */
    apr_size_t offset;    /**< of a const char * in npie_employer_t */
} npie_shown_field_t;

extern const npie_shown_field_t npie_shown_employer[];
extern const npie_shown_field_t npie_shown_address[];

/** The value of a field; never NULL. */
const char *npie_shown_value(const npie_shown_field_t *field,
                             const npie_employer_t *employer);

/** The name of an address's entity, "" for an unknown number. */
const char *npie_shown_entity(const npie_employer_t *employer);

/** A certificate. Strings never NULL, "" = not known. */
typedef struct npie_shown_certificate_t {
    const char *serial; /**< as people read it */
    const char *spki;   /**< SHA-256, hex */
    const char *name;   /**< common name */
    const char *issuer;
    apr_time_t from;
    apr_time_t until;
    apr_time_t ended;   /**< revoked or superseded at, 0 = not */
    const char *status; /**< "revoked", "superseded"; NULL: its dates tell */
} npie_shown_certificate_t;

/** "revoked", "superseded", "future", "valid" or "expired". */
const char *npie_shown_status(const npie_shown_certificate_t *shown,
                              apr_time_t now);

/** Of a row; what stands in the certificate itself comes from its bytes. */
npie_shown_certificate_t npie_shown_row(const npie_certificate_t *row,
                                        apr_pool_t *p);

/** Of the certificate that a session proved. */
npie_shown_certificate_t npie_shown_proved(const npie_session_t *session,
                                           apr_pool_t *p);

/** The kind of new key to make: "RSA-3072", "P-256". */
const char *npie_shown_algorithm(const npie_server_conf_t *conf,
                                 apr_pool_t *p);

/** The proposed name of the key file, without .key. */
const char *npie_shown_key_name(const npie_place_t *place, apr_pool_t *p);

#endif
