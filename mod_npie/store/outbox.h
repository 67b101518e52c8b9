/* SPDX-License-Identifier: Apache-2.0
 * The registry's mails: queued with the step that causes them, claimed by one
 * sender at a time, their fate noted; and the links they carry. Neither texts
 * nor tokens are stored: a mail is written when it is sent.
 *
 * What store/registry.h says of its functions holds here too.
 */
#ifndef NPIE_STORE_OUTBOX_H
#define NPIE_STORE_OUTBOX_H

#include "model/mail.h"
#include "store/registry.h"

/** A mail's row. Strings never NULL. */
typedef struct npie_outbox_t {
    apr_int64_t id;
    npie_mail_kind_t kind;
    const char *language;    /**< tag, at most 11 bytes; "" or NULL: Spanish */
    apr_int64_t employer;
    apr_int64_t renewal;     /**< row, 0 = none */
    apr_int64_t certificate; /**< row, 0 = none */
    int days;                /**< EXPIRY: which reminder, 0 = none */
    const char *address;     /**< clean UTF-8, at most 254 bytes */
    apr_time_t queued;
    int attempts;            /**< claimed so many times */
    apr_time_t next_try;     /**< not before this */
    apr_time_t lease_until;  /**< a sender has it until then; 0 = nobody */
    apr_time_t sent;         /**< the server took it at; 0 = not (yet) */
    apr_time_t gave_up;      /**< nobody will try again; 0 = no */
    const char *reason;      /**< why the last attempt failed or it was given
                                  up, [a-z-]*; "" = none */
    const char *server_said; /**< the mail server's last words, or "" */
    apr_int64_t addition;    /**< row, 0 = none */
} npie_outbox_t;

/**
 * Queues a mail, inside the transaction of what causes it. Of mail: kind,
 * language, employer, renewal, certificate, addition, days, address, queued and
 * next_try.
 * @param pid set to the new row
 * @return also NPIE_ECONFLICT when that reminder of that certificate was
 *         queued before
 */
apr_status_t npie_outbox_queue(apr_int64_t *pid, npie_registry_t *registry,
                               const npie_outbox_t *mail, npie_err_t *err);

/**
 * Claims the mail that has been due longest: nobody else gets it before
 * lease_until, which lies further off than sending can take.
 * @return APR_SUCCESS; APR_NOTFOUND when none is due, or others were faster
 */
apr_status_t npie_outbox_claim(npie_outbox_t **pmail,
                               npie_registry_t *registry, apr_time_t now,
                               apr_time_t lease_until, npie_err_t *err);

/** Notes that the server took a mail, whoever holds its lease by now.
 * NPIE_ECONFLICT when that is noted already. */
apr_status_t npie_outbox_sent(npie_registry_t *registry,
                              const npie_outbox_t *mail, apr_time_t when,
                              const char *server_said, npie_err_t *err);

/** Hands a claimed mail back, for another attempt from next_try on.
 * NPIE_ECONFLICT when it is not this claim's any more. */
apr_status_t npie_outbox_retry(npie_registry_t *registry,
                               const npie_outbox_t *mail, apr_time_t next_try,
                               const char *reason, const char *server_said,
                               npie_err_t *err);

/** Notes that a claimed mail will not be tried again. NPIE_ECONFLICT when it
 * is not this claim's any more. */
apr_status_t npie_outbox_give_up(npie_registry_t *registry,
                                 const npie_outbox_t *mail, apr_time_t when,
                                 const char *reason, const char *server_said,
                                 npie_err_t *err);

/** Gives up, with the reason "withdrawn", every mail of one kind of a renewal
 * that is not sent; none is no failure. One that is being sent right now may
 * arrive all the same, and is then noted as sent. */
apr_status_t npie_outbox_withdraw(npie_registry_t *registry,
                                  apr_int64_t renewal, npie_mail_kind_t kind,
                                  apr_time_t when, npie_err_t *err);

/** A renewal's mails, newest first, as an array of npie_outbox_t * (may be
 * empty). To count them for a limit, do so in npie_registry_write(). */
apr_status_t npie_outbox_list(apr_array_header_t **plist,
                              npie_registry_t *registry, apr_int64_t renewal,
                              npie_err_t *err);

/** All of an employer's, oldest first, likewise. */
apr_status_t npie_outbox_of(apr_array_header_t **plist,
                            npie_registry_t *registry, apr_int64_t employer,
                            npie_err_t *err);

/** How many mails of an employer's renewals and requests were queued to an
 * address after a moment.
 * @param address in any case of ASCII letters */
apr_status_t npie_outbox_since(apr_int64_t *pcount, npie_registry_t *registry,
                               apr_int64_t employer, const char *address,
                               apr_time_t since, npie_err_t *err);

/** How many mails wait: neither sent nor given up. */
apr_status_t npie_outbox_waiting(apr_int64_t *pcount,
                                 npie_registry_t *registry, npie_err_t *err);

/**
 * Queues the reminder `days` for certificates whose end lies after now +
 * over and not after now + days, at most 500 in one call. Only principal
 * certificates that are active and their employer's newest, each once for a
 * number of days, to the employer's address. Give the next smaller number of
 * days for over, 0 for the last, so that only the newest due goes out.
 * @param pcount set to how many; call again while it is 500
 */
apr_status_t npie_outbox_remind(int *pcount, npie_registry_t *registry,
                                apr_time_t now, int days, int over,
                                npie_err_t *err);

/** What a link is for. Stored as "continue" and "stop". */
typedef enum npie_link_purpose_t {
    NPIE_LINK_CONTINUE, /**< confirms the address, goes on */
    NPIE_LINK_STOP,     /**< cancels the renewal */
    NPIE_LINK_PURPOSES  /**< how many */
} npie_link_purpose_t;

/** A link's row. */
typedef struct npie_link_t {
    const char *hash;      /**< SHA-256 of its token, 64 hex digits */
    npie_link_purpose_t purpose;
    apr_int64_t renewal;
    apr_int64_t outbox;    /**< the mail that carries it */
    apr_time_t created;
    apr_time_t expires;
    apr_time_t used;       /**< 0 = not */
    apr_time_t superseded; /**< 0 = not */
} npie_link_t;

/** Of link all but used and superseded. NPIE_ECONFLICT when the hash is
 * there. */
apr_status_t npie_link_insert(npie_registry_t *registry,
                              const npie_link_t *link, npie_err_t *err);

apr_status_t npie_link_find(npie_link_t **plink, npie_registry_t *registry,
                            const char *hash, npie_err_t *err);

/** Uses a link, once. NPIE_ECONFLICT when it is used, superseded, expired at
 * `when`, or does not exist. */
apr_status_t npie_link_use(npie_registry_t *registry, const char *hash,
                           apr_time_t when, npie_err_t *err);

/** Supersedes a renewal's links of one purpose that are not used; none is no
 * failure. */
apr_status_t npie_link_supersede(npie_registry_t *registry,
                                 apr_int64_t renewal,
                                 npie_link_purpose_t purpose, apr_time_t when,
                                 npie_err_t *err);

#endif
