/* SPDX-License-Identifier: Apache-2.0
 * The handler npie-status: this machine's counters and the installation's
 * state, for people, for programs and for Prometheus.
 */
#ifndef NPIE_HTTPD_METRICS_H
#define NPIE_HTTPD_METRICS_H

#include <jansson.h>

#include "httpd/gauges.h"

/** A counter's names. */
typedef struct npie_counter_row_t {
    npie_counter_t counter;
    const char *name; /**< "Passed": of server-status?auto */
    const char *word; /**< "passed": a label and a member of JSON */
    const char *text; /**< for people: "let through the gate" */
} npie_counter_row_t;

/** All counters, ended by a NULL name. */
extern const npie_counter_row_t npie_counter_rows[];

/** What a timer's histogram is called: "gate"; of pages the page's name,
 * "acceso". In p. */
const char *npie_timer_name(npie_timer_t timer, apr_pool_t *p);

/** Is a timer worth showing: one of no page, or of a page whose forms came?
 * 1 = yes. */
int npie_timer_is_shown(npie_timer_t timer);

/**
 * Writes all of it as text for Prometheus.
 * @param open 1: OpenMetrics 1.0.0; 0: the text format 0.0.4
 */
void npie_metrics_write(request_rec *r, const npie_gauges_t *gauges, int open);

/** As JSON. @return a new object */
json_t *npie_metrics_json(request_rec *r, const npie_gauges_t *gauges);

#endif
