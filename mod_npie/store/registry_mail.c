/* SPDX-License-Identifier: Apache-2.0
 * Mails and their links in the registry.
 */
#include "store/outbox.h"

#include <string.h>

#include <apr_strings.h>

#include "store/registry_rows.h"

/* Of OUTBOX_DUE. */
#define DUE_MAX 10

static const char *const purpose_names[NPIE_LINK_PURPOSES] = {
    [NPIE_LINK_CONTINUE] = "continue",
    [NPIE_LINK_STOP] = "stop",
};

/* Takes a mail's kind and language: "obtener", or "obtener.en". */
static void take_kind(npie_outbox_t *m, npie_row_t *row)
{
    const char *text = npie_row_text(row);
    const apr_size_t len = strcspn(text, ".");
    int i = 0;

    while (i < NPIE_MAIL_KINDS) {
        const char *name = npie_mail_kind_name((npie_mail_kind_t)i);

        if (strncmp(name, text, len) == 0 && name[len] == '\0') {
            break;
        }
        i++;
    }
    row->bad |= i == NPIE_MAIL_KINDS;
    m->kind = (npie_mail_kind_t)(i < NPIE_MAIL_KINDS ? i : 0);
    m->language = text[len] == '.' ? text + len + 1 : "";
}

/* The same as the table has it. */
static const char *kind_text(const npie_outbox_t *m, apr_pool_t *p)
{
    const char *name = npie_mail_kind_name(m->kind);

    return m->language == NULL || *m->language == '\0' ? name
        : apr_pstrcat(p, name, ".", m->language, NULL);
}

static void take_mail(void *baton, npie_row_t *row)
{
    npie_outbox_t *m = baton;

    m->id = npie_row_number(row);
    take_kind(m, row);
    m->employer = npie_row_number(row);
    m->renewal = npie_row_number(row);
    m->certificate = npie_row_number(row);
    m->days = (int)npie_row_number(row);
    m->address = npie_row_text(row);
    m->queued = npie_row_time(row);
    m->attempts = (int)npie_row_number(row);
    m->next_try = npie_row_time(row);
    m->lease_until = npie_row_time(row);
    m->sent = npie_row_time(row);
    m->gave_up = npie_row_time(row);
    m->reason = npie_row_text(row);
    m->server_said = npie_row_text(row);
    m->addition = npie_row_number(row);
}

apr_status_t npie_outbox_queue(apr_int64_t *pid, npie_registry_t *registry,
                               const npie_outbox_t *mail, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, kind_text(mail, registry->p));
    npie_args_number(&args, mail->employer);
    npie_args_reference(&args, mail->renewal);
    npie_args_reference(&args, mail->certificate);
    npie_args_reference(&args, mail->days);
    npie_args_text(&args, mail->address);
    npie_args_number(&args, apr_time_sec(mail->queued));
    npie_args_number(&args, apr_time_sec(mail->next_try));
    npie_args_reference(&args, mail->addition);
    rv = npie_sql_number(pid, registry, NPIE_SQL_OUTBOX_QUEUE, &args, err);
    return rv == APR_NOTFOUND
               ? npie_sql_conflict("that reminder was queued before", err)
               : rv;
}

/* The mails that are due, by their rows. */
typedef struct due_t {
    apr_int64_t ids[DUE_MAX];
    int count;
} due_t;

static void take_due(void *baton, npie_row_t *row)
{
    due_t *due = baton;

    if (due->count < DUE_MAX) {
        due->ids[due->count++] = npie_row_number(row);
    }
}

apr_status_t npie_outbox_claim(npie_outbox_t **pmail,
                               npie_registry_t *registry, apr_time_t now,
                               apr_time_t lease_until, npie_err_t *err)
{
    npie_outbox_t *mail = apr_pcalloc(registry->p, sizeof(*mail));
    apr_int64_t seconds = apr_time_sec(now);
    due_t due = { { 0 }, 0 };
    npie_args_t args;
    apr_status_t rv;

    *pmail = NULL;
    npie_args_init(&args, registry);
    npie_args_number(&args, seconds);
    npie_args_number(&args, seconds);
    rv = npie_sql_select(registry, NPIE_SQL_OUTBOX_DUE, &args, take_due, &due,
                         err);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    /* Somebody else may have claimed the first ones since. */
    rv = APR_NOTFOUND;
    for (int i = 0; i < due.count && rv == APR_NOTFOUND; i++) {
        npie_args_init(&args, registry);
        npie_args_number(&args, apr_time_sec(lease_until));
        npie_args_number(&args, due.ids[i]);
        npie_args_number(&args, seconds);
        npie_args_number(&args, seconds);
        rv = npie_sql_select(registry, NPIE_SQL_OUTBOX_CLAIM, &args, take_mail,
                             mail, err);
    }
    if (rv == APR_SUCCESS) {
        *pmail = mail;
    }
    return rv;
}

apr_status_t npie_outbox_sent(npie_registry_t *registry,
                              const npie_outbox_t *mail, apr_time_t when,
                              const char *server_said, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(when));
    npie_args_text(&args, server_said);
    npie_args_number(&args, mail->id);
    return npie_sql_change(registry, NPIE_SQL_OUTBOX_SENT, &args,
                           NPIE_ECONFLICT, err);
}

/* Notes that an attempt failed; attempts tells this claim from later ones. */
static apr_status_t note_failure(npie_registry_t *registry,
                                 npie_sql_t statement,
                                 const npie_outbox_t *mail, apr_time_t when,
                                 const char *reason, const char *server_said,
                                 npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(when));
    npie_args_text(&args, reason);
    npie_args_text(&args, server_said);
    npie_args_number(&args, mail->id);
    npie_args_number(&args, mail->attempts);
    return npie_sql_change(registry, statement, &args, NPIE_ECONFLICT, err);
}

apr_status_t npie_outbox_retry(npie_registry_t *registry,
                               const npie_outbox_t *mail, apr_time_t next_try,
                               const char *reason, const char *server_said,
                               npie_err_t *err)
{
    return note_failure(registry, NPIE_SQL_OUTBOX_RETRY, mail, next_try, reason,
                        server_said, err);
}

apr_status_t npie_outbox_give_up(npie_registry_t *registry,
                                 const npie_outbox_t *mail, apr_time_t when,
                                 const char *reason, const char *server_said,
                                 npie_err_t *err)
{
    return note_failure(registry, NPIE_SQL_OUTBOX_GIVE_UP, mail, when, reason,
                        server_said, err);
}

/* Marks whatever rows of a renewal are called so; none is no failure. */
static apr_status_t mark(npie_registry_t *registry, npie_sql_t statement,
                         apr_int64_t renewal, const char *name,
                         apr_time_t when, npie_err_t *err)
{
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(when));
    npie_args_number(&args, renewal);
    npie_args_text(&args, name);
    rv = npie_sql_change(registry, statement, &args, APR_NOTFOUND, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_outbox_withdraw(npie_registry_t *registry,
                                  apr_int64_t renewal, npie_mail_kind_t kind,
                                  apr_time_t when, npie_err_t *err)
{
    const char *name = npie_mail_kind_name(kind);
    apr_status_t rv = mark(registry, NPIE_SQL_OUTBOX_WITHDRAW, renewal, name,
                           when, err);

    return rv != APR_SUCCESS ? rv
        : mark(registry, NPIE_SQL_OUTBOX_WITHDRAW, renewal,
               apr_pstrcat(registry->p, name, ".%", NULL), when, err);
}

void npie_rows_mail(void *baton, npie_row_t *row)
{
    npie_outbox_t *mail = apr_pcalloc(row->registry->p, sizeof(*mail));

    take_mail(mail, row);
    APR_ARRAY_PUSH((apr_array_header_t *)baton, npie_outbox_t *) = mail;
}

apr_status_t npie_outbox_list(apr_array_header_t **plist,
                              npie_registry_t *registry, apr_int64_t renewal,
                              npie_err_t *err)
{
    apr_array_header_t *list = apr_array_make(registry->p, 4,
                                              sizeof(npie_outbox_t *));
    apr_status_t rv = npie_sql_select_id(registry, NPIE_SQL_OUTBOX_LIST,
                                         renewal, npie_rows_mail, list, err);

    rv = rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    *plist = rv == APR_SUCCESS ? list : NULL;
    return rv;
}

apr_status_t npie_outbox_of(apr_array_header_t **plist,
                            npie_registry_t *registry, apr_int64_t employer,
                            npie_err_t *err)
{
    apr_status_t rv;

    *plist = apr_array_make(registry->p, 8, sizeof(npie_outbox_t *));
    rv = npie_sql_select_id(registry, NPIE_SQL_OUTBOX_OF, employer,
                            npie_rows_mail, *plist, err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

static void take_sum(void *baton, npie_row_t *row)
{
    apr_int64_t *sum = baton;

    *sum = npie_row_number(row);
    *sum += npie_row_number(row);
}

apr_status_t npie_outbox_since(apr_int64_t *pcount, npie_registry_t *registry,
                               apr_int64_t employer, const char *address,
                               apr_time_t since, npie_err_t *err)
{
    npie_args_t args;

    *pcount = 0;
    npie_args_init(&args, registry);
    for (int i = 0; i < 2; i++) {
        npie_args_number(&args, employer);
        npie_args_number(&args, apr_time_sec(since));
        npie_args_text(&args, address);
    }
    return npie_sql_select(registry, NPIE_SQL_OUTBOX_SINCE, &args, take_sum,
                           pcount, err);
}

apr_status_t npie_outbox_waiting(apr_int64_t *pcount,
                                 npie_registry_t *registry, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    return npie_sql_number(pcount, registry, NPIE_SQL_OUTBOX_WAITING, &args,
                           err);
}

static void count_row(void *baton, npie_row_t *row)
{
    (void)row;
    ++*(int *)baton;
}

apr_status_t npie_outbox_remind(int *pcount, npie_registry_t *registry,
                                apr_time_t now, int days, int over,
                                npie_err_t *err)
{
    apr_int64_t seconds = apr_time_sec(now);
    npie_args_t args;
    apr_status_t rv;

    *pcount = 0;
    npie_args_init(&args, registry);
    npie_args_number(&args, days);
    npie_args_number(&args, seconds);
    npie_args_number(&args, seconds);
    npie_args_number(&args, seconds + (apr_int64_t)over * 86400);
    npie_args_number(&args, seconds + (apr_int64_t)days * 86400);
    npie_args_number(&args, days);
    rv = npie_sql_select(registry, NPIE_SQL_OUTBOX_REMIND, &args, count_row,
                         pcount, err);
    if (rv != APR_SUCCESS) {
        return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
    }
    npie_args_init(&args, registry);
    npie_args_number(&args, seconds);
    rv = npie_sql_change(registry, NPIE_SQL_OUTBOX_OUTRUN, &args, APR_NOTFOUND,
                         err);
    return rv == APR_NOTFOUND ? APR_SUCCESS : rv;
}

apr_status_t npie_link_insert(npie_registry_t *registry,
                              const npie_link_t *link, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_text(&args, link->hash);
    npie_args_text(&args, purpose_names[link->purpose]);
    npie_args_number(&args, link->renewal);
    npie_args_number(&args, link->outbox);
    npie_args_number(&args, apr_time_sec(link->created));
    npie_args_number(&args, apr_time_sec(link->expires));
    return npie_sql_change(registry, NPIE_SQL_LINK_INSERT, &args,
                           NPIE_ECONFLICT, err);
}

static void take_link(void *baton, npie_row_t *row)
{
    npie_link_t *l = baton;

    l->hash = npie_row_text(row);
    l->purpose = (npie_link_purpose_t)npie_row_name(row, purpose_names,
                                                    NPIE_LINK_PURPOSES);
    l->renewal = npie_row_number(row);
    l->outbox = npie_row_number(row);
    l->created = npie_row_time(row);
    l->expires = npie_row_time(row);
    l->used = npie_row_time(row);
    l->superseded = npie_row_time(row);
}

apr_status_t npie_link_find(npie_link_t **plink, npie_registry_t *registry,
                            const char *hash, npie_err_t *err)
{
    npie_link_t *link = apr_pcalloc(registry->p, sizeof(*link));
    npie_args_t args;
    apr_status_t rv;

    npie_args_init(&args, registry);
    npie_args_text(&args, hash);
    rv = npie_sql_select(registry, NPIE_SQL_LINK_FIND, &args, take_link, link,
                         err);
    *plink = rv == APR_SUCCESS ? link : NULL;
    return rv;
}

apr_status_t npie_link_use(npie_registry_t *registry, const char *hash,
                           apr_time_t when, npie_err_t *err)
{
    npie_args_t args;

    npie_args_init(&args, registry);
    npie_args_number(&args, apr_time_sec(when));
    npie_args_text(&args, hash);
    npie_args_number(&args, apr_time_sec(when));
    return npie_sql_change(registry, NPIE_SQL_LINK_USE, &args, NPIE_ECONFLICT,
                           err);
}

apr_status_t npie_link_supersede(npie_registry_t *registry,
                                 apr_int64_t renewal,
                                 npie_link_purpose_t purpose, apr_time_t when,
                                 npie_err_t *err)
{
    return mark(registry, NPIE_SQL_LINK_SUPERSEDE, renewal,
                purpose_names[purpose], when, err);
}
