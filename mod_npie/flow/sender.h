/* SPDX-License-Identifier: Apache-2.0
 * Sending what is queued, and queueing what is due: the work of a job that
 * serves nobody's request.
 */
#ifndef NPIE_FLOW_SENDER_H
#define NPIE_FLOW_SENDER_H

#include "flow/flow.h"
#include "mail/address.h"
#include "mail/smtp.h"
#include "mail/template.h"

/** Nobody tries a mail again that has been queued for so long. */
#define NPIE_MAIL_GIVE_UP apr_time_from_sec(3 * 86400)
/** How many days of reminders there can be. */
#define NPIE_REMINDERS_MAX 8

/** A language that mails are written in, besides Spanish. */
typedef struct npie_mail_language_t {
    const npie_sentences_t *sentences;
    const npie_templates_t *templates;
} npie_mail_language_t;

/** What mails are made of and how they leave. Read-only. */
typedef struct npie_mailer_t {
    const npie_smtp_t *smtp;
    const npie_templates_t *templates; /**< in Spanish */
    apr_array_header_t *others; /**< of npie_mail_language_t; NULL: none */
    npie_mailbox_t from;
    const char *base_url;    /**< of the pages, with the last slash */
    const char *link_url;    /**< the page of an employer's links, up to the
                                  token */
    const char *colleague_url; /**< the same of a colleague's links */
    const char *institution; /**< name, UTF-8 */
} npie_mailer_t;

/** How one attempt ended. */
typedef enum npie_sending_t {
    NPIE_SENDING_SENT,
    NPIE_SENDING_LATER,     /**< queued again */
    NPIE_SENDING_GAVE_UP,   /**< refused for good, or tried for too long */
    NPIE_SENDING_WITHDRAWN  /**< nobody needs it any more */
} npie_sending_t;

/** An attempt, to be logged. */
typedef struct npie_sending_report_t {
    npie_sending_t outcome;
    npie_outbox_t *mail;  /**< as claimed */
    const char *reason;   /**< [a-z0-9-]*, "" when sent */
    const char *said;     /**< the server's words or what failed, English */
    apr_time_t next_try;  /**< LATER */
} npie_sending_report_t;

/**
 * Sends the mail that has been due longest. Blocks as long as the mail server
 * may take. A crash between the server's answer and the note of it repeats
 * the mail once its lease is over, under the same Message-ID.
 * @return APR_SUCCESS with the report filled; APR_NOTFOUND: none is due;
 *         NPIE_EBACKEND, NPIE_EINTERNAL: the mail stays queued
 */
apr_status_t npie_flow_mail_send_one(npie_sending_report_t *report,
                                     npie_flow_t *flow,
                                     const npie_mailer_t *mailer,
                                     npie_err_t *err);

/**
 * How long to wait after an attempt: a minute, doubled with each one up to
 * four hours, of which a random part of up to a quarter is taken off.
 * @param attempts made so far, 1 or more
 */
apr_interval_time_t npie_flow_mail_delay(int attempts);

/**
 * Queues the reminders that are due, each once; of several due for a
 * certificate only the newest.
 * @param pcount set to how many
 * @param days numbers of days before the end, ascending; n of them
 */
apr_status_t npie_flow_reminders(int *pcount, npie_flow_t *flow,
                                 const int *days, int n, npie_err_t *err);

#endif
