/* SPDX-License-Identifier: Apache-2.0
 * How the installation is at this moment: what npie-status shows beside the
 * counters. Of no person: numbers, times and fixed words alone.
 */
#ifndef NPIE_HTTPD_GAUGES_H
#define NPIE_HTTPD_GAUGES_H

#include "httpd/runtime.h"
#include "store/list.h"
#include "store/report.h"
#include "signer/client.h"

/** The parts that are asked. */
typedef enum npie_gauges_part_t {
    NPIE_GAUGES_PART_REGISTRY,
    NPIE_GAUGES_PART_REDIS,
    NPIE_GAUGES_PART_SIGNER,
    NPIE_GAUGES_PARTS /**< how many */
} npie_gauges_part_t;

/** The certificates whose end is watched. */
typedef enum npie_gauges_end_t {
    NPIE_GAUGES_END_CA,
    NPIE_GAUGES_END_SEAL,
    NPIE_GAUGES_END_OCSP,
    NPIE_GAUGES_END_TLS,
    NPIE_GAUGES_END_TIMESTAMP,
    NPIE_GAUGES_ENDS /**< how many */
} npie_gauges_end_t;

/** What was found. */
typedef struct npie_gauges_t {
    apr_time_t now;
    int up[NPIE_GAUGES_PARTS];            /**< 1 = it answered */
    int schema;                    /**< 0 when the registry is down */
    npie_summary_t summary;        /**< zeros when the registry is down */
    apr_time_t job_oldest;         /**< 0 = none waits */
    apr_time_t ends[NPIE_GAUGES_ENDS]; /**< 0 = unknown, or there is none */
    apr_time_t crl_this;           /**< 0 when npie-signer is down */
    apr_time_t crl_next;
    npie_signer_state_t signer;           /**< when it is up */
    int letters_agree;                    /**< 1: httpd draws them as it does */
    apr_time_t day;                /**< when the day began, UTC */
    apr_array_header_t *events;    /**< of the day, npie_report_count_t */
    apr_array_header_t *refusals;  /**< likewise */
} npie_gauges_t;

/** The word for a part or a certificate, static, [a-z]+. */
const char *npie_gauges_part_name(npie_gauges_part_t part);
const char *npie_gauges_end_name(npie_gauges_end_t end);

/** Asks all of them; what does not answer is down. In r->pool. */
npie_gauges_t *npie_gauges_read(request_rec *r);

#endif
