/* SPDX-License-Identifier: Apache-2.0
 * Metrics as text and as JSON.
 */
#include "httpd/metrics.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/page.h"

#define MICRO 1000000.0
#define DAY_SECONDS 86400

const npie_counter_row_t npie_counter_rows[] = {
    { NPIE_COUNT_PASSED, "Passed", "passed", "let through the gate" },
    { NPIE_COUNT_TURNED, "Turned", "turned", "turned away at the gate" },
    { NPIE_COUNT_LOGINS, "Logins", "logins", "logins" },
    { NPIE_COUNT_REFUSALS, "Refusals", "refusals", "logins refused" },
    { NPIE_COUNT_ISSUED, "Issued", "issued", "certificates handed out" },
    { NPIE_COUNT_COMPLETED, "Completed", "completed", "renewals completed" },
    { NPIE_COUNT_FAULTS, "Faults", "faults", "answers 503" },
    { NPIE_COUNT_DIED, "Died", "died", "children of httpd died" },
    { NPIE_COUNT_LIMITED, "Limited", "limited",
      "requests refused by a limit" },
    { NPIE_COUNT_REDIS + NPIE_REDIS_CONNECTED, "RedisConnects",
      "redis-connects", "connections to Redis made" },
    { NPIE_COUNT_REDIS + NPIE_REDIS_WAITED, "RedisWaits", "redis-waits",
      "waits for a connection to Redis" },
    { NPIE_COUNT_REDIS + NPIE_REDIS_FULL, "RedisFull", "redis-full",
      "waits for one that were in vain" },
    { NPIE_COUNT_REDIS + NPIE_REDIS_FAILED, "RedisFailures",
      "redis-failures", "failures of Redis" },
    { NPIE_COUNTERS, NULL, NULL, NULL }
};

static const apr_interval_time_t bounds[] = NPIE_TIME_BOUNDS;

/* There is room for all. */
typedef char enough_t[NPIE_PAGES <= NPIE_TIME_PAGES_MAX ? 1 : -1];

const char *npie_timer_name(npie_timer_t timer, apr_pool_t *p)
{
    static const char *const names[] = { "gate", "redis", "sql", "signer" };

    return timer < NPIE_TIME_PAGE ? names[timer]
        : npie_page_stem(npie_page((npie_page_id_t)(timer - NPIE_TIME_PAGE)),
                         p);
}

int npie_timer_is_shown(npie_timer_t timer)
{
    npie_times_t times;

    if (timer < NPIE_TIME_PAGE) {
        return 1;
    }
    if ((int)timer - NPIE_TIME_PAGE >= NPIE_PAGES) {
        return 0;
    }
    npie_times_get(&times, timer);
    for (int i = 0; i < NPIE_TIME_BUCKETS; ++i) {
        if (times.buckets[i] != 0) {
            return 1;
        }
    }
    return 0;
}

/* What a family is, once before its samples. A counter's family has its name
 * without _total in OpenMetrics, and with it before. */
static void family(request_rec *r, const char *name, const char *type,
                   const char *help, int open)
{
    const char *tail = strcmp(type, "counter") == 0 && !open ? "_total" : "";

    ap_rprintf(r, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, tail, help, name,
               tail, type);
}

static void write_counters(request_rec *r, int open)
{
    family(r, "npie_events", "counter",
           "What happened on this machine since httpd was started.", open);
    for (const npie_counter_row_t *row = npie_counter_rows; row->name; ++row) {
        ap_rprintf(r, "npie_events_total{event=\"%s\"} %u\n", row->word,
                   (unsigned)npie_counted(row->counter));
    }
}

static void write_times(request_rec *r, const char *name, const char *label,
                        npie_timer_t timer)
{
    const char *which = npie_timer_name(timer, r->pool);
    apr_uint64_t count = 0;
    npie_times_t times;

    npie_times_get(&times, timer);
    for (int i = 0; i < NPIE_TIME_BUCKETS; ++i) {
        count += times.buckets[i];
        ap_rprintf(r, "%s_bucket{%s=\"%s\",le=\"%s\"} %" APR_UINT64_T_FMT "\n",
                   name, label, which, i == NPIE_TIME_BUCKETS - 1 ? "+Inf"
                   : apr_psprintf(r->pool, "%.4f", (double)bounds[i] / MICRO),
                   count);
    }
    ap_rprintf(r, "%s_sum{%s=\"%s\"} %.6f\n%s_count{%s=\"%s\"} %"
               APR_UINT64_T_FMT "\n", name, label, which,
               (double)times.sum / MICRO, name, label, which, count);
}

static void write_histograms(request_rec *r, int open)
{
    family(r, "npie_duration_seconds", "histogram", "Time at the gate, and of "
           "each exchange with Redis, registry and npie-signer.", open);
    for (int i = 0; i < NPIE_TIME_PAGE; ++i) {
        write_times(r, "npie_duration_seconds", "what", (npie_timer_t)i);
    }
    family(r, "npie_step_duration_seconds", "histogram", "Time to answer a "
           "form of each page, with reading it.", open);
    for (int i = NPIE_TIME_PAGE; i < NPIE_TIMERS; ++i) {
        if (npie_timer_is_shown((npie_timer_t)i)) {
            write_times(r, "npie_step_duration_seconds", "step",
                        (npie_timer_t)i);
        }
    }
}

static void gauge(request_rec *r, const char *name, const char *help,
                  apr_int64_t value, int open)
{
    family(r, name, "gauge", help, open);
    ap_rprintf(r, "%s %" APR_INT64_T_FMT "\n", name, value);
}

static apr_int64_t seconds(apr_time_t from, apr_time_t to)
{
    return apr_time_sec(to - from);
}

static void write_registry(request_rec *r, const npie_gauges_t *g, int open)
{
    if (!g->up[NPIE_GAUGES_PART_REGISTRY]) {
        return;
    }
    gauge(r, "npie_schema_version", "Version of the registry's tables.",
          g->schema, open);
    gauge(r, "npie_renewals_open", "Renewals that have begun and not ended.",
          g->summary.renewals, open);
    gauge(r, "npie_mails_waiting", "Mails neither sent nor given up.",
          g->summary.mails_waiting, open);
    gauge(r, "npie_mails_given_up", "Mails that were given up, ever.",
          g->summary.mails_given_up, open);
    gauge(r, "npie_job_oldest_age_seconds", "How long the oldest mail, "
          "revocation or seal has waited for its job.",
          g->job_oldest != 0 ? seconds(g->job_oldest, g->now) : 0, open);
    family(r, "npie_today_events", "gauge", "Rows of the audit since midnight "
           "UTC, of all machines.", open);
    for (int i = 0; i < g->events->nelts; ++i) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(g->events, i,
                                                      npie_report_count_t);

        ap_rprintf(r, "npie_today_events{event=\"%s\"} %" APR_INT64_T_FMT "\n",
                   c->name, c->count);
    }
    family(r, "npie_today_refusals", "gauge", "Logins refused since midnight "
           "UTC, of all machines, by the name of the error.", open);
    for (int i = 0; i < g->refusals->nelts; ++i) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(g->refusals, i,
                                                      npie_report_count_t);

        ap_rprintf(r, "npie_today_refusals{error=\"%s\"} %" APR_INT64_T_FMT
                   "\n", c->name, c->count);
    }
}

static void write_authority(request_rec *r, const npie_gauges_t *g, int open)
{
    family(r, "npie_certificate_remaining_seconds", "gauge",
           "Time until a certificate ends.", open);
    for (int i = 0; i < NPIE_GAUGES_ENDS; ++i) {
        if (g->ends[i] != 0) {
            ap_rprintf(r, "npie_certificate_remaining_seconds{certificate="
                       "\"%s\"} %" APR_INT64_T_FMT "\n",
                       npie_gauges_end_name((npie_gauges_end_t)i),
                       seconds(g->now, g->ends[i]));
        }
    }
    if (g->crl_this != 0) {
        gauge(r, "npie_crl_age_seconds", "Time since the CRL was made.",
              seconds(g->crl_this, g->now), open);
        gauge(r, "npie_crl_remaining_seconds", "Time until the CRL ends.",
              seconds(g->now, g->crl_next), open);
    }
}

/* What npie-signer counts since it began. */
static void write_signer(request_rec *r, const npie_gauges_t *g, int open)
{
    if (!g->up[NPIE_GAUGES_PART_SIGNER]) {
        return;
    }
    gauge(r, "npie_signer_holds", "Certificates on hold, for an admin to "
          "confirm or release.", (apr_int64_t)g->signer.held, open);
    gauge(r, "npie_signer_letters_refused", "Letters that npie-signer refused "
          "since it began.", (apr_int64_t)g->signer.refused, open);
    gauge(r, "npie_signer_drawing_lost", "Processes that ended over a letter, "
          "since npie-signer began.", (apr_int64_t)g->signer.lost, open);
    gauge(r, "npie_signer_letters_agree", "1: httpd draws letters as "
          "npie-signer does.", g->letters_agree, open);
}

void npie_metrics_write(request_rec *r, const npie_gauges_t *g, int open)
{
    family(r, "npie_up", "gauge", "1: the part answered.", open);
    for (int i = 0; i < NPIE_GAUGES_PARTS; ++i) {
        ap_rprintf(r, "npie_up{part=\"%s\"} %d\n",
                   npie_gauges_part_name((npie_gauges_part_t)i), g->up[i]);
    }
    write_counters(r, open);
    write_histograms(r, open);
    write_registry(r, g, open);
    write_authority(r, g, open);
    write_signer(r, g, open);
    if (open) {
        ap_rputs("# EOF\n", r);
    }
}

static json_t *times_json(npie_timer_t timer)
{
    json_t *buckets = json_array();
    json_int_t count = 0;
    npie_times_t times;

    npie_times_get(&times, timer);
    for (int i = 0; i < NPIE_TIME_BUCKETS; ++i) {
        count += times.buckets[i];
        json_array_append_new(buckets, json_pack(
            "{s: o, s: I}", "up_to", i == NPIE_TIME_BUCKETS - 1 ? json_null()
                : json_real((double)bounds[i] / MICRO), "count", count));
    }
    return json_pack("{s: I, s: f, s: o}", "count", count, "seconds",
                     (double)times.sum / MICRO, "buckets", buckets);
}

static json_t *machine_json(request_rec *r)
{
    json_t *counters = json_object(), *durations = json_object();
    json_t *steps = json_object();

    for (const npie_counter_row_t *row = npie_counter_rows; row->name; ++row) {
        json_object_set_new(counters, row->word,
                            json_integer(npie_counted(row->counter)));
    }
    for (int i = 0; i < NPIE_TIMERS; ++i) {
        if (npie_timer_is_shown((npie_timer_t)i)) {
            json_object_set_new(i < NPIE_TIME_PAGE ? durations : steps,
                                npie_timer_name((npie_timer_t)i, r->pool),
                                times_json((npie_timer_t)i));
        }
    }
    return json_pack("{s: o, s: o, s: o}", "counters", counters, "durations",
                     durations, "steps", steps);
}

static json_t *time_json(request_rec *r, apr_time_t t)
{
    return t == 0 ? json_null() : json_string(npie_text_time(t, r->pool));
}

static json_t *counts_json(const apr_array_header_t *counts)
{
    json_t *object = json_object();

    for (int i = 0; i < counts->nelts; ++i) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(counts, i,
                                                      npie_report_count_t);

        json_object_set_new(object, c->name, json_integer(c->count));
    }
    return object;
}

static json_t *certificates_json(request_rec *r, const npie_gauges_t *g)
{
    json_t *object = json_object();

    for (int i = 0; i < NPIE_GAUGES_ENDS; ++i) {
        if (g->ends[i] != 0) {
            json_object_set_new(
                object, npie_gauges_end_name((npie_gauges_end_t)i), json_pack(
                    "{s: o, s: I}", "until", time_json(r, g->ends[i]), "days",
                    (json_int_t)(seconds(g->now, g->ends[i]) / DAY_SECONDS)));
        }
    }
    return object;
}

json_t *npie_metrics_json(request_rec *r, const npie_gauges_t *g)
{
    json_t *up = json_object();

    for (int i = 0; i < NPIE_GAUGES_PARTS; ++i) {
        json_object_set_new(up, npie_gauges_part_name((npie_gauges_part_t)i),
                            json_boolean(g->up[i]));
    }
    return json_pack(
        "{s: s, s: o, s: o, s: o, s: o, s: o, s: {s: i, s: I, s: I, s: I,"
        " s: o}, s: {s: o, s: o, s: o}}",
        "version", PACKAGE_VERSION, "at", time_json(r, g->now), "up", up,
        "machine", machine_json(r), "certificates", certificates_json(r, g),
        "crl", json_pack("{s: o, s: o}", "made", time_json(r, g->crl_this),
                         "until", time_json(r, g->crl_next)),
        "registry", "version", g->schema, "renewals_open",
        (json_int_t)g->summary.renewals, "mails_waiting",
        (json_int_t)g->summary.mails_waiting, "mails_given_up",
        (json_int_t)g->summary.mails_given_up, "job_oldest",
        time_json(r, g->job_oldest), "today", "since", time_json(r, g->day),
        "events", counts_json(g->events), "refusals",
        counts_json(g->refusals));
}
