/* SPDX-License-Identifier: Apache-2.0
 * The time zones of Mexico: which one a place is in, and what its clocks show.
 */
#ifndef NPIE_MODEL_ZONE_H
#define NPIE_MODEL_ZONE_H

#include <apr_time.h>

#include "base/status.h"
#include "model/employer.h"

/** The longest name of a zone, with its NUL. */
#define NPIE_ZONE_SIZE 32

/**
 * Finds the zone of a place: that of its entity, and where the municipality
 * has another one (border municipalities, Bahía de Banderas), that one.
 * Compares names with npie_fold(). Thread-safe.
 * @return its name in tzdata, "America/Tijuana", static; for an entity that
 *         does not exist that of central Mexico
 */
const char *npie_zone_of(const npie_address_t *address, apr_pool_t *ptemp);

/** The static string of a zone's name; NULL: not one that npie_zone_of()
 * returns. Thread-safe. */
const char *npie_zone_find(const char *name);

/** The offsets of all zones from 2020 to 2119; read-only, shared by all
 * threads. */
typedef struct npie_zones_t npie_zones_t;

/**
 * Reads the zones from the system's tzdata. localtime_r() reads them, for which
 * TZ is changed and changed back: no other thread may run meanwhile.
 * @return APR_SUCCESS; NPIE_ECONFIG: tzdata lacks one of them
 */
apr_status_t npie_zones_load(npie_zones_t **pzones, npie_err_t *err,
                             apr_pool_t *p);

/**
 * What the clocks of a zone show. Thread-safe.
 * @param name one that npie_zone_of() returns
 * @return the offset from UTC in seconds, negative west of it
 */
int npie_zone_offset(const npie_zones_t *zones, const char *name, apr_time_t t);

/**
 * The date in Spanish at a place, "30 de noviembre de 2026". Thread-safe.
 * @param name as above
 * @return NUL-ended UTF-8, in p
 */
const char *npie_zone_date_es(const npie_zones_t *zones, const char *name,
                              apr_time_t t, apr_pool_t *p);

#endif
