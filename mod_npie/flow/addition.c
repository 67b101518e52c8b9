/* SPDX-License-Identifier: Apache-2.0
 * Additional certificates: what there is, asked for, asked for again, taken
 * back.
 */
#include "flow/addition_step.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "model/field.h"

/* For certificates that came here without a request. */
#define PURPOSE_UNKNOWN "La del certificado anterior"

apr_status_t npie_addition_gone(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_ADDITIONAL_GONE,
                        "no such request, or at another step");
}

static npie_problem_t clean(const char **out, const char *text,
                            apr_size_t max, apr_pool_t *p)
{
    text = text != NULL ? text : "";
    *out = "";
    if (!npie_text_is_clean(text, strlen(text))) {
        return NPIE_P_ENCODING;
    }
    *out = npie_text_trim(text, p);
    return **out == '\0' ? NPIE_P_FIELD_EMPTY
        : npie_text_length(*out) > max ? NPIE_P_FIELD_LONG : NPIE_P_NONE;
}

apr_status_t npie_flow_addition_check(npie_addition_fields_t *fields,
                                      npie_addition_check_t *check,
                                      const char *holder, const char *email,
                                      const char *purpose, apr_pool_t *p)
{
    npie_addition_fields_t typed;

    check->holder = clean(&typed.holder, holder, NPIE_HOLDER_MAX, p);
    check->email = clean(&typed.email, email, NPIE_EMAIL_MAX, p);
    check->purpose = clean(&typed.purpose, purpose, NPIE_PURPOSE_MAX, p);
    if (check->email == NPIE_P_NONE && !npie_field_email(typed.email)) {
        check->email = NPIE_P_EMAIL;
    }
    if (check->holder != NPIE_P_NONE || check->email != NPIE_P_NONE ||
        check->purpose != NPIE_P_NONE) {
        return NPIE_EINPUT;
    }
    *fields = typed;
    return APR_SUCCESS;
}

static npie_standing_t standing_of(const npie_certificate_t *certificate,
                                   apr_time_t now)
{
    switch (certificate->status) {
    case NPIE_CERTIFICATE_REVOKED:
        return NPIE_STANDING_REVOKED;
    case NPIE_CERTIFICATE_SUPERSEDED:
        return NPIE_STANDING_LAPSED;
    default:
        return now < certificate->not_after ? NPIE_STANDING_ACTIVE
                                            : NPIE_STANDING_LAPSED;
    }
}

/* A request that is under way serves as long as the certificate it was made
 * with is the principal one, and its time is not over. */
static apr_status_t see_waiting(npie_addition_view_t *view, npie_flow_t *flow,
                                npie_err_t *err)
{
    static const npie_standing_t standings[] = {
        [NPIE_ADDITION_REQUESTED] = NPIE_STANDING_REQUESTED,
        [NPIE_ADDITION_KEYED] = NPIE_STANDING_KEYED,
        [NPIE_ADDITION_AUTHORISED] = NPIE_STANDING_AUTHORISED,
    };
    const npie_addition_t *a = view->addition;
    npie_certificate_t *principal;
    apr_status_t rv;

    rv = npie_certificate_get(&principal, flow->registry, a->principal, err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    view->until = (a->keyed != 0 ? a->keyed : a->created) +
                  flow->policy->renewal_timeout;
    view->standing = standings[a->state];
    if (principal->status != NPIE_CERTIFICATE_ACTIVE ||
        flow->now >= principal->not_after || flow->now >= view->until) {
        view->standing = NPIE_STANDING_LAPSED;
    }
    return APR_SUCCESS;
}

apr_status_t npie_addition_see(npie_addition_view_t *view, npie_flow_t *flow,
                               npie_addition_t *addition, npie_err_t *err)
{
    apr_status_t rv;

    memset(view, 0, sizeof(*view));
    view->addition = addition;
    if (addition->state == NPIE_ADDITION_WITHDRAWN) {
        view->standing = NPIE_STANDING_WITHDRAWN;
        return APR_SUCCESS;
    }
    if (addition->state != NPIE_ADDITION_ISSUED) {
        return see_waiting(view, flow, err);
    }
    rv = npie_certificate_get(&view->certificate, flow->registry,
                              addition->certificate, err);
    if (rv == APR_SUCCESS) {
        view->standing = standing_of(view->certificate, flow->now);
    }
    return rv;
}

static npie_addition_view_t *append(apr_array_header_t *list)
{
    npie_addition_view_t *view = apr_pcalloc(list->pool, sizeof(*view));

    APR_ARRAY_PUSH(list, npie_addition_view_t *) = view;
    return view;
}

apr_status_t npie_flow_additions(apr_array_header_t **plist, npie_flow_t *flow,
                                 apr_int64_t employer, npie_err_t *err)
{
    apr_array_header_t *list = apr_array_make(flow->p, 8, sizeof(void *));
    apr_array_header_t *rows, *orphans;
    apr_status_t rv = npie_addition_list(&rows, flow->registry, employer, err);

    if (rv == APR_SUCCESS) {
        rv = npie_addition_orphans(&orphans, flow->registry, employer, err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < rows->nelts; ++i) {
        rv = npie_addition_see(append(list), flow,
                               APR_ARRAY_IDX(rows, i, npie_addition_t *), err);
    }
    for (int i = 0; rv == APR_SUCCESS && i < orphans->nelts; ++i) {
        npie_addition_view_t *view = append(list);

        view->certificate = APR_ARRAY_IDX(orphans, i, npie_certificate_t *);
        view->standing = standing_of(view->certificate, flow->now);
    }
    *plist = list;
    return rv;
}

apr_status_t npie_flow_addition_find(npie_addition_view_t *view,
                                     npie_flow_t *flow, apr_int64_t employer,
                                     apr_int64_t id, npie_err_t *err)
{
    npie_addition_t *addition;
    apr_status_t rv = npie_addition_get(&addition, flow->registry, id, err);

    if (rv == APR_NOTFOUND ||
        (rv == APR_SUCCESS && addition->employer != employer)) {
        return npie_addition_gone(err);
    }
    return rv == APR_SUCCESS ? npie_addition_see(view, flow, addition, err)
                             : rv;
}

int npie_flow_addition_may(const npie_place_t *place)
{
    return !place->certificate->additional && place->newest != NULL &&
           place->newest->id == place->certificate->id &&
           (place->verdict == NPIE_VERDICT_APPLICATION ||
            place->verdict == NPIE_VERDICT_EARLY);
}

apr_status_t npie_addition_permit(npie_place_t *place, npie_flow_t *flow,
                                  const npie_who_t *who, npie_err_t *err)
{
    npie_renewal_t *due;
    apr_status_t rv = npie_place_read(place, &due, flow, who, err);

    if (rv != APR_SUCCESS || npie_flow_addition_may(place)) {
        return rv;
    }
    if (place->certificate->additional) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_PRINCIPAL_ONLY,
                            "certificate %s is an additional one",
                            who->actor);
    }
    return place->verdict == NPIE_VERDICT_REFUSED
        ? npie_err_set(err, NPIE_EPOLICY, place->problem,
                       "certificate %s is refused", who->actor)
        : npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                       "certificate %s is not the valid principal one",
                       who->actor);
}

apr_status_t npie_addition_end(npie_flow_t *flow, apr_status_t rv,
                               npie_err_t *err)
{
    if (rv != APR_SUCCESS) {
        npie_registry_end(flow->registry, 0, NULL);
        return rv;
    }
    return npie_registry_end(flow->registry, 1, err);
}

static apr_status_t note(npie_flow_t *flow, const npie_addition_t *a,
                         const char *actor, const char *event,
                         npie_err_t *err)
{
    return npie_audit(flow->registry, flow->now, actor, event,
                      apr_psprintf(flow->p, "request %" APR_INT64_T_FMT
                                   ", %s, letter %" APR_INT64_T_FMT ", key %s",
                                   a->id, npie_addition_state_name(a->state),
                                   a->folio, a->spki), err);
}

apr_status_t npie_addition_write(npie_flow_t *flow, npie_addition_t *a,
                                 npie_addition_state_t next, const char *actor,
                                 const char *event, npie_err_t *err)
{
    const npie_addition_state_t was = a->state;
    apr_status_t rv;

    a->state = next;
    a->changed = flow->now;
    rv = npie_addition_update(flow->registry, a, was, err);
    return rv == APR_SUCCESS ? note(flow, a, actor, event, err) : rv;
}

static apr_status_t queue(npie_flow_t *flow, const npie_addition_t *a,
                          npie_mail_kind_t kind, const char *address,
                          npie_err_t *err)
{
    npie_outbox_t mail = { .kind = kind, .employer = a->employer,
                           .certificate = a->certificate, .addition = a->id,
                           .address = address, .queued = flow->now,
                           .next_try = flow->now };

    return npie_outbox_queue(&mail.id, flow->registry, &mail, err);
}

apr_status_t npie_addition_mail(npie_flow_t *flow, const npie_addition_t *a,
                                npie_mail_kind_t kind, npie_err_t *err)
{
    return flow->policy->mail ? queue(flow, a, kind, a->holder_email, err)
                              : APR_SUCCESS;
}

apr_status_t npie_addition_tell(npie_flow_t *flow, const npie_addition_t *a,
                                npie_mail_kind_t kind, npie_err_t *err)
{
    npie_employer_t *employer;
    apr_status_t rv;

    if (!flow->policy->mail) {
        return APR_SUCCESS;
    }
    rv = npie_employer_get(&employer, flow->registry, a->employer, err);
    return rv == APR_SUCCESS && npie_field_email(employer->contact.email)
               ? queue(flow, a, kind, employer->contact.email, err) : rv;
}

/* Is there room for one more? With the employer held. */
static apr_status_t count(npie_flow_t *flow, apr_int64_t employer,
                          npie_err_t *err)
{
    apr_array_header_t *list;
    int used = 0;
    apr_status_t rv = npie_flow_additions(&list, flow, employer, err);

    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        used += APR_ARRAY_IDX(list, i, npie_addition_view_t *)->standing <=
                NPIE_STANDING_ACTIVE;
    }
    if (rv == APR_SUCCESS && used >= flow->policy->additional_max) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_ADDITIONAL_LIMIT,
                            "%d additional certificates of %d", used,
                            flow->policy->additional_max);
    }
    return rv;
}

/* Begins a transaction in which this employer's requests are counted once,
 * and `who` may ask. Left open on success alone. */
static apr_status_t begin(npie_place_t *place, npie_flow_t *flow,
                          const npie_who_t *who, npie_err_t *err)
{
    apr_status_t rv = npie_registry_begin(flow->registry, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_employer_hold(flow->registry, who->employer, err);
    if (rv == APR_SUCCESS) {
        rv = npie_addition_permit(place, flow, who, err);
    }
    return rv == APR_SUCCESS ? rv : npie_addition_end(flow, rv, err);
}

static apr_status_t insert(npie_addition_t *a, npie_flow_t *flow,
                           const npie_who_t *who, int mail, npie_err_t *err)
{
    apr_status_t rv = count(flow, who->employer, err);

    a->employer = who->employer;
    a->principal = who->certificate;
    a->created = flow->now;
    a->spki = "";
    if (rv == APR_SUCCESS) {
        rv = npie_addition_insert(&a->id, flow->registry, a, err);
    }
    if (rv == APR_SUCCESS) {
        rv = note(flow, a, who->actor, "additional-request", err);
    }
    return rv == APR_SUCCESS && mail
               ? npie_addition_mail(flow, a, NPIE_MAIL_ADDITIONAL, err) : rv;
}

apr_status_t npie_flow_addition_request(apr_int64_t *pid, npie_flow_t *flow,
                                        const npie_who_t *who,
                                        const npie_addition_fields_t *fields,
                                        int mail, npie_err_t *err)
{
    npie_addition_t a = { .holder = fields->holder,
                          .holder_email = fields->email,
                          .purpose = fields->purpose };
    npie_place_t place;
    apr_status_t rv = begin(&place, flow, who, err);

    if (rv == APR_SUCCESS) {
        rv = npie_addition_end(flow, insert(&a, flow, who, mail, err), err);
    }
    *pid = a.id;
    return rv;
}

/* What is asked for again, out of a request or a certificate. */
static apr_status_t read_ended(npie_addition_view_t *view, npie_addition_t *a,
                               npie_flow_t *flow, const npie_who_t *who,
                               apr_int64_t addition, apr_int64_t certificate,
                               npie_err_t *err)
{
    apr_status_t rv;

    memset(view, 0, sizeof(*view));
    if (addition != 0) {
        rv = npie_flow_addition_find(view, flow, who->employer, addition, err);
    }
    else {
        rv = npie_certificate_get(&view->certificate, flow->registry,
                                  certificate, err);
        if (rv == APR_NOTFOUND ||
            (rv == APR_SUCCESS &&
             (view->certificate->employer != who->employer ||
              !view->certificate->additional))) {
            return npie_addition_gone(err);
        }
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (view->addition != NULL) {
        a->holder = view->addition->holder;
        a->holder_email = view->addition->holder_email;
        a->purpose = view->addition->purpose;
    }
    else {
        view->standing = standing_of(view->certificate, flow->now);
        a->holder = view->certificate->holder;
        a->holder_email = view->certificate->holder_email;
        a->purpose = PURPOSE_UNKNOWN;
    }
    a->replaces = view->certificate != NULL ? view->certificate->id : 0;
    return view->standing == NPIE_STANDING_LAPSED ||
           view->standing == NPIE_STANDING_REVOKED ? APR_SUCCESS
                                                   : npie_addition_gone(err);
}

static apr_status_t make_again(apr_int64_t *pid, npie_flow_t *flow,
                               const npie_who_t *who, apr_int64_t addition,
                               apr_int64_t certificate, npie_err_t *err)
{
    npie_addition_t a = { 0 };
    npie_addition_view_t view;
    npie_addition_fields_t fields;
    npie_addition_check_t check;
    apr_status_t rv = read_ended(&view, &a, flow, who, addition, certificate,
                                 err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (npie_flow_addition_check(&fields, &check, a.holder, a.holder_email,
                                 a.purpose, flow->p) != APR_SUCCESS) {
        return npie_err_set(err, NPIE_EINPUT, check.email != NPIE_P_NONE
                            ? check.email : NPIE_P_FIELD_EMPTY,
                            "name or address of before cannot be used");
    }
    if (view.addition != NULL && view.certificate == NULL) {
        rv = npie_addition_write(flow, view.addition, NPIE_ADDITION_WITHDRAWN,
                                 who->actor, "additional-withdraw", err);
    }
    if (rv == APR_SUCCESS) {
        rv = insert(&a, flow, who, 1, err);
    }
    *pid = a.id;
    return rv;
}

apr_status_t npie_flow_addition_again(apr_int64_t *pid, npie_flow_t *flow,
                                      const npie_who_t *who,
                                      apr_int64_t addition,
                                      apr_int64_t certificate,
                                      npie_err_t *err)
{
    npie_place_t place;
    apr_status_t rv = begin(&place, flow, who, err);

    if (rv == APR_SUCCESS) {
        rv = make_again(pid, flow, who, addition, certificate, err);
        if (rv == NPIE_ECONFLICT) {
            npie_addition_gone(err);
        }
        rv = npie_addition_end(flow, rv, err);
    }
    return rv;
}

static apr_status_t permit_mail(npie_flow_t *flow, apr_int64_t id,
                                npie_err_t *err)
{
    apr_array_header_t *mails;
    apr_time_t last = 0;
    int sent = 0;
    apr_status_t rv = npie_addition_mails(&mails, flow->registry, id, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < mails->nelts; ++i) {
        const npie_outbox_t *mail = APR_ARRAY_IDX(mails, i, npie_outbox_t *);

        if (npie_addition_mail_links(mail->kind)) {
            last = last != 0 ? last : mail->queued;
            ++sent;
        }
    }
    if (sent >= NPIE_ADDITION_MAILS_MAX) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_MAIL_LIMIT,
                            "the mail was asked for too often");
    }
    return flow->now - last < apr_time_from_sec(NPIE_ADDITION_MAIL_SECONDS)
               ? npie_err_set(err, NPIE_EPOLICY, NPIE_P_TOO_MANY,
                              "the mail was asked for a moment ago")
               : APR_SUCCESS;
}

static apr_status_t make_resend(npie_flow_t *flow, const npie_who_t *who,
                                apr_int64_t id, npie_err_t *err)
{
    npie_addition_view_t view;
    apr_status_t rv = npie_flow_addition_find(&view, flow, who->employer, id,
                                              err);

    if (rv == APR_SUCCESS && view.standing != NPIE_STANDING_REQUESTED &&
        view.standing != NPIE_STANDING_ACTIVE) {
        return npie_addition_gone(err);
    }
    if (rv == APR_SUCCESS) {
        rv = permit_mail(flow, id, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_addition_mail(flow, view.addition,
                                view.standing == NPIE_STANDING_ACTIVE
                                    ? NPIE_MAIL_ADDITIONAL_READY
                                    : NPIE_MAIL_ADDITIONAL, err);
    }
    return rv == APR_SUCCESS
               ? note(flow, view.addition, who->actor, "additional-mail", err)
               : rv;
}

apr_status_t npie_flow_addition_resend(npie_flow_t *flow,
                                       const npie_who_t *who, apr_int64_t id,
                                       npie_err_t *err)
{
    npie_place_t place;
    apr_status_t rv;

    if (!flow->policy->mail) {
        return npie_addition_gone(err);
    }
    rv = begin(&place, flow, who, err);
    return rv == APR_SUCCESS
               ? npie_addition_end(flow, make_resend(flow, who, id, err), err)
               : rv;
}

apr_status_t npie_flow_addition_withdraw(npie_flow_t *flow,
                                         const npie_who_t *who, apr_int64_t id,
                                         npie_err_t *err)
{
    npie_addition_view_t view;
    npie_place_t place;
    apr_status_t rv = begin(&place, flow, who, err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_flow_addition_find(&view, flow, who->employer, id, err);
    if (rv == APR_SUCCESS && view.certificate != NULL) {
        rv = npie_addition_gone(err);
    }
    if (rv == APR_SUCCESS && view.standing != NPIE_STANDING_WITHDRAWN) {
        rv = npie_addition_write(flow, view.addition, NPIE_ADDITION_WITHDRAWN,
                                 who->actor, "additional-withdraw", err);
    }
    return npie_addition_end(flow, rv, err);
}
