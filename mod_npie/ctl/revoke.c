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
    { "reason", "REASON", "why, as RFC 5280 names it: keyCompromise, ..." },
    { "invalid-since", "DATE", "when the key was lost: 2026-11-20[T09:30:00Z]" },
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
    apr_array_header_t *ended; /* of npie_certificate_t *, as they are now */
    npie_renewal_t *renewal;   /* the one that ended, or NULL */
    const char *signer;        /* what npie-signer knows */
    const char *sessions;      /* what became of them */
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

/* Of the rows that ended, as they are now. */
static apr_status_t read_again(work_t *work, apr_int64_t renewal)
{
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < work->ended->nelts; i++) {
        npie_certificate_t **one = &APR_ARRAY_IDX(work->ended, i,
                                                  npie_certificate_t *);

        rv = npie_certificate_get(one, work->registry, (*one)->id, work->err);
    }
    if (rv == APR_SUCCESS && renewal != 0) {
        rv = npie_renewal_get(&work->renewal, work->registry, renewal,
                              work->err);
    }
    if (rv == APR_SUCCESS && renewal != 0
        && npie_machine_is_open(work->renewal->state)) {
        work->renewal = NULL;
    }
    return rv;
}

static apr_status_t end_it(work_t *work)
{
    const npie_policy_t policy = {
        .renew_after = -1, .mail = 1,
        .renewal_timeout = work->ctl->settings->renewal_timeout,
    };
    npie_flow_t flow = { .registry = work->registry, .policy = &policy,
                         .now = work->ctl->now, .p = work->ctl->p };
    npie_renewal_t *open = NULL;
    apr_status_t rv = npie_renewal_open(&open, work->registry,
                                        work->employer->id, work->err);

    if (rv != APR_SUCCESS && rv != APR_NOTFOUND) {
        return rv;
    }
    rv = npie_flow_revoke(&work->ended, &flow, work->ctl->actor,
                          &work->revocation, work->err);
    if (rv == APR_SUCCESS && work->ended->nelts == 0) {
        /* Somebody was faster. */
        rv = npie_certificate_get(&work->certificate, work->registry,
                                  work->certificate->id, work->err);
        return rv == APR_SUCCESS ? check_active(work) : rv;
    }
    return rv == APR_SUCCESS ? read_again(work, open == NULL ? 0 : open->id)
                             : rv;
}

/* From the next request on. */
static void end_sessions(work_t *work)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_sessions_t *sessions;
    apr_status_t rv = !work->ctl->settings->has_redis ? NPIE_ECONFIG
        : npie_ctl_sessions(&sessions, work->ctl, &err);

    for (int i = 0; rv == APR_SUCCESS && i < work->ended->nelts; i++) {
        rv = npie_session_end_all(sessions, APR_ARRAY_IDX(
            work->ended, i, npie_certificate_t *)->spki, NULL, &err,
            work->ctl->p);
    }
    work->sessions = rv == APR_SUCCESS ? "ended" : "httpd ends them";
    if (rv != APR_SUCCESS && work->ctl->settings->has_redis) {
        npie_ctl_warn("%s: httpd will end the sessions", err.detail);
    }
}

/* The signer's list and OCSP answers have it now; that it knows is not noted,
 * so that httpd's job still renews kept answers. */
static void tell_signer(work_t *work)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_t *signer;
    apr_status_t rv = work->ctl->settings->signer == NULL ? NPIE_ECONFIG
        : npie_ctl_signer(&signer, work->ctl, &err);

    for (int i = 0; rv == APR_SUCCESS && i < work->ended->nelts; i++) {
        const npie_certificate_t *c = APR_ARRAY_IDX(work->ended, i,
                                                    npie_certificate_t *);
        npie_signer_revoke_t revoke = {
            .certificate = c->der, .revoked = c->ended,
            .invalid_since = c->id == work->revocation.certificate
                ? work->revocation.invalid_since : 0,
        };

        npie_reason_find(&revoke.reason, c->reason);
        rv = npie_signer_revoke(signer, &revoke, &err, work->ctl->p);
        if (rv == NPIE_EPOLICY) {
            npie_ctl_warn("%s: its own authority's list is to have it",
                          err.detail);
            rv = APR_SUCCESS;
        }
    }
    work->signer = rv == APR_SUCCESS ? "told" : "httpd tells it";
    if (rv != APR_SUCCESS && work->ctl->settings->signer != NULL) {
        npie_ctl_warn("%s: httpd will tell it", err.detail);
    }
}

static json_t *ended_json(const work_t *work)
{
    json_t *list = json_array();

    for (int i = 0; i < work->ended->nelts; i++) {
        npie_certificate_item_t item = {
            .rp = work->employer->rp, .name = work->employer->name,
            .certificate = APR_ARRAY_IDX(work->ended, i,
                                         npie_certificate_t *),
        };

        json_array_append_new(list, npie_ctl_certificate_json(work->ctl,
                                                              &item));
    }
    return list;
}

static json_t *renewal_json(const work_t *work)
{
    return work->renewal == NULL ? json_null()
        : json_pack("{s: I, s: s}", "id", (json_int_t)work->renewal->id,
                    "state", npie_renewal_state_name(work->renewal->state));
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
        work->sessions, "signer", work->signer, "ended", ended_json(work), "renewal",
        renewal_json(work)), columns);
    for (int i = 0; i < work->ended->nelts; i++) {
        const npie_certificate_t *c = APR_ARRAY_IDX(work->ended, i,
                                                    npie_certificate_t *);

        if (c->id != work->certificate->id) {
            npie_ctl_say(ctl, "Ended with it: certificate %s, %s, %s",
                         serial_of(work, c), c->additional
                             ? c->holder : "made by its renewal", c->reason);
        }
    }
    if (work->renewal != NULL) {
        npie_ctl_say(ctl, "Ended with it: renewal %" APR_INT64_T_FMT ", %s",
                     work->renewal->id,
                     npie_renewal_state_name(work->renewal->state));
    }
    if (strcmp(work->sessions, "ended") != 0
        || strcmp(work->signer, "told") != 0) {
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
        end_sessions(&work);
        tell_signer(&work);
        show(&work);
    }
    return rv;
}
