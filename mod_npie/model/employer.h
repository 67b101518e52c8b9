/* SPDX-License-Identifier: Apache-2.0
 * An employer's data in the registry and in letters.
 */
#ifndef NPIE_MODEL_EMPLOYER_H
#define NPIE_MODEL_EMPLOYER_H

#include <apr.h>

/** Fiscal address. All strings clean UTF-8, never NULL ("" = none). */
typedef struct npie_address_t {
    int entity;               /**< INEGI number 1..32 */
    const char *city;
    const char *municipality; /**< or alcaldía */
    const char *colony;
    const char *street;
    const char *outer_number;
    const char *inner_number; /**< may be "" */
    const char *postcode;     /**< five digits */
} npie_address_t;

/** The data that an employer can change in a renewal. Never NULL. */
typedef struct npie_contact_t {
    const char *email;
    const char *phone; /**< ten digits */
    const char *fax;   /**< ten digits or "" */
} npie_contact_t;

/** An employer. Strings are clean UTF-8, never NULL. Lives in the pool of the
 * function that made it. */
typedef struct npie_employer_t {
    apr_int64_t id;          /**< row in the registry */
    const char *name;        /**< razón social, <= 200 characters */
    const char *rp;          /**< 11 characters */
    const char *rfc;         /**< 12 or 13 characters */
    const char *user;        /**< 8 to 20 characters */
    const char *given_name;  /**< legal representative */
    const char *surname;     /**< apellido paterno */
    const char *surname2;    /**< apellido materno, may be "" */
    const char *curp;        /**< 18 characters */
    const char *subdelegation; /**< addressee's office, may be "" */
    npie_address_t address;
    npie_contact_t contact;
} npie_employer_t;

#endif
