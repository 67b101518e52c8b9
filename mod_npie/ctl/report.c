/* SPDX-License-Identifier: Apache-2.0
 * npiectl report: how many began to renew, where they left, how long it took.
 */
#include "ctl/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_hash.h>
#include <apr_strings.h>

#include "base/problem.h"
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "ctl/write.h"
#include "store/report.h"

#define DAY apr_time_from_sec(86400)
#define PAGE 500
#define FILE_MODE 0644

const npie_ctl_option_t npie_ctl_report_options[] = {
    { "day", "DAY", "of one day, as 2026-11-20, UTC" },
    { "month", "MONTH", "of one month, as 2026-11, UTC; default this one" },
    { "format", "FORMAT", "text, html, csv or json; default text" },
    { "out", "FILE", "write it there" },
    { NULL, NULL, NULL }
};

/* The audit's events that are steps. */
static const char *const steps[NPIE_CTL_STEPS] = {
    "data", "key", "sign-letter", "confirm", "issue", "sign-terms"
};

/* A renewal that began in the time. */
typedef struct renewal_t {
    apr_time_t at[NPIE_CTL_STEPS]; /* 0 = that was not seen */
    int cancelled;
    int lapsed;
} renewal_t;

/* A report being made. */
typedef struct report_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    apr_time_t since;
    apr_time_t until;
    apr_hash_t *renewals;         /* "7" -> renewal_t */
    apr_array_header_t *browsers; /* of npie_report_count_t */
    apr_array_header_t *refusals;
    apr_int64_t logins;
    apr_int64_t refused;
} report_t;

static apr_status_t set_period(report_t *report, npie_err_t *err)
{
    npie_ctl_t *ctl = report->ctl;
    const char *day = npie_ctl_option(ctl, "day");
    const char *month = npie_ctl_option(ctl, "month");
    apr_time_exp_t t;

    if (day != NULL && month != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "--day and --month: give one of them");
    }
    if (day != NULL) {
        report->until = 0;
        if (strlen(day) != strlen("2026-11-20")
            || !npie_ctl_option_time(&report->since, ctl, "day")) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--day=%.20s: "
                                "give a day as 2026-11-20", day);
        }
        report->until = report->since + DAY;
        return APR_SUCCESS;
    }
    apr_time_exp_gmt(&t, ctl->now);
    month = month != NULL ? month
        : apr_psprintf(ctl->p, "%04d-%02d", t.tm_year + 1900, t.tm_mon + 1);
    if (strlen(month) != strlen("2026-11")
        || npie_text_time_parse(&report->since, apr_pstrcat(
               ctl->p, month, "-01T00:00:00Z", NULL)) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--month=%.20s: "
                            "give a month as 2026-11", month);
    }
    apr_time_exp_gmt(&t, report->since + 31 * DAY);
    t.tm_mday = 1;
    return apr_time_exp_gmt_get(&report->until, &t);
}

/* What stands behind a word in a detail, up to a comma or a blank; NULL. */
static const char *value_of(const char *detail, const char *word,
                            apr_pool_t *p)
{
    const char *at = strstr(detail, word);

    return at == NULL ? NULL
        : apr_pstrmemdup(p, at + strlen(word),
                         strcspn(at + strlen(word), ", "));
}

static int step_of(const char *event)
{
    for (int i = 0; i < NPIE_CTL_STEPS; i++) {
        if (strcmp(event, steps[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static void take_login(report_t *report, const npie_audit_row_t *row)
{
    const char *family = value_of(row->detail, ", browser ", report->ctl->p);

    if (strcmp(row->event, "login") == 0) {
        report->logins++;
    }
    else if (strcmp(row->event, "login-refused") == 0) {
        report->refused++;
        npie_report_add(report->refusals, row->detail,
                        strcspn(row->detail, ", "));
    }
    else {
        return;
    }
    family = family != NULL ? family : "unknown";
    npie_report_add(report->browsers, family, strlen(family));
}

static void take_step(report_t *report, const npie_audit_row_t *row)
{
    const int step = step_of(row->event);
    const char *id = strncmp(row->detail, "renewal ", 8) == 0
        ? value_of(row->detail, "renewal ", report->ctl->p) : NULL;
    renewal_t *renewal = id == NULL ? NULL
        : apr_hash_get(report->renewals, id, APR_HASH_KEY_STRING);

    if (id != NULL && renewal == NULL && step == 0
        && row->at < report->until) {
        renewal = apr_pcalloc(report->ctl->p, sizeof(*renewal));
        apr_hash_set(report->renewals, id, APR_HASH_KEY_STRING, renewal);
    }
    if (renewal == NULL) {
        return;
    }
    if (step >= 0 && renewal->at[step] == 0) {
        renewal->at[step] = row->at;
    }
    renewal->cancelled |= strcmp(row->event, "cancel") == 0
        || strcmp(row->event, "revoke-renewal") == 0;
    renewal->lapsed |= strcmp(row->event, "lapse") == 0;
}

/* All rows since then: what began in the time may go on after it. */
static apr_status_t read_rows(report_t *report, npie_err_t *err)
{
    npie_registry_t *registry = report->registry;
    npie_audit_filter_t filter = { .event = "" };
    apr_pool_t *whole = registry->p, *some;
    apr_array_header_t *rows;
    apr_status_t rv = npie_report_before(&filter.after, registry,
                                         report->since, err);

    apr_pool_create(&some, whole);
    registry->p = some;
    do {
        apr_pool_clear(some);
        rv = rv == APR_SUCCESS
            ? npie_audit_find(&rows, registry, &filter, err) : rv;
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            const npie_audit_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                         npie_audit_row_t);

            filter.after = row->sequence;
            if (row->at < report->until) {
                take_login(report, row);
            }
            take_step(report, row);
        }
    } while (rv == APR_SUCCESS && rows->nelts == PAGE);
    registry->p = whole;
    apr_pool_destroy(some);
    return rv;
}

static int is_less(const void *a, const void *b)
{
    const apr_time_t x = *(const apr_time_t *)a, y = *(const apr_time_t *)b;

    return x < y ? -1 : x > y;
}

/* The last step that it came to. */
static int reached(const renewal_t *renewal)
{
    int last = 0;

    for (int i = 0; i < NPIE_CTL_STEPS; i++) {
        last = renewal->at[i] != 0 ? i : last;
    }
    return last;
}

static json_t *share_of(const apr_array_header_t *times, int percent)
{
    return times->nelts == 0 ? json_null()
        : json_integer(apr_time_sec(APR_ARRAY_IDX(
              times, (times->nelts - 1) * percent / 100, apr_time_t)));
}

/* One step: how many came to it, stayed there, and how long after the one
 * before. */
static json_t *step_json(const report_t *report, int step)
{
    apr_array_header_t *times = apr_array_make(report->ctl->p, 16,
                                               sizeof(apr_time_t));
    json_int_t came = 0, left = 0;

    for (apr_hash_index_t *i = apr_hash_first(report->ctl->p,
                                              report->renewals);
         i != NULL; i = apr_hash_next(i)) {
        const renewal_t *renewal = apr_hash_this_val(i);
        int before = step - 1;

        came += reached(renewal) >= step;
        left += reached(renewal) == step && step < NPIE_CTL_STEPS - 1;
        while (before > 0 && renewal->at[before] == 0) {
            before--; /* there is no confirm without mail */
        }
        if (before >= 0 && renewal->at[step] != 0
            && renewal->at[before] != 0) {
            APR_ARRAY_PUSH(times, apr_time_t) = renewal->at[step]
                                                - renewal->at[before];
        }
    }
    qsort(times->elts, (size_t)times->nelts, sizeof(apr_time_t), is_less);
    return json_pack("{s: s, s: I, s: I, s: o, s: o}", "step", steps[step],
                     "reached", came, "left", left, "median_seconds",
                     share_of(times, 50), "p90_seconds", share_of(times, 90));
}

static json_t *refusals_json(const report_t *report)
{
    json_t *list = json_array();

    for (int i = 0; i < report->refusals->nelts; i++) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(report->refusals, i,
                                                      npie_report_count_t);
        int number = 10;

        while (number < 1000
               && (npie_problem_find(number) == NULL
                   || strcmp(npie_problem_find(number)->slug, c->name) != 0)) {
            number++;
        }
        json_array_append_new(list, json_pack(
            "{s: s, s: o, s: I}", "error", c->name, "number",
            number < 1000 ? json_integer(number) : json_null(), "count",
            (json_int_t)c->count));
    }
    return list;
}

static json_t *report_json(const report_t *report)
{
    json_t *list = json_array(), *browsers = json_array();
    json_int_t begun = 0, completed = 0, cancelled = 0, lapsed = 0;

    for (apr_hash_index_t *i = apr_hash_first(report->ctl->p,
                                              report->renewals);
         i != NULL; i = apr_hash_next(i)) {
        const renewal_t *renewal = apr_hash_this_val(i);
        const int done = reached(renewal) == NPIE_CTL_STEPS - 1;

        begun++;
        completed += done;
        cancelled += !done && renewal->cancelled;
        lapsed += !done && !renewal->cancelled && renewal->lapsed;
    }
    for (int i = 0; i < NPIE_CTL_STEPS; i++) {
        json_array_append_new(list, step_json(report, i));
    }
    for (int i = 0; i < report->browsers->nelts; i++) {
        const npie_report_count_t *c = &APR_ARRAY_IDX(report->browsers, i,
                                                      npie_report_count_t);

        json_array_append_new(browsers, json_pack(
            "{s: s, s: I}", "family", c->name, "count",
            (json_int_t)c->count));
    }
    return json_pack(
        "{s: o, s: o, s: I, s: I, s: I, s: I, s: I, s: I, s: I, s: o, s: o,"
        " s: o}", "since", npie_ctl_json_time(report->ctl, report->since),
        "until", npie_ctl_json_time(report->ctl, report->until), "begun",
        begun, "completed", completed, "cancelled", cancelled, "lapsed",
        lapsed, "open", begun - completed - cancelled - lapsed, "logins",
        (json_int_t)report->logins, "refused", (json_int_t)report->refused,
        "steps", list, "refusals", refusals_json(report), "browsers",
        browsers);
}

static void show_text(npie_ctl_t *ctl, const json_t *report)
{
    static const npie_ctl_column_t head[] = {
        { "since", "From" }, { "until", "Until" }, { "logins", "Logins" },
        { "refused", "Logins refused" }, { "begun", "Renewals begun" },
        { "completed", "completed" }, { "cancelled", "cancelled" },
        { "lapsed", "lapsed" }, { "open", "open" }, { NULL, NULL }
    };
    static const npie_ctl_column_t columns[] = {
        { "step", "Step" }, { "reached", "Reached" }, { "left", "Left here" },
        { "median_seconds", "Median s" }, { "p90_seconds", "90 % s" },
        { NULL, NULL }
    };
    static const npie_ctl_column_t refusals[] = {
        { "error", "Refused" }, { "number", "Error" }, { "count", "Logins" },
        { NULL, NULL }
    };
    static const npie_ctl_column_t browsers[] = {
        { "family", "Browser" }, { "count", "Logins" }, { NULL, NULL }
    };

    npie_ctl_show_record(ctl, json_incref((json_t *)report), head);
    npie_ctl_say(ctl, "%s", "");
    npie_ctl_show_list(ctl, json_incref(json_object_get(report, "steps")),
                       columns, "");
    npie_ctl_say(ctl, "%s", "");
    npie_ctl_show_list(ctl, json_incref(json_object_get(report, "refusals")),
                       refusals, "No login was refused.");
    npie_ctl_say(ctl, "%s", "");
    npie_ctl_show_list(ctl, json_incref(json_object_get(report, "browsers")),
                       browsers, "Nobody logged in.");
}

static apr_status_t give(npie_ctl_t *ctl, const json_t *report,
                         const char *format, npie_err_t *err)
{
    const char *out = npie_ctl_option(ctl, "out");
    npie_bytes_t bytes;
    char *json = NULL;
    const char *text;
    int done = 1;

    if (strcmp(format, "html") == 0) {
        text = npie_ctl_report_html(report, ctl->p);
    }
    else if (strcmp(format, "csv") == 0) {
        text = npie_ctl_report_csv(report, ctl->p);
    }
    else {
        json = json_dumps(report, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        text = apr_pstrcat(ctl->p, json != NULL ? json : "", "\n", NULL);
        free(json);
    }
    bytes.data = (const unsigned char *)text;
    bytes.len = strlen(text);
    if (out == NULL || strcmp(out, "-") == 0) {
        fputs(text, stdout);
        ctl->shown = 1;
        return APR_SUCCESS;
    }
    done = npie_ctl_write_over(out, bytes, FILE_MODE, ctl->p);
    return done ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", out,
                       strerror(errno));
}

apr_status_t npie_ctl_report(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *format = npie_ctl_option(ctl, "format");
    report_t report = { .ctl = ctl, .renewals = apr_hash_make(ctl->p) };
    json_t *json;
    apr_status_t rv = set_period(&report, err);

    format = format != NULL ? format : ctl->json ? "json" : "text";
    if (rv == APR_SUCCESS && strcmp(format, "text") != 0
        && strcmp(format, "html") != 0 && strcmp(format, "csv") != 0
        && strcmp(format, "json") != 0) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--format=%.20s: it "
                          "is text, html, csv or json", format);
    }
    if (rv == APR_SUCCESS && strcmp(format, "text") == 0
        && npie_ctl_option(ctl, "out") != NULL) {
        rv = npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--out: give "
                          "--format html, csv or json with it");
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&report.registry, ctl, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    report.browsers = apr_array_make(ctl->p, 8, sizeof(npie_report_count_t));
    report.refusals = apr_array_make(ctl->p, 8, sizeof(npie_report_count_t));
    rv = read_rows(&report, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    json = report_json(&report);
    if (strcmp(format, "text") == 0) {
        show_text(ctl, json);
    }
    else {
        rv = give(ctl, json, format, err);
    }
    json_decref(json);
    return rv;
}
