/* SPDX-License-Identifier: Apache-2.0
 * What is shown of the mails of a renewal.
 */
#include "httpd/mail_view.h"

#include <apr_strings.h>

#include "base/text.h"
#include "httpd/sentences.h"
#include "httpd/vars.h"

int npie_mail_is_on(const request_rec *r)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);

    return runtime != NULL && runtime->policy.mail;
}

/* What became of the mail, in one word: for the page to choose its sentence,
 * and for programs. */
typedef enum fate_t {
    NONE,
    QUEUED,
    RETRYING,
    DELIVERED,
    REFUSED
} fate_t;

static const char *const fates[][2] = {
    [NONE] = { "", "none" },
    [QUEUED] = { "encolado", "queued" },
    [RETRYING] = { "reintento", "retrying" },
    [DELIVERED] = { "entregado", "delivered" },
    [REFUSED] = { "rechazado", "refused" },
};

static fate_t fate_of(const npie_outbox_t *mail)
{
    return mail == NULL ? NONE
        : mail->sent != 0 ? DELIVERED
        : mail->gave_up != 0 ? REFUSED
        : *mail->reason != '\0' ? RETRYING : QUEUED;
}

/* When it came to be so; of one to be tried again, when it will be. */
static apr_time_t time_of(const npie_outbox_t *mail)
{
    return mail->sent != 0 ? mail->sent
        : mail->gave_up != 0 ? mail->gave_up
        : *mail->reason != '\0' ? mail->next_try : mail->queued;
}

/* What stands on pages before and after the wait for the mail. */
static void set_beside(request_rec *r, const npie_place_t *place)
{
    const npie_runtime_t *runtime = npie_runtime_get(r->server);
    const npie_outbox_t *issued = place->mail.issued;

    if (!runtime->policy.mail) {
        return;
    }
    npie_vars_set(r, "npie_mail",
                  runtime->policy.mail_link_required ? "required"
                                                     : "optional");
    npie_vars_set(r, "npie_reminders",
                  runtime->conf->reminders.count > 0 ? "1" : NULL);
    if (issued != NULL) {
        npie_vars_set(r, "npie_issued_mail", fates[fate_of(issued)][0]);
        npie_vars_set(r, "npie_issued_mail_to", issued->address);
        npie_vars_set(r, "npie_issued_mail_when",
                      npie_sentences_moment(r, time_of(issued)));
    }
}

void npie_mail_fate_vars(request_rec *r, const char *prefix,
                         const npie_outbox_t *mail)
{
    const struct {
        const char *name;
        const char *value;
    } vars[] = {
        { "state", fates[fate_of(mail)][0] },
        { "when", mail != NULL ? npie_sentences_moment(r, time_of(mail))
                               : NULL },
        { "reason", mail != NULL ? mail->reason : NULL },
        { "said", mail != NULL ? mail->server_said : NULL },
    };

    for (apr_size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); ++i) {
        npie_vars_set(r, apr_pstrcat(r->pool, prefix, vars[i].name, NULL),
                      vars[i].value);
    }
}

void npie_mail_vars(request_rec *r, const npie_place_t *place)
{
    set_beside(r, place);
    if (place->renewal != NULL
        && (place->mail.waits || place->mail.last != NULL)) {
        npie_vars_set(r, "npie_mail_to", place->renewal->contact.email);
        npie_mail_fate_vars(r, "npie_mail_", place->mail.last);
    }
    if (!place->mail.waits) {
        return;
    }
    npie_vars_set(r, "npie_mail_required",
                  place->mail.link_required ? "1" : NULL);
    npie_vars_set(r, "npie_mail_left",
                  place->mail.left > 0 ? apr_itoa(r->pool, place->mail.left)
                                       : NULL);
}

json_t *npie_mail_fate_json(const npie_outbox_t *mail, apr_pool_t *p)
{
    json_t *json = json_pack("{s:s}", "state", fates[fate_of(mail)][1]);

    if (mail != NULL) {
        json_object_set_new(json, "at",
                            json_string(npie_text_time(time_of(mail), p)));
    }
    if (mail != NULL && *mail->reason != '\0') {
        json_object_set_new(json, "reason", json_string(mail->reason));
    }
    if (mail != NULL && *mail->server_said != '\0') {
        json_object_set_new(json, "said", json_string(mail->server_said));
    }
    return json;
}

json_t *npie_mail_json(request_rec *r, const npie_place_t *place)
{
    json_t *json = npie_mail_fate_json(place->mail.last, r->pool);

    json_object_set_new(json, "to",
                        json_string(place->renewal->contact.email));
    json_object_set_new(json, "required",
                        json_boolean(place->mail.link_required));
    json_object_set_new(json, "left", json_integer(place->mail.left));
    return json;
}
