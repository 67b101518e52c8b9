/* SPDX-License-Identifier: Apache-2.0
 * npiectl employer story: all that happened with one employer, in order.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/show.h"
#include "ctl/trace.h"
#include "pki/cert.h"
#include "store/list.h"
#include "store/outbox.h"

const npie_ctl_option_t npie_ctl_employer_story_options[] = {
    { NULL, NULL, NULL }
};

/* One thing that happened. */
typedef struct event_t {
    apr_time_t at;
    int order; /* of those of one second: as they were collected */
    json_t *json;
} event_t;

/* A story being collected. */
typedef struct story_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    const npie_employer_t *employer;
    apr_array_header_t *events; /* of event_t */
} story_t;

/* What has not happened, or not yet, is left out. */
static void add(story_t *story, apr_time_t at, const char *source,
                const char *who, const char *what, const char *detail)
{
    event_t *event;
    json_t *json;

    if (at == 0 || at > story->ctl->now) {
        return;
    }
    json = json_pack("{s: o, s: s, s: s, s: s, s: s}", "at",
                     npie_ctl_json_time(story->ctl, at), "source", source,
                     "who", who, "what", what, "detail", detail);
    if (json != NULL) {
        event = apr_array_push(story->events);
        event->at = at;
        event->order = story->events->nelts;
        event->json = json;
    }
}

static apr_status_t add_certificates(story_t *story, npie_err_t *err)
{
    const npie_certificate_filter_t filter = {
        .employer = story->employer->id, .status = "", .serial = ""
    };
    apr_pool_t *p = story->ctl->p;
    apr_array_header_t *list;
    apr_status_t rv = npie_certificate_list(&list, story->registry, &filter,
                                            err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_certificate_t *c =
            APR_ARRAY_IDX(list, i, npie_certificate_item_t).certificate;
        const char *which = apr_psprintf(
            p, "%s, serial %s", c->additional ? c->holder
                : apr_psprintf(p, "generation %d", c->generation),
            npie_cert_serial_text(c->serial, p));

        add(story, c->not_before, "certificate", "-", "valid-from",
            apr_psprintf(p, "%s, until %s", which,
                         npie_text_time(c->not_after, p)));
        add(story, c->not_after, "certificate", "-", "expired", which);
        add(story, c->ended, "certificate", "-",
            npie_certificate_status_name(c->status),
            apr_pstrcat(p, which, *c->reason != '\0' ? ", " : "", c->reason,
                        NULL));
    }
    return rv;
}

static apr_status_t add_moves(story_t *story, npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_moves_of(&list, story->registry,
                                    story->employer->id, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_move_item_t *m = &APR_ARRAY_IDX(list, i, npie_move_item_t);

        add(story, m->created, m->additional ? "request" : "renewal", "-",
            "begun", apr_psprintf(story->ctl->p, "%s %" APR_INT64_T_FMT
                                  ", now %s", m->additional ? "request"
                                  : "renewal", m->id, m->state));
    }
    return rv;
}

static apr_status_t add_letters(story_t *story, npie_err_t *err)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_letters_of(&list, story->registry,
                                      story->employer->id, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_letter_item_t *l = &APR_ARRAY_IDX(list, i,
                                                     npie_letter_item_t);
        const char *which = apr_psprintf(
            story->ctl->p, "letter %" APR_INT64_T_FMT ", kind %d, %s %"
            APR_INT64_T_FMT "%s", l->folio, l->kind,
            l->addition != 0 ? "request" : "renewal",
            l->addition != 0 ? l->addition : l->renewal,
            l->voided ? ", voided since" : "");

        add(story, l->created, "letter", "-", "drawn", which);
        add(story, l->signed_at, "letter", "-", "signed", which);
    }
    return rv;
}

static apr_status_t add_mails(story_t *story, npie_err_t *err)
{
    apr_pool_t *p = story->ctl->p;
    apr_array_header_t *list;
    apr_status_t rv = npie_outbox_of(&list, story->registry,
                                     story->employer->id, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const npie_outbox_t *m = APR_ARRAY_IDX(list, i, npie_outbox_t *);
        const char *which = apr_psprintf(
            p, "mail %" APR_INT64_T_FMT ", %s, to %s", m->id,
            npie_mail_kind_name(m->kind), m->address);
        const char *said = apr_psprintf(
            p, "%s, attempt %d%s%s%s%s", which, m->attempts,
            *m->reason != '\0' ? ": " : "", m->reason,
            *m->server_said != '\0' ? ": " : "", m->server_said);

        add(story, m->queued, "mail", "-", "queued", which);
        add(story, m->sent, "mail", "mail", "sent", said);
        add(story, m->gave_up, "mail", "mail", "given-up", said);
        if (m->sent == 0 && m->gave_up == 0 && m->attempts > 0) {
            add(story, story->ctl->now, "mail", "mail", "waiting", said);
        }
    }
    return rv;
}

static apr_status_t add_audit(story_t *story, npie_err_t *err)
{
    apr_pool_t *p = story->ctl->p;
    npie_ctl_trace_t *trace = npie_ctl_trace_make(p);
    npie_audit_filter_t filter = { .event = "" };
    apr_array_header_t *rows;
    apr_status_t rv = npie_ctl_trace_employer(trace, story->registry,
                                              story->employer, err);

    while (rv == APR_SUCCESS) {
        rv = npie_audit_find(&rows, story->registry, &filter, err);
        if (rv != APR_SUCCESS || rows->nelts == 0) {
            break;
        }
        for (int i = 0; i < rows->nelts; i++) {
            const npie_audit_row_t *row = &APR_ARRAY_IDX(rows, i,
                                                         npie_audit_row_t);

            filter.after = row->sequence;
            if (npie_ctl_trace_has(trace, row)) {
                add(story, row->at, "audit", npie_ctl_trace_actor(row, p),
                    row->event, apr_psprintf(p, "row %" APR_INT64_T_FMT ": %s",
                                             row->sequence, row->detail));
            }
        }
    }
    return rv;
}

static int in_order(const void *a, const void *b)
{
    const event_t *x = a, *y = b;

    if (x->at != y->at) {
        return x->at < y->at ? -1 : 1;
    }
    return x->order - y->order;
}

static void show(story_t *story)
{
    static const npie_ctl_column_t columns[] = {
        { "at", "Time" }, { "source", "From" }, { "what", "What" },
        { "who", "Who" }, { "detail", "Detail" }, { NULL, NULL }
    };
    json_t *list = json_array();

    qsort(story->events->elts, (size_t)story->events->nelts, sizeof(event_t),
          in_order);
    for (int i = 0; i < story->events->nelts; i++) {
        json_array_append_new(list, APR_ARRAY_IDX(story->events, i,
                                                  event_t).json);
    }
    npie_ctl_say(story->ctl, "%s  %s  %s", story->employer->rp,
                 story->employer->user, story->employer->name);
    npie_ctl_show_list(story->ctl, list, columns, "Nothing has happened.");
}

apr_status_t npie_ctl_employer_story(npie_ctl_t *ctl, npie_err_t *err)
{
    typedef apr_status_t add_fn(story_t *story, npie_err_t *err);
    static add_fn *const sources[] = { add_certificates, add_moves, add_letters,
                                       add_mails, add_audit };
    npie_employer_t *employer = NULL;
    story_t story = { .ctl = ctl };
    apr_status_t rv = npie_ctl_registry(&story.registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_employer_find(&employer, story.registry,
                                    npie_ctl_operand(ctl, 0), err, ctl->p);
    }
    story.employer = employer;
    story.events = apr_array_make(ctl->p, 64, sizeof(event_t));
    for (size_t i = 0; rv == APR_SUCCESS
                       && i < sizeof(sources) / sizeof(sources[0]); i++) {
        rv = sources[i](&story, err);
    }
    if (rv == APR_SUCCESS) {
        show(&story);
    }
    return rv;
}
