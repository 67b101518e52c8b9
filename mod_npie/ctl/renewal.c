/* SPDX-License-Identifier: Apache-2.0
 * npiectl renewal list, show and cancel.
 */
#include <stdlib.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/show.h"
#include "flow/flow.h"
#include "store/list.h"

const npie_ctl_option_t npie_ctl_renewal_list_options[] = {
    { "all", NULL, "also those that have ended" },
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_renewal_show_options[] = {
    { NULL, NULL, NULL }
};

const npie_ctl_option_t npie_ctl_renewal_cancel_options[] = {
    { NULL, NULL, NULL }
};

apr_status_t npie_ctl_renewal_list(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "id", "Id" }, { "rp", "RP" }, { "state", "State" },
        { "created", "Begun" }, { "changed", "Changed" },
        { "name", "Name" }, { NULL, NULL }
    };
    npie_registry_t *registry;
    apr_array_header_t *found = NULL;
    json_t *list;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = npie_renewal_list(&found, registry,
                               npie_ctl_option(ctl, "all") != NULL, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    list = json_array();
    for (int i = 0; i < found->nelts; i++) {
        npie_renewal_item_t *item = &APR_ARRAY_IDX(found, i,
                                                   npie_renewal_item_t);

        json_array_append_new(list, json_pack(
            "{s: I, s: s, s: s, s: s, s: s, s: o, s: o}", "id",
            (json_int_t)item->id, "rp", item->rp, "name", item->name,
            "state", item->state, "email", item->email, "created",
            npie_ctl_json_time(ctl, item->created), "changed",
            npie_ctl_json_time(ctl, item->changed)));
    }
    npie_ctl_show_list(ctl, list, columns, "No renewals.");
    return APR_SUCCESS;
}

/* A renewal's number; 0 when the word is none. Whatever has nine digits or
 * more is taken for an employer's. */
static apr_int64_t number_of(const char *word)
{
    apr_size_t len = strlen(word);

    return len > 0 && len < 9 && strspn(word, "0123456789") == len
        ? apr_atoi64(word) : 0;
}

/* By number, or the open one of an employer. */
static apr_status_t find(npie_renewal_t **prenewal, npie_registry_t *registry,
                         const npie_ctl_t *ctl, npie_err_t *err)
{
    const char *word = npie_ctl_operand(ctl, 0);
    apr_int64_t id = number_of(word);
    npie_employer_t *employer = NULL;
    apr_status_t rv;

    if (id != 0) {
        rv = npie_renewal_get(prenewal, registry, id, err);
        return rv != APR_NOTFOUND ? rv
            : npie_err_set(err, rv, NPIE_P_NONE, "there is no renewal %s: see "
                           "npiectl renewal list --all", word);
    }
    rv = npie_ctl_employer_find(&employer, registry, word, err, ctl->p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_renewal_open(prenewal, registry, employer->id, err);
    return rv != APR_NOTFOUND ? rv
        : npie_err_set(err, rv, NPIE_P_NONE, "%s has no open renewal: see "
                       "npiectl renewal list --all", employer->rp);
}

static const char *serial_of(npie_registry_t *registry, apr_int64_t id,
                             apr_pool_t *p)
{
    npie_certificate_t *row;

    return id != 0 && npie_certificate_get(&row, registry, id, NULL)
            == APR_SUCCESS ? npie_cert_serial_text(row->serial, p) : "";
}

apr_status_t npie_ctl_renewal_show(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "id", "Id" }, { "rp", "RP" }, { "name", "Name" },
        { "state", "State" }, { "created", "Begun" },
        { "changed", "Changed" }, { "email", "E-mail" },
        { "phone", "Telephone" }, { "fax", "Fax" },
        { "old_serial", "Old certificate" },
        { "new_serial", "New certificate" }, { "new_spki", "New key" },
        { "key_name", "Key file" }, { "letter1", "Letter 1" },
        { "letter2", "Letter 2" }, { NULL, NULL }
    };
    npie_registry_t *registry;
    npie_renewal_t *r = NULL;
    npie_employer_t *employer = NULL;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = find(&r, registry, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_employer_get(&employer, registry, r->employer, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_ctl_show_record(ctl, json_pack(
        "{s: I, s: s, s: s, s: s, s: o, s: o, s: s, s: s, s: s, s: s, s: s,"
        " s: s, s: s, s: I, s: I}",
        "id", (json_int_t)r->id, "rp", employer->rp, "name", employer->name,
        "state", npie_renewal_state_name(r->state), "created",
        npie_ctl_json_time(ctl, r->created), "changed",
        npie_ctl_json_time(ctl, r->changed), "email", r->contact.email,
        "phone", r->contact.phone, "fax", r->contact.fax, "old_serial",
        serial_of(registry, r->old_certificate, ctl->p), "new_serial",
        serial_of(registry, r->new_certificate, ctl->p), "new_spki",
        r->new_spki, "key_name", r->key_name, "letter1",
        (json_int_t)r->letter1, "letter2", (json_int_t)r->letter2), columns);
    return APR_SUCCESS;
}

/* The flow's own move, by the renewal's old certificate. Mails with its link
 * are withdrawn, whether or not httpd has a mail server now. */
static apr_status_t cancel(npie_ctl_t *ctl, npie_registry_t *registry,
                           const npie_renewal_t *renewal, npie_err_t *err)
{
    const npie_policy_t policy = {
        .renew_after = -1, .mail = 1,
        .renewal_timeout = ctl->settings->renewal_timeout,
    };
    npie_flow_t flow = { .registry = registry, .policy = &policy,
                         .now = ctl->now, .p = ctl->p };
    const npie_who_t who = { .employer = renewal->employer,
                             .certificate = renewal->old_certificate,
                             .actor = ctl->actor };

    return npie_flow_cancel(&flow, &who, err);
}

apr_status_t npie_ctl_renewal_cancel(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "id", "Id" }, { "state", "State" }, { NULL, NULL }
    };
    npie_registry_t *registry;
    npie_renewal_t *renewal = NULL;
    apr_status_t rv = npie_ctl_registry(&registry, ctl, err);

    if (rv == APR_SUCCESS) {
        rv = find(&renewal, registry, ctl, err);
    }
    if (rv == APR_SUCCESS && !npie_machine_is_open(renewal->state)) {
        rv = npie_err_set(err, NPIE_EPOLICY, NPIE_P_NOT_NOW, "renewal %"
                          APR_INT64_T_FMT " is %s: there is nothing to cancel",
                          renewal->id,
                          npie_renewal_state_name(renewal->state));
    }
    if (rv == APR_SUCCESS && renewal->state == NPIE_RENEWAL_ISSUED) {
        rv = npie_err_set(err, NPIE_EPOLICY, NPIE_P_NOT_NOW, "renewal %"
                          APR_INT64_T_FMT " has its certificate already: "
                          "revoke that one instead", renewal->id);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ctl_confirm(ctl, err, "Cancel renewal %" APR_INT64_T_FMT
                              ", which is %s?", renewal->id,
                              npie_renewal_state_name(renewal->state));
    }
    if (rv == APR_SUCCESS) {
        rv = cancel(ctl, registry, renewal, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_renewal_get(&renewal, registry, renewal->id, err);
    }
    if (rv == APR_SUCCESS) {
        npie_ctl_show_record(ctl, json_pack(
            "{s: I, s: s}", "id", (json_int_t)renewal->id, "state",
            npie_renewal_state_name(renewal->state)), columns);
    }
    return rv;
}
