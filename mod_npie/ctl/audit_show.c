/* SPDX-License-Identifier: Apache-2.0
 * npiectl audit show: rows, found and followed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/show.h"
#include "ctl/trace.h"

#define AT_ONCE 500
#define LAST_MAX 100000
#define FOLLOWED_LAST 10
#define LOOK_AGAIN apr_time_from_msec(500)

const npie_ctl_option_t npie_ctl_audit_show_options[] = {
    { "after", "NUMBER", "start with the row after this one" },
    { "employer", "WHO", "only rows about one employer" },
    { "certificate", "SERIAL", "only rows by or about one certificate" },
    { "event", "NAME", "only rows of this event" },
    { "since", "TIME", "only rows from this day or moment on, UTC" },
    { "until", "TIME", "only rows before this day or moment, UTC" },
    { "last", "N", "only the last N of them" },
    { "follow", NULL, "goes on with new rows until it is interrupted" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t columns[] = {
    { "sequence", "Row" }, { "at", "Time" }, { "actor_text", "Who" },
    { "event", "What" }, { "detail", "Detail" }, { "hash", "" },
    { NULL, NULL }
};

/* What was asked for. */
typedef struct search_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    npie_audit_filter_t filter;
    npie_ctl_trace_t *trace; /* NULL: about anything */
    int last;                /* 0: from the beginning, AT_ONCE at most */
    json_t *found;
} search_t;

static json_t *row_json(npie_ctl_t *ctl, const npie_audit_row_t *row)
{
    return json_pack("{s: I, s: o, s: s, s: s, s: s, s: s, s: s}", "sequence",
                     (json_int_t)row->sequence, "at",
                     npie_ctl_json_time(ctl, row->at), "actor", row->actor,
                     "actor_text", npie_ctl_trace_actor(row, ctl->p),
                     "event", row->event, "detail", row->detail, "hash",
                     row->hash);
}

static apr_status_t read_moment(apr_time_t *pwhen, const npie_ctl_t *ctl,
                                const char *name, npie_err_t *err)
{
    return npie_ctl_option_time(pwhen, ctl, name) ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--%s=%.40s: give a day "
                       "as 2026-11-20, or a moment as 2026-11-20T09:30:00Z, "
                       "UTC", name, npie_ctl_option(ctl, name));
}

static apr_status_t read_options(search_t *search, npie_err_t *err)
{
    npie_ctl_t *ctl = search->ctl;
    const char *after = npie_ctl_option(ctl, "after");
    const char *last = npie_ctl_option(ctl, "last");
    const char *event = npie_ctl_option(ctl, "event");
    char *end = NULL;
    apr_status_t rv;

    errno = 0;
    search->filter.after = after != NULL ? apr_strtoi64(after, &end, 10) : 0;
    if (after != NULL && (*after == '\0' || *end != '\0'
                          || search->filter.after < 0 || errno != 0)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "--after=%s: give a row's number", after);
    }
    search->filter.event = event != NULL ? event : "";
    search->last = npie_ctl_option(ctl, "follow") != NULL ? FOLLOWED_LAST : 0;
    if (last != NULL
        && npie_parse_int(&search->last, last, 1, LAST_MAX, ctl->p) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--last=%.20s: "
                            "give a number of rows, 1 to %d", last, LAST_MAX);
    }
    rv = read_moment(&search->filter.since, ctl, "since", err);
    return rv != APR_SUCCESS ? rv
        : read_moment(&search->filter.until, ctl, "until", err);
}

static apr_status_t trace_certificate(search_t *search, const char *serial,
                                      npie_err_t *err)
{
    npie_ctl_t *ctl = search->ctl;
    apr_array_header_t *list;
    apr_status_t rv = npie_ctl_certificate_by_serial(&list, search->registry,
                                                     serial, err, ctl->p);

    if (rv == APR_SUCCESS && list->nelts == 0) {
        rv = npie_err_set(err, APR_NOTFOUND, NPIE_P_NONE, "--certificate: no "
                          "certificate has the serial \"%.64s\": see npiectl "
                          "certificate list", serial);
    }
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        npie_ctl_trace_certificate(search->trace, APR_ARRAY_IDX(
            list, i, npie_certificate_item_t).certificate);
    }
    return rv;
}

/* Rows about an employer and about a certificate are two different things: one
 * of both is asked for. */
static apr_status_t make_trace(search_t *search, npie_err_t *err)
{
    npie_ctl_t *ctl = search->ctl;
    const char *who = npie_ctl_option(ctl, "employer");
    const char *serial = npie_ctl_option(ctl, "certificate");
    npie_employer_t *employer = NULL;
    apr_status_t rv;

    if (who == NULL && serial == NULL) {
        return APR_SUCCESS;
    }
    if (who != NULL && serial != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "--employer and "
                            "--certificate: give one of them");
    }
    search->trace = npie_ctl_trace_make(ctl->p);
    if (serial != NULL) {
        return trace_certificate(search, serial, err);
    }
    rv = npie_ctl_employer_find(&employer, search->registry, who, err, ctl->p);
    return rv != APR_SUCCESS ? rv
        : npie_ctl_trace_employer(search->trace, search->registry, employer,
                                  err);
}

static void take(search_t *search, const npie_audit_row_t *row)
{
    if (search->trace != NULL && !npie_ctl_trace_has(search->trace, row)) {
        return;
    }
    json_array_append_new(search->found, row_json(search->ctl, row));
    if (search->last != 0
        && json_array_size(search->found) > (size_t)search->last) {
        json_array_remove(search->found, 0);
    }
}

/* Takes rows as far as there are any, and leaves filter.after behind the last
 * one; in memory for some hundred at a time. */
static apr_status_t read_on(search_t *search, npie_err_t *err)
{
    npie_registry_t *registry = search->registry;
    apr_pool_t *whole = registry->p, *kept = search->ctl->p, *some;
    apr_array_header_t *rows;
    apr_status_t rv;

    apr_pool_create(&some, whole);
    registry->p = some;
    search->ctl->p = some;
    do {
        apr_pool_clear(some);
        rv = npie_audit_find(&rows, registry, &search->filter, err);
        for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            const npie_audit_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                         npie_audit_row_t);

            search->filter.after = row->sequence;
            take(search, row);
        }
    } while (rv == APR_SUCCESS && rows->nelts == AT_ONCE
             && (search->last != 0
                 || json_array_size(search->found) < AT_ONCE));
    registry->p = whole;
    search->ctl->p = kept;
    apr_pool_destroy(some);
    return rv;
}

static apr_status_t follow(search_t *search, npie_err_t *err)
{
    apr_status_t rv = APR_SUCCESS;
    json_t *row;
    size_t n;

    search->last = 0;
    while (rv == APR_SUCCESS) {
        json_array_foreach (search->found, n, row) {
            npie_ctl_show_row(search->ctl, row, columns);
        }
        json_array_clear(search->found);
        apr_sleep(LOOK_AGAIN);
        rv = read_on(search, err);
    }
    return rv;
}

apr_status_t npie_ctl_audit_show(npie_ctl_t *ctl, npie_err_t *err)
{
    search_t search = { .ctl = ctl };
    apr_status_t rv = read_options(&search, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&search.registry, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_trace(&search, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    search.found = json_array();
    rv = read_on(&search, err);
    if (rv == APR_SUCCESS && npie_ctl_option(ctl, "follow") != NULL) {
        rv = follow(&search, err);
    }
    if (rv == APR_SUCCESS) {
        npie_ctl_show_list(ctl, search.found, columns, "No rows.");
    }
    else {
        json_decref(search.found);
    }
    return rv;
}
