/* SPDX-License-Identifier: Apache-2.0
 * Mails of a renewal: queued with the moves that cause them, asked for again,
 * sent to another address.
 */
#include "flow/mail.h"

#include <string.h>

#include "flow/sent.h"
#include "flow/step.h"
#include "model/field.h"

#define DAY apr_time_from_sec(86400)

/* Of who makes the step; "": Spanish. */
static const char *language_of(const npie_flow_t *flow)
{
    return flow->language == NULL
        || strcmp(flow->language->language, NPIE_SENTENCES_LANGUAGE) == 0
        ? "" : flow->language->language;
}

/* An address that nobody has confirmed may be a stranger's. The employer's row
 * is held: nobody else queues one meanwhile. */
static apr_status_t check_address(const npie_step_t *step, const char *address)
{
    const npie_flow_t *flow = step->flow;
    const int most = flow->policy->mails_to_address;
    apr_int64_t count = 0;
    apr_status_t rv;

    if (most == 0
        || npie_field_email_same(address, step->place.registered.email)) {
        return APR_SUCCESS;
    }
    rv = npie_outbox_since(&count, flow->registry, step->who->employer,
                           address, flow->now - DAY, step->err);
    return rv != APR_SUCCESS || count < most ? rv
        : npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_MAIL_ADDRESS, "%"
                       APR_INT64_T_FMT " mails to this address within a day",
                       count);
}

/* Is it the mail that tells of what is done already? */
static int is_notice(npie_mail_kind_t kind)
{
    return kind == NPIE_MAIL_ISSUED || kind == NPIE_MAIL_ADDITIONAL_READY
        || kind == NPIE_MAIL_ADDITIONAL_ISSUED;
}

apr_status_t npie_step_mail(npie_step_t *step, npie_mail_kind_t kind,
                            const char *address, apr_int64_t certificate)
{
    const npie_flow_t *flow = step->flow;
    npie_outbox_t mail = { .kind = kind, .certificate = certificate,
                           .language = language_of(flow),
                           .address = address, .queued = flow->now,
                           .next_try = flow->now };

    if (!flow->policy->mail || !npie_field_email(address)) {
        return APR_SUCCESS;
    }
    if (!is_notice(kind)) {
        apr_status_t rv = check_address(step, address);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    mail.employer = step->who->employer;
    if (step->additional) {
        mail.addition = step->view.addition->id;
        mail.certificate = step->view.addition->certificate;
    }
    else {
        mail.renewal = step->place.renewal->id;
    }
    return npie_outbox_queue(&mail.id, flow->registry, &mail, step->err);
}

apr_status_t npie_step_mail_changed(npie_step_t *step, int again)
{
    const npie_renewal_t *renewal = step->place.renewal;
    const char *before = step->place.registered.email;
    apr_array_header_t *list;
    apr_status_t rv;

    if (!step->flow->policy->mail ||
        npie_field_email_same(before, renewal->contact.email)) {
        return APR_SUCCESS;
    }
    rv = npie_outbox_list(&list, step->flow->registry, renewal->id,
                          step->err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < list->nelts && !again; ++i) {
        if (APR_ARRAY_IDX(list, i, npie_outbox_t *)->kind ==
            NPIE_MAIL_CHANGED) {
            return APR_SUCCESS;
        }
    }
    return npie_step_mail(step, NPIE_MAIL_CHANGED, before, 0);
}

apr_status_t npie_step_mail_withdraw(npie_step_t *step, int links)
{
    npie_registry_t *registry = step->flow->registry;
    const apr_int64_t renewal = step->place.renewal->id;
    const apr_time_t now = step->flow->now;
    apr_status_t rv;

    if (!step->flow->policy->mail) {
        return APR_SUCCESS;
    }
    rv = npie_outbox_withdraw(registry, renewal, NPIE_MAIL_OBTAIN, now,
                              step->err);
    if (rv == APR_SUCCESS) {
        rv = npie_outbox_withdraw(registry, renewal, NPIE_MAIL_AGAIN, now,
                                  step->err);
    }
    return rv == APR_SUCCESS && links
               ? npie_link_supersede(registry, renewal, NPIE_LINK_CONTINUE,
                                     now, step->err)
               : rv;
}

/* May a mail go out once more? */
static apr_status_t permit(npie_step_t *step)
{
    const npie_flow_t *flow = step->flow;
    npie_outbox_t *last;
    int left;
    apr_status_t rv = step->additional
        ? npie_place_sent(&last, &left, flow->registry, 0,
                          step->view.addition->id, step->err)
        : npie_place_sent(&last, &left, flow->registry,
                          step->place.renewal->id, 0, step->err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (left == 0) {
        return npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_MAIL_LIMIT,
                            "the mail was asked for too often");
    }
    if (step->event == NPIE_EVENT_RESEND && last != NULL &&
        flow->now - last->queued <
            apr_time_from_sec(NPIE_MAIL_AGAIN_SECONDS)) {
        return npie_err_set(step->err, NPIE_EPOLICY, NPIE_P_TOO_MANY,
                            "the mail was asked for a moment ago");
    }
    return APR_SUCCESS;
}

/* To make the key, or to obtain the certificate. */
static apr_status_t resend_to_colleague(npie_step_t *step)
{
    apr_status_t rv = npie_step_mail(step,
                                     step->standing == NPIE_STANDING_ACTIVE
                                         ? NPIE_MAIL_ADDITIONAL_READY
                                         : NPIE_MAIL_ADDITIONAL,
                                     step->view.addition->holder_email, 0);

    return rv == APR_SUCCESS ? npie_step_note_request(step) : rv;
}

/* The mails that still wait are taken back: one with the same link to come is
 * enough. */
static apr_status_t make_resend(npie_step_t *step, void *arg)
{
    apr_status_t rv = permit(step);

    (void)arg;
    if (rv == APR_SUCCESS && step->additional) {
        return resend_to_colleague(step);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail_withdraw(step, 0);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail(step, NPIE_MAIL_AGAIN,
                            step->place.renewal->contact.email, 0);
    }
    return rv == APR_SUCCESS ? npie_step_write(step) : rv;
}

static apr_status_t make_readdress(npie_step_t *step, void *arg)
{
    npie_renewal_t *renewal = step->place.renewal;
    const char *email = arg;
    apr_status_t rv;

    if (npie_field_email_same(renewal->contact.email, email)) {
        return npie_err_set(step->err, NPIE_EINPUT, NPIE_P_EMAIL_SAME,
                            "the address is the renewal's already");
    }
    rv = permit(step);
    renewal->contact.email = email;
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail_withdraw(step, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail(step, NPIE_MAIL_OBTAIN, email, 0);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_step_mail_changed(step, 1);
    }
    return rv == APR_SUCCESS ? npie_step_write(step) : rv;
}

static apr_status_t no_mail(npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFLICT, NPIE_P_NOT_NOW,
                        "there is no mail server");
}

apr_status_t npie_flow_mail_resend(npie_flow_t *flow, const npie_who_t *who,
                                   npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_RESEND, .err = err };

    return flow->policy->mail ? npie_step_run(&step, make_resend, NULL)
                              : no_mail(err);
}

apr_status_t npie_flow_addition_resend(npie_flow_t *flow,
                                       const npie_who_t *who, apr_int64_t id,
                                       npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who, .err = err,
                         .event = NPIE_EVENT_RESEND, .additional = 1,
                         .request = id };

    return flow->policy->mail ? npie_step_run(&step, make_resend, NULL)
                              : npie_step_later(&step);
}

apr_status_t npie_flow_mail_readdress(npie_flow_t *flow, const npie_who_t *who,
                                      const char *email, npie_err_t *err)
{
    npie_step_t step = { .flow = flow, .who = who,
                         .event = NPIE_EVENT_READDRESS, .err = err };
    char address[NPIE_EMAIL_MAX + 1];

    if (!npie_field_email(email)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_EMAIL,
                            "what was given is no address");
    }
    memcpy(address, email, strlen(email) + 1);
    return flow->policy->mail ? npie_step_run(&step, make_readdress, address)
                              : no_mail(err);
}
