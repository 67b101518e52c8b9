/* SPDX-License-Identifier: Apache-2.0
 * npiectl certificate revoke: by the flow's own move, as employers do it.
 */
#include "flow/revoke.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/text.h"
#include "ctl/certificate.h"
#include "ctl/commands.h"
#include "ctl/employer.h"
#include "ctl/show.h"
#include "store/revocation.h"

const npie_ctl_option_t npie_ctl_certificate_revoke_options[] = {
    { "rp", "RP", "the active one of this employer" },
    { "reason", "REASON", "reason in RFC 5280: keyCompromise, ..." },
    { "invalid-since", "DATE", "time when the key was lost: 2026-11-20[T09:30:00Z]" },
    { NULL, NULL, NULL }
};

/* What is being revoked. */
typedef struct work_t {
    npie_ctl_t *ctl;
    npie_registry_t *registry;
    npie_err_t *err;
    npie_revocation_t revocation;
    npie_certificate_t *certificate;
    npie_employer_t *employer;
    npie_revoke_done_t revoked;
    npie_sessions_t *sessions; /* once they were needed */
} work_t;

static apr_status_t read_since(work_t *work)
{
    apr_time_t *since = &work->revocation.invalid_since;

    if (!npie_ctl_option_time(since, work->ctl, "invalid-since")
        || *since > work->ctl->now) {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE,
                            "--invalid-since=%.40s: give a date that is over, "
                            "as 2026-11-20 or 2026-11-20T09:30:00Z, UTC",
                            npie_ctl_option(work->ctl, "invalid-since"));
    }
    return APR_SUCCESS;
}

static apr_status_t read_line(work_t *work)
{
    const char *reason = npie_ctl_option(work->ctl, "reason");
    const int named = npie_ctl_operand(work->ctl, 0) != NULL;

    if (named == (npie_ctl_option(work->ctl, "rp") != NULL)) {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE, "name one "
                            "certificate: by its serial, its key's SHA-256, "
                            "or --rp");
    }
    if (reason == NULL || *reason == '\0'
        || !npie_reason_find(&work->revocation.reason, reason)) {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE,
                            "--reason: give one of %s", npie_reason_names);
    }
    return read_since(work);
}

static apr_status_t find_by_key(work_t *work, const char *word)
{
    char *spki = apr_pstrdup(work->ctl->p, word);

    for (char *c = spki; *c != '\0'; c++) {
        *c = (char)apr_tolower(*c);
    }
    return npie_certificate_by_spki(&work->certificate, work->registry, spki,
                                    work->err);
}

static apr_status_t find_by_serial(work_t *work, const char *word)
{
    apr_array_header_t *list;
    apr_status_t rv = npie_ctl_certificate_by_serial(
        &list, work->registry, word, work->err, work->ctl->p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (list->nelts > 1) {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE,
                            "%d authorities gave serial %.64s: name the key's "
                            "SHA-256 (npiectl certificate list -j)",
                            list->nelts, word);
    }
    if (list->nelts == 0) {
        return npie_err_set(work->err, APR_NOTFOUND, NPIE_P_NONE,
                            "no certificate has the serial or key \"%.64s\": "
                            "see npiectl certificate list", word);
    }
    work->certificate = APR_ARRAY_IDX(list, 0,
                                      npie_certificate_item_t).certificate;
    return APR_SUCCESS;
}

/* The active principal one, or the newest, which has ended. */
static apr_status_t find_by_rp(work_t *work, const char *rp)
{
    npie_certificate_filter_t filter = { .status = "active", .serial = "" };
    apr_array_header_t *list;
    int found = 0;
    apr_status_t rv = npie_ctl_employer_find(&work->employer, work->registry,
                                             rp, work->err, work->ctl->p);

    if (rv == APR_SUCCESS) {
        filter.employer = work->employer->id;
        rv = npie_certificate_list(&list, work->registry, &filter, work->err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (int i = 0; i < list->nelts; i++) {
        npie_certificate_t *c = APR_ARRAY_IDX(list, i, npie_certificate_item_t)
                                    .certificate;

        if (!c->additional) {
            work->certificate = c;
            found++;
        }
    }
    if (found > 1) {
        return npie_err_set(work->err, NPIE_EINPUT, NPIE_P_NONE,
                            "%s has %d active certificates: name one by its "
                            "serial (npiectl certificate list --employer %s)",
                            work->employer->rp, found, work->employer->rp);
    }
    if (found == 0) {
        rv = npie_certificate_newest(&work->certificate, work->registry,
                                     work->employer->id, work->err);
    }
    return rv != APR_NOTFOUND ? rv
        : npie_err_set(work->err, rv, NPIE_P_NONE, "%s has no certificate: "
                       "see npiectl certificate list", work->employer->rp);
}

static apr_status_t find(work_t *work)
{
    const char *word = npie_ctl_operand(work->ctl, 0);
    apr_status_t rv = APR_NOTFOUND;

    if (word == NULL) {
        return find_by_rp(work, npie_ctl_option(work->ctl, "rp"));
    }
    if (strlen(word) == NPIE_SHA256_HEX_SIZE - 1) {
        rv = find_by_key(work, word);
    }
    if (rv == APR_NOTFOUND) {
        rv = find_by_serial(work, word);
    }
    return rv != APR_SUCCESS ? rv
        : npie_employer_get(&work->employer, work->registry,
                            work->certificate->employer, work->err);
}

static const char *serial_of(const work_t *work,
                             const npie_certificate_t *certificate)
{
    return npie_cert_serial_text(certificate->serial, work->ctl->p);
}

static apr_status_t check_active(work_t *work)
{
    const npie_certificate_t *c = work->certificate;

    return c->status == NPIE_CERTIFICATE_ACTIVE ? APR_SUCCESS
        : npie_err_set(work->err, NPIE_EPOLICY, NPIE_P_NOT_NOW,
                       "certificate %s is %s since %s%s%s: nothing was "
                       "changed", serial_of(work, c),
                       npie_certificate_status_name(c->status),
                       npie_text_time(c->ended, work->ctl->p),
                       *c->reason == '\0' ? "" : ", ", c->reason);
}

/* For the flow: ends the sessions that a key opened. */
static apr_status_t end_sessions(void *baton, const char *spki,
                                 const char *spare, npie_err_t *err,
                                 apr_pool_t *ptemp)
{
    work_t *work = baton;
    apr_status_t rv = work->sessions != NULL ? APR_SUCCESS
        : npie_ctl_sessions(&work->sessions, work->ctl, err);

    return rv != APR_SUCCESS ? rv
        : npie_session_end_all(work->sessions, spki, spare, err, ptemp);
}

/* That npie-signer knows is not noted here, so that httpd's job still renews
 * the answers that it keeps. */
static apr_status_t end_it(work_t *work)
{
    const npie_policy_t policy = {
        .renew_after = -1, .mail = 1,
        .renewal_timeout = work->ctl->settings->renewal_timeout,
    };
    const npie_port_t port = { end_sessions, NULL, work };
    npie_flow_t flow = { .registry = work->registry, .policy = &policy,
                         .port = &port, .now = work->ctl->now,
                         .p = work->ctl->p };
    npie_signer_t *signer = NULL;
    apr_status_t rv = work->ctl->settings->signer == NULL ? APR_SUCCESS
        : npie_ctl_signer(&signer, work->ctl, work->err);

    if (rv == APR_SUCCESS) {
        flow.signer = signer;
        rv = npie_flow_revoke(&work->revoked, &flow, work->ctl->actor,
                              &work->revocation, work->err);
    }
    if (rv == APR_SUCCESS && work->revoked.certificates->nelts == 0) {
        /* Somebody was faster. */
        rv = npie_certificate_get(&work->certificate, work->registry,
                                  work->certificate->id, work->err);
        return rv == APR_SUCCESS ? check_active(work) : rv;
    }
    return rv;
}

static const char *sessions_word(const work_t *work)
{
    return work->revoked.sessions == APR_SUCCESS ? "ended" : "httpd ends them";
}

static const char *signer_word(const work_t *work)
{
    const apr_status_t rv = work->revoked.signer;

    return rv != APR_SUCCESS && rv != NPIE_EPOLICY ? "httpd tells it"
        : work->revoked.held > 0 ? "on hold" : "told";
}

static void warn(const work_t *work)
{
    const npie_revoke_done_t *revoked = &work->revoked;

    if (revoked->sessions != APR_SUCCESS && work->ctl->settings->has_redis) {
        npie_ctl_warn("%s: httpd will end the sessions",
                      revoked->sessions_err.detail);
    }
    if (revoked->signer == NPIE_EPOLICY) {
        npie_ctl_warn("%s: npie-signer does not know it",
                      revoked->signer_err.detail);
    }
    else if (revoked->signer != APR_SUCCESS
             && work->ctl->settings->signer != NULL) {
        npie_ctl_warn("%s: httpd will tell it", revoked->signer_err.detail);
    }
}

static json_t *ended_json(const work_t *work)
{
    json_t *list = json_array();

    for (int i = 0; i < work->revoked.certificates->nelts; i++) {
        npie_certificate_item_t item = {
            .rp = work->employer->rp, .name = work->employer->name,
            .certificate = APR_ARRAY_IDX(work->revoked.certificates, i,
                                         npie_certificate_t *),
        };

        json_array_append_new(list, npie_ctl_certificate_json(work->ctl,
                                                              &item));
    }
    return list;
}

static json_t *renewal_json(const work_t *work)
{
    const npie_renewal_t *renewal = work->revoked.renewal;

    return renewal == NULL ? json_null()
        : json_pack("{s: I, s: s}", "id", (json_int_t)renewal->id, "state",
                    npie_renewal_state_name(renewal->state));
}

static void show(const work_t *work)
{
    static const npie_ctl_column_t columns[] = {
        { "serial", "Revoked" }, { "rp", "RP" }, { "name", "Name" },
        { "reason", "Reason" }, { "invalid_since", "Invalid since" },
        { "sessions", "Sessions" }, { "signer", "npie-signer" },
        { NULL, NULL }
    };
    npie_ctl_t *ctl = work->ctl;

    npie_ctl_show_record(ctl, json_pack(
        "{s: s, s: s, s: s, s: s, s: o, s: s, s: s, s: o, s: o}", "serial",
        serial_of(work, work->certificate), "rp", work->employer->rp, "name",
        work->employer->name, "reason",
        npie_reason_name((int)work->revocation.reason), "invalid_since",
        npie_ctl_json_time(ctl, work->revocation.invalid_since), "sessions",
        sessions_word(work), "signer", signer_word(work), "ended",
        ended_json(work), "renewal", renewal_json(work)), columns);
    for (int i = 0; i < work->revoked.certificates->nelts; i++) {
        const npie_certificate_t *c =
            APR_ARRAY_IDX(work->revoked.certificates, i, npie_certificate_t *);

        if (c->id != work->certificate->id) {
            npie_ctl_say(ctl, "Ended with it: certificate %s, %s, %s",
                         serial_of(work, c), c->additional
                             ? c->holder : "made by its renewal", c->reason);
        }
    }
    if (work->revoked.renewal != NULL) {
        npie_ctl_say(ctl, "Ended with it: renewal %" APR_INT64_T_FMT ", %s",
                     work->revoked.renewal->id,
                     npie_renewal_state_name(work->revoked.renewal->state));
    }
    if (work->revoked.held > 0) {
        npie_ctl_say(ctl, "More were revoked than RevokeRate of npie-signer."
                     "conf allows: %d of them are on hold until npiectl "
                     "certificate confirm, or release.", work->revoked.held);
    }
    if (strcmp(sessions_word(work), "ended") != 0
        || strcmp(signer_word(work), "httpd tells it") == 0) {
        npie_ctl_say(ctl, "httpd does what is left within about a second, or "
                     "when it runs again.");
    }
}

apr_status_t npie_ctl_certificate_revoke(npie_ctl_t *ctl, npie_err_t *err)
{
    work_t work = { .ctl = ctl, .err = err };
    apr_status_t rv = read_line(&work);

    if (rv == APR_SUCCESS) {
        rv = npie_ctl_registry(&work.registry, ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = find(&work);
    }
    if (rv == APR_SUCCESS) {
        rv = check_active(&work);
    }
    if (rv == APR_SUCCESS) {
        work.revocation.certificate = work.certificate->id;
        rv = npie_ctl_confirm(ctl, err, "Revoke certificate %s of %s for good, "
                              "its open renewal and additional certificates "
                              "with it?", serial_of(&work, work.certificate),
                              work.employer->rp);
    }
    if (rv == APR_SUCCESS) {
        rv = end_it(&work);
    }
    if (rv == APR_SUCCESS) {
        warn(&work);
        show(&work);
    }
    return rv;
}
