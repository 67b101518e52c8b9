/* SPDX-License-Identifier: Apache-2.0
 * From a row of the outbox to the mail server's answer, and reminders.
 */
#include "flow/sender.h"

#include <string.h>

#include <apr_strings.h>

#include "base/date.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/addition.h"
#include "flow/mail.h"
#include "flow/seal.h"
#include "flow/token.h"
#include "mail/message.h"
#include "model/field.h"
#include "pki/digest.h"

#define MINUTE apr_time_from_sec(60)
#define DAY apr_time_from_sec(86400)
#define DELAY_MAX apr_time_from_sec(4 * 3600)
/* Beyond what one attempt may take, for what comes before and after it. */
#define LEASE_MARGIN apr_time_from_sec(120)
#define REMIND_AT_ONCE 500

/* One mail being sent: its row and those it is about. */
typedef struct work_t {
    npie_flow_t *flow;
    const npie_mailer_t *mailer;
    npie_outbox_t *mail;
    npie_employer_t *employer;
    npie_renewal_t *renewal;         /* or NULL */
    npie_certificate_t *certificate; /* or NULL */
    npie_addition_view_t addition;   /* its row or NULL */
    npie_mail_language_t language;
    const char *values[NPIE_MAIL_VALUES];
    npie_err_t *err;
} work_t;

apr_interval_time_t npie_flow_mail_delay(int attempts)
{
    apr_interval_time_t delay = MINUTE;
    apr_uint32_t chance = 0;

    for (int i = 1; i < attempts && delay < DELAY_MAX; ++i) {
        delay *= 2;
    }
    delay = delay < DELAY_MAX ? delay : DELAY_MAX;
    /* Without randomness all wait alike: no reason not to wait. */
    if (npie_random_bytes(&chance, sizeof(chance)) != APR_SUCCESS) {
        chance = 0;
    }
    return delay - delay / 4 * (chance % 1000) / 1000;
}

static apr_status_t read_rows(work_t *w)
{
    npie_registry_t *registry = w->flow->registry;
    apr_status_t rv = npie_employer_get(&w->employer, registry,
                                        w->mail->employer, w->err);

    if (rv == APR_SUCCESS && w->mail->renewal != 0) {
        rv = npie_renewal_get(&w->renewal, registry, w->mail->renewal, w->err);
    }
    if (rv == APR_SUCCESS && w->mail->certificate != 0) {
        rv = npie_certificate_get(&w->certificate, registry,
                                  w->mail->certificate, w->err);
    }
    return rv == APR_SUCCESS && w->mail->addition != 0
               ? npie_flow_addition_find(&w->addition, w->flow,
                                         w->mail->employer, w->mail->addition,
                                         w->err)
               : rv;
}

/* Nobody makes the step that causes these. */
static int is_by_itself(npie_mail_kind_t kind)
{
    return kind == NPIE_MAIL_EXPIRY || kind == NPIE_MAIL_ACUSE;
}

/* The tag of a mail's language; of one that comes by itself, that of the last
 * one before that did not. */
static apr_status_t find_tag(const char **ptag, const work_t *w)
{
    apr_array_header_t *list;
    apr_status_t rv;

    *ptag = w->mail->language;
    if (!is_by_itself(w->mail->kind)) {
        return APR_SUCCESS;
    }
    rv = npie_outbox_of(&list, w->flow->registry, w->mail->employer, w->err);
    for (int i = 0; rv == APR_SUCCESS && i < list->nelts; ++i) {
        const npie_outbox_t *mail = APR_ARRAY_IDX(list, i, npie_outbox_t *);

        if (!is_by_itself(mail->kind)) {
            *ptag = mail->language;
        }
    }
    return rv;
}

static apr_status_t choose_language(work_t *w)
{
    const apr_array_header_t *others = w->mailer->others;
    const char *tag;
    apr_status_t rv = find_tag(&tag, w);

    w->language.sentences = w->flow->sentences;
    w->language.templates = w->mailer->templates;
    for (int i = 0; rv == APR_SUCCESS && others != NULL && i < others->nelts;
         ++i) {
        const npie_mail_language_t *one =
            &APR_ARRAY_IDX(others, i, npie_mail_language_t);

        if (strcmp(one->sentences->language, tag) == 0) {
            w->language = *one;
        }
    }
    return rv;
}

/* Is a reminder still true? Whoever has renewed since gets none.
 * @return APR_SUCCESS; APR_EOF: no; NPIE_EBACKEND */
static apr_status_t still_expires(const work_t *w)
{
    npie_certificate_t *newest;
    apr_status_t rv = npie_certificate_newest(&newest, w->flow->registry,
                                              w->mail->employer, w->err);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    return newest->id == w->certificate->id &&
           w->certificate->status == NPIE_CERTIFICATE_ACTIVE &&
           w->flow->now < w->certificate->not_after ? APR_SUCCESS : APR_EOF;
}

/* Does anybody still need it? APR_EOF: no. */
static apr_status_t still_wanted(const work_t *w)
{
    switch (w->mail->kind) {
    case NPIE_MAIL_OBTAIN:
    case NPIE_MAIL_AGAIN:
        return w->renewal->state == NPIE_RENEWAL_SIGNED ? APR_SUCCESS
                                                        : APR_EOF;
    case NPIE_MAIL_CHANGED:
        return w->renewal->state == NPIE_RENEWAL_CANCELLED ||
               w->renewal->state == NPIE_RENEWAL_LAPSED ? APR_EOF
                                                        : APR_SUCCESS;
    case NPIE_MAIL_EXPIRY:
        return still_expires(w);
    case NPIE_MAIL_ADDITIONAL_KEY:
        return w->addition.standing == NPIE_STANDING_KEYED ? APR_SUCCESS
                                                           : APR_EOF;
    default:
        return APR_SUCCESS;
    }
}

/* Says where the link leads, and until when. */
static void show_link(work_t *w, const char *url, const char *token,
                      apr_time_t until)
{
    w->values[NPIE_MAIL_VALUE_LINK] = apr_pstrcat(w->flow->p, url, token,
                                                  NULL);
    w->values[NPIE_MAIL_VALUE_LINK_UNTIL] = npie_date_text(w->language.sentences,
                                                           until, w->flow->p);
}

/* A link of its own for every attempt: a token is known to its mail alone. */
static apr_status_t make_link(work_t *w)
{
    char hash[NPIE_SHA256_HEX_SIZE];
    const npie_link_t link = {
        .hash = hash, .created = w->flow->now, .renewal = w->renewal->id,
        .outbox = w->mail->id,
        .purpose = w->mail->kind == NPIE_MAIL_CHANGED ? NPIE_LINK_STOP
                                                      : NPIE_LINK_CONTINUE,
        .expires = w->renewal->created + w->flow->policy->renewal_timeout,
    };
    const char *token;
    apr_status_t rv;

    if (link.expires <= w->flow->now) {
        return APR_EOF;
    }
    rv = npie_token_make(&token, hash, w->err, w->flow->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    show_link(w, w->mailer->link_url, token, link.expires);
    return npie_link_insert(w->flow->registry, &link, w->err);
}

/* The same for a mail to a colleague. */
static apr_status_t make_addition_link(work_t *w)
{
    const char *token;
    apr_time_t until;
    apr_status_t rv = npie_addition_link_make(&token, &until, w->flow, w->mail,
                                              &w->addition, w->err);

    if (rv == APR_SUCCESS) {
        show_link(w, w->mailer->colleague_url, token, until);
    }
    return rv;
}

/* Enough of an address for its owner to know it again: "ma...@dominio". */
static const char *veiled(const char *address, apr_pool_t *p)
{
    const char *at = strrchr(address, '@');
    apr_size_t shown = 0;

    /* Whole characters of UTF-8, two at most, never all of them. */
    for (int n = 0; n < 2 && address + shown < at; ++n) {
        apr_size_t next = shown + 1;

        while (((unsigned char)address[next] & 0xC0) == 0x80) {
            ++next;
        }
        if (address + next >= at) {
            break;
        }
        shown = next;
    }
    return apr_psprintf(p, "%.*s...%s", (int)shown, address, at);
}

static const char *days_text(const work_t *w)
{
    const apr_int64_t days =
        (w->certificate->not_after - w->flow->now + DAY - 1) / DAY;

    return days == 1
        ? npie_sentence(w->language.sentences, NPIE_S_MAIL_DAY)
        : npie_sentence_fill(w->language.sentences, NPIE_S_MAIL_DAYS, w->flow->p,
                             "dias", apr_psprintf(w->flow->p, "%"
                                                  APR_INT64_T_FMT, days),
                             NULL);
}

static void set_values(work_t *w)
{
    const npie_employer_t *e = w->employer;
    apr_pool_t *p = w->flow->p;

    w->values[NPIE_MAIL_VALUE_NAME] =
        npie_text_trim(apr_pstrcat(p, e->given_name, " ", e->surname, " ",
                                   e->surname2, NULL), p);
    w->values[NPIE_MAIL_VALUE_COMPANY] = e->name;
    w->values[NPIE_MAIL_VALUE_RP] = npie_field_rp_display(e->rp, p);
    w->values[NPIE_MAIL_VALUE_INSTITUTION] = w->mailer->institution;
    w->values[NPIE_MAIL_VALUE_SITE] = w->mailer->base_url;
    if (w->renewal != NULL) {
        w->values[NPIE_MAIL_VALUE_KEY] =
            apr_pstrcat(p, w->renewal->key_name, ".key", NULL);
        w->values[NPIE_MAIL_VALUE_EMAIL] = veiled(w->renewal->contact.email,
                                                  p);
    }
    if (w->addition.addition != NULL) {
        w->values[NPIE_MAIL_VALUE_HOLDER] = w->addition.addition->holder;
        w->values[NPIE_MAIL_VALUE_PURPOSE] = w->addition.addition->purpose;
    }
    if (w->certificate != NULL) {
        w->values[NPIE_MAIL_VALUE_SERIAL] =
            npie_cert_serial_text(w->certificate->serial, p);
        w->values[NPIE_MAIL_VALUE_UNTIL] =
            npie_date_text(w->language.sentences, w->certificate->not_after, p);
        w->values[NPIE_MAIL_VALUE_DAYS] = days_text(w);
    }
}

/* Both letters, with their seals. */
static apr_status_t attach_letters(npie_message_t *parts, const work_t *w)
{
    static const char *const names[] = { NPIE_LETTER1_FILE,
                                         NPIE_LETTER2_FILE };
    const apr_int64_t folios[] = { w->renewal->letter1, w->renewal->letter2 };
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; i < 2 && rv == APR_SUCCESS; ++i) {
        npie_acuse_t acuse;

        rv = npie_flow_acuse(&acuse, w->flow, w->renewal, folios[i], w->err);
        parts->files[i].name = names[i];
        parts->files[i].type = "application/pdf";
        parts->files[i].bytes = acuse.pdf;
    }
    return rv;
}

static int goes_to_colleague(npie_mail_kind_t kind)
{
    return kind == NPIE_MAIL_ADDITIONAL || kind == NPIE_MAIL_ADDITIONAL_READY;
}

static apr_status_t write_mail(npie_bytes_t *message, work_t *w)
{
    npie_message_t parts = { .from = w->mailer->from, .date = w->flow->now };
    npie_mail_text_t text;
    apr_status_t rv = APR_SUCCESS;

    set_values(w);
    if (w->mail->kind == NPIE_MAIL_ACUSE) {
        rv = attach_letters(&parts, w);
    }
    else if (w->renewal != NULL && w->mail->kind != NPIE_MAIL_ISSUED) {
        rv = make_link(w);
    }
    else if (goes_to_colleague(w->mail->kind)) {
        rv = make_addition_link(w);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_templates_render(&text, w->language.templates, w->mail->kind,
                                   w->values, w->err, w->flow->p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    parts.to = w->mail->address;
    parts.language = w->language.sentences != NULL
        ? w->language.sentences->language : NULL;
    parts.subject = text.subject;
    parts.text = text.text;
    parts.html = text.html;
    parts.id = apr_psprintf(w->flow->p,
                            "npie.%" APR_INT64_T_FMT ".%" APR_INT64_T_FMT,
                            w->mail->id, apr_time_sec(w->mail->queued));
    return npie_message_write(message, &parts, w->err, w->flow->p);
}

/* A mail that is over. */
typedef struct over_t {
    const npie_sending_report_t *report;
    const work_t *w;
} over_t;

/* A mail that is over is never looked at again: that it was never taken is in
 * the audit with it, by number, not by address. */
static apr_status_t give_up(void *baton, npie_err_t *err)
{
    const over_t *over = baton;
    const npie_sending_report_t *report = over->report;
    const npie_outbox_t *mail = over->w->mail;
    const npie_flow_t *flow = over->w->flow;
    apr_status_t rv = npie_outbox_give_up(flow->registry, mail, flow->now,
                                          report->reason, report->said, err);

    if (rv != APR_SUCCESS || report->outcome != NPIE_SENDING_GAVE_UP) {
        return rv;
    }
    return npie_audit(flow->registry, flow->now, "mail", "mail-given-up",
                      apr_psprintf(flow->p, "mail %" APR_INT64_T_FMT
                                   ", %s, employer %" APR_INT64_T_FMT ": %s",
                                   mail->id, npie_mail_kind_name(mail->kind),
                                   mail->employer, report->reason), err);
}

/* Notes that a mail was not taken, to be tried again unless it is over. */
static apr_status_t note_failure(npie_sending_report_t *report,
                                 const work_t *w, int final)
{
    const npie_outbox_t *mail = w->mail;
    const apr_time_t now = w->flow->now;
    over_t over = { report, w };
    apr_status_t rv;

    if (final || now - mail->queued >= NPIE_MAIL_GIVE_UP) {
        if (report->outcome != NPIE_SENDING_WITHDRAWN) {
            report->outcome = NPIE_SENDING_GAVE_UP;
        }
        rv = npie_registry_write(w->flow->registry, mail->employer, give_up,
                                 &over, w->err);
    }
    else {
        report->outcome = NPIE_SENDING_LATER;
        report->next_try = now + npie_flow_mail_delay(mail->attempts);
        rv = npie_outbox_retry(w->flow->registry, mail, report->next_try,
                               report->reason, report->said, w->err);
    }
    /* Its lease ran out and somebody else has it: theirs to note. */
    return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
}

/* Hands it over, and notes what the server said. */
static apr_status_t hand_over(npie_sending_report_t *report, const work_t *w,
                              npie_bytes_t message)
{
    npie_smtp_result_t result;
    apr_status_t rv;

    rv = npie_smtp_send(&result, w->mailer->smtp, w->mailer->from.address,
                        w->mail->address, message, w->flow->p);
    report->reason = npie_smtp_reason_name(result.reason);
    report->said = apr_pstrdup(w->flow->p, result.said);
    if (rv != APR_SUCCESS) {
        return note_failure(report, w, rv == NPIE_EPOLICY ||
                                       rv == NPIE_EINPUT);
    }
    report->outcome = NPIE_SENDING_SENT;
    rv = npie_outbox_sent(w->flow->registry, w->mail, w->flow->now,
                          report->said, w->err);
    return rv == NPIE_ECONFLICT ? APR_SUCCESS : rv;
}

apr_status_t npie_flow_mail_send_one(npie_sending_report_t *report,
                                     npie_flow_t *flow,
                                     const npie_mailer_t *mailer,
                                     npie_err_t *err)
{
    work_t w = { .flow = flow, .mailer = mailer, .err = err };
    npie_err_t why = { 0 };
    npie_bytes_t message;
    apr_status_t rv;

    memset(report, 0, sizeof(*report));
    rv = npie_outbox_claim(&w.mail, flow->registry, flow->now,
                           flow->now + mailer->smtp->timeout + LEASE_MARGIN,
                           err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    report->mail = w.mail;
    w.err = &why;
    rv = read_rows(&w);
    if (rv == APR_SUCCESS) {
        rv = still_wanted(&w);
    }
    if (rv == APR_SUCCESS) {
        rv = choose_language(&w);
    }
    if (rv == APR_SUCCESS) {
        rv = write_mail(&message, &w);
    }
    w.err = err;
    if (rv == APR_SUCCESS) {
        return hand_over(report, &w, message);
    }
    report->said = apr_pstrdup(flow->p, why.detail);
    report->reason = rv == APR_EOF ? "withdrawn"
                     : rv == NPIE_EINPUT ? "address"
                     : rv == NPIE_EBACKEND ? "registry" : "internal";
    if (rv == APR_EOF) {
        report->outcome = NPIE_SENDING_WITHDRAWN;
    }
    return note_failure(report, &w, rv == APR_EOF || rv == NPIE_EINPUT);
}

apr_status_t npie_flow_reminders(int *pcount, npie_flow_t *flow,
                                 const int *days, int n, npie_err_t *err)
{
    *pcount = 0;
    for (int i = 0; i < n; ++i) {
        int queued;

        do {
            apr_status_t rv =
                npie_outbox_remind(&queued, flow->registry, flow->now,
                                   days[i], i > 0 ? days[i - 1] : 0, err);

            if (rv != APR_SUCCESS) {
                return rv;
            }
            *pcount += queued;
        } while (queued >= REMIND_AT_ONCE);
    }
    return APR_SUCCESS;
}
