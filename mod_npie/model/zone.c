/* SPDX-License-Identifier: Apache-2.0
 * Zones by entity and municipality (Ley de los Husos Horarios, 2022, with the
 * decrees for the border), as tzdata names them; their offsets from tzdata.
 */
#include "model/zone.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <apr_strings.h>
#include <apr_tables.h>

#include "base/date.h"
#include "model/fold.h"

#define CENTRAL "America/Mexico_City"

/* By INEGI number, from 1. */
static const char *const entities[] = {
    NULL,
    CENTRAL,                /* Aguascalientes */
    "America/Tijuana",      /* Baja California */
    "America/Mazatlan",     /* Baja California Sur */
    "America/Merida",       /* Campeche */
    "America/Monterrey",    /* Coahuila */
    CENTRAL,                /* Colima */
    CENTRAL,                /* Chiapas */
    "America/Chihuahua",    /* Chihuahua */
    CENTRAL,                /* Ciudad de México */
    "America/Monterrey",    /* Durango */
    CENTRAL, CENTRAL, CENTRAL, CENTRAL, CENTRAL, CENTRAL, CENTRAL,
    "America/Mazatlan",     /* Nayarit */
    "America/Monterrey",    /* Nuevo León */
    CENTRAL, CENTRAL, CENTRAL,
    "America/Cancun",       /* Quintana Roo */
    CENTRAL,                /* San Luis Potosí */
    "America/Mazatlan",     /* Sinaloa */
    "America/Hermosillo",   /* Sonora */
    CENTRAL,                /* Tabasco */
    "America/Monterrey",    /* Tamaulipas */
    CENTRAL, CENTRAL,
    "America/Merida",       /* Yucatán */
    CENTRAL                 /* Zacatecas */
};

#define ENTITIES ((int)(sizeof(entities) / sizeof(entities[0])))

/* Municipalities with another zone than their entity, folded. */
static const struct {
    int entity;
    const char *municipality;
    const char *zone;
} others[] = {
    { 5, "acuna", "America/Matamoros" },
    { 5, "allende", "America/Matamoros" },
    { 5, "guerrero", "America/Matamoros" },
    { 5, "hidalgo", "America/Matamoros" },
    { 5, "jimenez", "America/Matamoros" },
    { 5, "morelos", "America/Matamoros" },
    { 5, "nava", "America/Matamoros" },
    { 5, "ocampo", "America/Matamoros" },
    { 5, "piedrasnegras", "America/Matamoros" },
    { 5, "villaunion", "America/Matamoros" },
    { 5, "zaragoza", "America/Matamoros" },
    { 8, "ascension", "America/Ciudad_Juarez" },
    { 8, "guadalupe", "America/Ciudad_Juarez" },
    { 8, "janos", "America/Ciudad_Juarez" },
    { 8, "juarez", "America/Ciudad_Juarez" },
    { 8, "praxedisgguerrero", "America/Ciudad_Juarez" },
    { 8, "coyamedelsotol", "America/Ojinaga" },
    { 8, "manuelbenavides", "America/Ojinaga" },
    { 8, "ojinaga", "America/Ojinaga" },
    { 18, "bahiadebanderas", "America/Bahia_Banderas" },
    { 19, "anahuac", "America/Matamoros" },
    { 28, "camargo", "America/Matamoros" },
    { 28, "guerrero", "America/Matamoros" },
    { 28, "gustavodiazordaz", "America/Matamoros" },
    { 28, "matamoros", "America/Matamoros" },
    { 28, "mier", "America/Matamoros" },
    { 28, "miguelaleman", "America/Matamoros" },
    { 28, "nuevolaredo", "America/Matamoros" },
    { 28, "reynosa", "America/Matamoros" },
    { 28, "riobravo", "America/Matamoros" },
    { 28, "vallehermoso", "America/Matamoros" },
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

/* A place's folded name without the "Ciudad" that seats of municipalities
 * add. */
static const char *place_name(const char *text, apr_pool_t *ptemp)
{
    const char *name = npie_fold(text, ptemp);

    if (strncmp(name, "ciudad", 6) == 0) {
        return name + 6;
    }
    return strncmp(name, "cd", 2) == 0 ? name + 2 : name;
}

const char *npie_zone_of(const npie_address_t *address, apr_pool_t *ptemp)
{
    const char *name = place_name(address->municipality[0] != '\0'
                                  ? address->municipality : address->city,
                                  ptemp);

    for (apr_size_t i = 0; i < OTHERS; ++i) {
        if (others[i].entity == address->entity
            && strcmp(others[i].municipality, name) == 0) {
            return others[i].zone;
        }
    }
    return address->entity >= 1 && address->entity < ENTITIES
        ? entities[address->entity] : CENTRAL;
}

const char *npie_zone_find(const char *name)
{
    for (int i = 1; i < ENTITIES; ++i) {
        if (strcmp(entities[i], name) == 0) {
            return entities[i];
        }
    }
    for (apr_size_t i = 0; i < OTHERS; ++i) {
        if (strcmp(others[i].zone, name) == 0) {
            return others[i].zone;
        }
    }
    return NULL;
}

/* From the beginning of 2020 to that of 2120, in steps in which no zone
 * changes its clocks twice. */
#define FIRST 1577836800
#define END 4733510400
#define STEP (14 * 86400)

/* From then on clocks show this. */
typedef struct change_t {
    apr_int64_t from; /* seconds */
    int offset;
} change_t;

typedef struct zone_t {
    const char *name;
    apr_array_header_t *changes; /* of change_t, in order */
} zone_t;

struct npie_zones_t {
    apr_array_header_t *zones; /* of zone_t */
};

static int offset_now(apr_int64_t seconds)
{
    const time_t t = (time_t)seconds;
    struct tm local;

    return localtime_r(&t, &local) != NULL ? (int)local.tm_gmtoff : 0;
}

/* The second at which the clocks change between two times. */
static apr_int64_t change_between(apr_int64_t low, apr_int64_t high)
{
    const int before = offset_now(low);

    while (high - low > 1) {
        const apr_int64_t middle = low + (high - low) / 2;

        if (offset_now(middle) == before) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}

/* All changes of the zone that TZ names. */
static void find_changes(zone_t *zone)
{
    change_t change = { FIRST, offset_now(FIRST) };

    APR_ARRAY_PUSH(zone->changes, change_t) = change;
    for (apr_int64_t at = FIRST; at + STEP < END; at += STEP) {
        if (offset_now(at + STEP) != change.offset) {
            change.from = change_between(at, at + STEP);
            change.offset = offset_now(change.from);
            APR_ARRAY_PUSH(zone->changes, change_t) = change;
        }
    }
}

static zone_t *zone_get(const npie_zones_t *zones, const char *name)
{
    for (int i = 0; i < zones->zones->nelts; ++i) {
        zone_t *zone = &APR_ARRAY_IDX(zones->zones, i, zone_t);

        if (strcmp(zone->name, name) == 0) {
            return zone;
        }
    }
    return NULL;
}

/* @return 0 when tzdata has no such zone: none of Mexico's is UTC, which
 * localtime_r() takes then */
static int add_zone(npie_zones_t *zones, const char *name, apr_pool_t *p)
{
    zone_t *zone;

    if (zone_get(zones, name) != NULL) {
        return 1;
    }
    zone = &APR_ARRAY_PUSH(zones->zones, zone_t);
    zone->name = name;
    zone->changes = apr_array_make(p, 256, sizeof(change_t));
    setenv("TZ", apr_pstrcat(p, ":", name, NULL), 1);
    tzset();
    find_changes(zone);
    return APR_ARRAY_IDX(zone->changes, 0, change_t).offset != 0;
}

/* @return the first zone that tzdata lacks; NULL: none */
static const char *add_zones(npie_zones_t *zones, apr_pool_t *p)
{
    for (int i = 1; i < ENTITIES; ++i) {
        if (!add_zone(zones, entities[i], p)) {
            return entities[i];
        }
    }
    for (apr_size_t i = 0; i < OTHERS; ++i) {
        if (!add_zone(zones, others[i].zone, p)) {
            return others[i].zone;
        }
    }
    return NULL;
}

apr_status_t npie_zones_load(npie_zones_t **pzones, npie_err_t *err,
                             apr_pool_t *p)
{
    npie_zones_t *zones = apr_palloc(p, sizeof(*zones));
    const char *before = getenv("TZ");
    const char *missing;

    *pzones = NULL;
    zones->zones = apr_array_make(p, 16, sizeof(zone_t));
    before = before != NULL ? apr_pstrdup(p, before) : NULL;
    missing = add_zones(zones, p);
    if (before != NULL) {
        setenv("TZ", before, 1);
    } else {
        unsetenv("TZ");
    }
    tzset();
    if (missing != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "time zone %s: not "
                            "found; install tzdata 2022g or later", missing);
    }
    *pzones = zones;
    return APR_SUCCESS;
}

int npie_zone_offset(const npie_zones_t *zones, const char *name, apr_time_t t)
{
    const zone_t *zone = zone_get(zones, name);
    int i = zone->changes->nelts - 1;

    while (i > 0
           && APR_ARRAY_IDX(zone->changes, i, change_t).from > apr_time_sec(t)) {
        --i;
    }
    return APR_ARRAY_IDX(zone->changes, i, change_t).offset;
}

const char *npie_zone_date_es(const npie_zones_t *zones, const char *name,
                              apr_time_t t, apr_pool_t *p)
{
    /* npie_date_text() is for clocks six hours behind UTC. */
    const int ahead = npie_zone_offset(zones, name, t) + 6 * 3600;

    return npie_date_text(NULL, t + apr_time_from_sec(ahead), p);
}
