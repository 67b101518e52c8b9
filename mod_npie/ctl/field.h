/* SPDX-License-Identifier: Apache-2.0
 * The fields of an employer as admins write them: names, forms, remedies.
 */
#ifndef NPIE_CTL_FIELD_H
#define NPIE_CTL_FIELD_H

#include <apr_pools.h>

#include "model/employer.h"

/** How many fields there are, and where two of them stand. */
#define NPIE_CTL_FIELDS 20
#define NPIE_CTL_FIELD_RP 1
#define NPIE_CTL_FIELD_USER 3

/** A field's name, as in JSON and CSV; static. field: 0 to NPIE_CTL_FIELDS - 1. */
const char *npie_ctl_field_name(int field);

/** A field by one of its names in English or Spanish, in the form of
 * npie_plain_key(). -1 when there is none. */
int npie_ctl_field_find(const char *key);

/**
 * Puts a value into an employer, brought to its form.
 * @param value NUL ended, any bytes
 * @param pwarning set when the value is taken, but is suspicious; else NULL
 * @return NULL; or what is wrong and what to do about it, in p
 */
const char *npie_ctl_field_set(npie_employer_t *employer, int field,
                               const char *value, const char **pwarning,
                               apr_pool_t *p);

/** May a value that npie_ctl_field_set() refuses be left out, as the employer
 * gives it when he renews? So a telephone number that lacks a digit, but not
 * any other text. value NUL ended. 1 = yes. */
int npie_ctl_field_can_wait(int field, const char *value);

/** A field's value as text, in p or the employer's own; never NULL. */
const char *npie_ctl_field_get(const npie_employer_t *employer, int field,
                               apr_pool_t *p);

/** Must a new employer have it? */
int npie_ctl_field_required(int field);

/** An employer with every text "". */
void npie_ctl_employer_clear(npie_employer_t *employer);

#endif
