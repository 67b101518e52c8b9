/* SPDX-License-Identifier: Apache-2.0
 * Counters on the server-status page, and the page npie-status.
 */
#include "httpd/status.h"

#include <apr_strings.h>
#include <mod_status.h>

#include "base/text.h"
#include "httpd/accept.h"
#include "httpd/answer.h"
#include "httpd/metrics.h"

#define OPEN_METRICS "application/openmetrics-text"
#define DAY apr_time_from_sec(86400)

/* How many connections to Redis each child of the server may have. */
static void show_limit(request_rec *r, int is_short)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);

    if (runtime != NULL) {
        ap_rprintf(r, is_short ? "NPIERedisConnectionsMax: %d\n"
                   : "<dt>%d connections to Redis at most in each child</dt>\n",
                   runtime->conf->redis.connections);
    }
}

int npie_status_show(request_rec *r, int flags)
{
    int is_short = (flags & AP_STATUS_SHORT) != 0;

    if (!is_short) {
        ap_rputs("<hr>\n<h2>mod_npie</h2>\n<dl>\n", r);
    }
    for (const npie_counter_row_t *row = npie_counter_rows; row->name; ++row) {
        unsigned count = (unsigned)npie_counted(row->counter);

        if (is_short) {
            ap_rprintf(r, "NPIE%s: %u\n", row->name, count);
        }
        else {
            ap_rprintf(r, "<dt>%u %s</dt>\n", count, row->text);
        }
    }
    show_limit(r, is_short);
    if (!is_short) {
        ap_rputs("</dl>\n", r);
    }
    return OK;
}

/* A table with a caption and two columns; its rows follow. */
static void begin_table(request_rec *r, const char *title, const char *first,
                        const char *second)
{
    ap_rprintf(r, "<h2>%s</h2>\n<table>\n<thead><tr><th scope=\"col\">%s</th>"
               "<th scope=\"col\">%s</th></tr></thead>\n<tbody>\n", title,
               first, second);
}

static void end_table(request_rec *r)
{
    ap_rputs("</tbody>\n</table>\n", r);
}

static void row(request_rec *r, const char *name, const char *value)
{
    ap_rprintf(r, "<tr><th scope=\"row\">%s</th><td>%s</td></tr>\n", name,
               value);
}

static void row_number(request_rec *r, const char *name, apr_int64_t value)
{
    row(r, name, apr_psprintf(r->pool, "%" APR_INT64_T_FMT, value));
}

static const char *when(request_rec *r, apr_time_t t)
{
    return t == 0 ? "-" : npie_text_time(t, r->pool);
}

static const char *days(request_rec *r, apr_time_t now, apr_time_t end)
{
    return end == 0 ? "-"
        : apr_psprintf(r->pool, "%s, %d days", when(r, end),
                       (int)((end - now) / DAY));
}

static void show_parts(request_rec *r, const npie_gauges_t *g)
{
    begin_table(r, "Parts", "Part", "State");
    for (int i = 0; i < NPIE_GAUGES_PARTS; ++i) {
        row(r, npie_gauges_part_name((npie_gauges_part_t)i),
            g->up[i] ? "up" : "down");
    }
    row_number(r, "version of the registry", g->schema);
    end_table(r);
    begin_table(r, "Waiting", "What", "Now");
    row_number(r, "renewals open", g->summary.renewals);
    row_number(r, "mails waiting", g->summary.mails_waiting);
    row_number(r, "mails given up", g->summary.mails_given_up);
    row(r, "oldest job since", when(r, g->job_oldest));
    end_table(r);
    begin_table(r, "Certificates", "Which", "Ends");
    for (int i = 0; i < NPIE_GAUGES_ENDS; ++i) {
        row(r, npie_gauges_end_name((npie_gauges_end_t)i),
            days(r, g->now, g->ends[i]));
    }
    row(r, "CRL made", when(r, g->crl_this));
    row(r, "CRL ends", when(r, g->crl_next));
    end_table(r);
}

static void show_counts(request_rec *r, const char *title, const char *what,
                        const apr_array_header_t *counts)
{
    begin_table(r, title, what, "Since midnight UTC");
    for (int i = 0; i < counts->nelts; ++i) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(counts, i,
                                                      npie_report_count_t);

        row_number(r, ap_escape_html(r->pool, c->name), c->count);
    }
    if (counts->nelts == 0) {
        row(r, "none", "0");
    }
    end_table(r);
}

static void show_times(request_rec *r, npie_timer_t timer)
{
    apr_uint64_t count = 0;
    npie_times_t times;

    npie_times_get(&times, timer);
    for (int i = 0; i < NPIE_TIME_BUCKETS; ++i) {
        count += times.buckets[i];
    }
    row(r, npie_timer_name(timer, r->pool), count == 0 ? "0"
        : apr_psprintf(r->pool, "%" APR_UINT64_T_FMT ", %.1f", count,
                       (double)times.sum / (double)count / 1000.0));
}

static void show_machine(request_rec *r)
{
    begin_table(r, "This machine, since httpd was started", "Event", "Number");
    for (const npie_counter_row_t *c = npie_counter_rows; c->name; ++c) {
        row_number(r, c->text, npie_counted(c->counter));
    }
    end_table(r);
    begin_table(r, "Durations on this machine", "What",
                "Number, mean in milliseconds");
    for (int i = 0; i < NPIE_TIMERS; ++i) {
        if (npie_timer_is_shown((npie_timer_t)i)) {
            show_times(r, (npie_timer_t)i);
        }
    }
    end_table(r);
}

static void show_page(request_rec *r, const npie_gauges_t *g)
{
    const char *base = npie_conf_server(r->server)->base.path;

    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rprintf(r, "<!doctype html>\n<html lang=\"%s\">\n<head>\n"
               "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content="
               "\"width=device-width, initial-scale=1\">\n"
               "<title>mod_npie: status</title>\n"
               "<link rel=\"stylesheet\" href=\"%snpie.css\">\n</head>\n<body>"
               "\n", "en", base);
    ap_rputs("<main class=\"ancho\">\n", r);
    ap_rprintf(r, "<h1>mod_npie: status</h1>\n<p>Version " PACKAGE_VERSION
               ", %s. <a href=\"?json\">JSON</a>, <a href=\"?metrics\">metrics"
               "</a>.</p>\n", when(r, g->now));
    show_parts(r, g);
    show_counts(r, "Today, on all machines", "Event of the audit", g->events);
    show_counts(r, "Logins refused today, on all machines", "Error",
                g->refusals);
    show_machine(r);
    ap_rputs("</main>\n</body>\n</html>\n", r);
}

int npie_status_handler(request_rec *r)
{
    /* Prometheus writes "metrics=". */
    const char *args = r->args != NULL ? r->args : "";
    const char *query = apr_pstrmemdup(r->pool, args, strcspn(args, "="));
    const npie_gauges_t *gauges;
    int open, status;

    if (r->handler == NULL || strcmp(r->handler, "npie-status") != 0) {
        return DECLINED;
    }
    status = npie_answer_may_read(r);
    if (status != OK) {
        return status;
    }
    gauges = npie_gauges_read(r);
    if (strcmp(query, "json") == 0) {
        return npie_answer_json(r, HTTP_OK, npie_metrics_json(r, gauges));
    }
    npie_answer_headers(r);
    if (strcmp(query, "metrics") == 0) {
        open = npie_accept_prefers(r, OPEN_METRICS, "text/plain");
        ap_set_content_type(r, open
            ? OPEN_METRICS "; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8");
        npie_metrics_write(r, gauges, open);
    }
    else {
        show_page(r, gauges);
    }
    return OK;
}
