/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: does every part of the installation work?
 */
#include <string.h>

#include <apr_strings.h>
#ifdef __linux__
#include <sys/timex.h>
#endif

#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/show.h"
#include "pki/ocsp.h"
#include "store/list.h"

#define DAY (apr_time_from_sec(86400))
#define MAIL_LATE (apr_time_from_sec(3600)) /* a mail waits for so long */
#define CA_SOON (DAY * 400)                 /* two renewals, with room */
#define CLOCK_SLACK (apr_time_from_sec(300))

const npie_ctl_option_t npie_ctl_status_options[] = {
    { NULL, NULL, NULL }
};

/* What was found, part by part. */
typedef struct report_t {
    npie_ctl_t *ctl;
    json_t *list;
    int down;
} report_t;

/* state: "ok", "warning", "down" or "not set up". */
static void part(report_t *report, const char *name, const char *state,
                 const char *detail)
{
    json_t *text = json_string(detail);

    report->down += strcmp(state, "down") == 0;
    json_array_append_new(report->list, json_pack(
        "{s: s, s: s, s: o}", "part", name, "state", state, "detail",
        text == NULL ? json_string("?") : text));
}

static void look_sessions(report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_sessions_t *sessions;

    if (!report->ctl->settings->has_redis) {
        part(report, "redis", "not set up", "no Redis in npiectl.conf");
    }
    else if (npie_ctl_sessions(&sessions, report->ctl, &err) != APR_SUCCESS
             || npie_sessions_ping(sessions, &err, report->ctl->p)
                    != APR_SUCCESS) {
        part(report, "redis", "down", err.detail);
    }
    else {
        part(report, "redis", "ok", "it answers");
    }
}

/* An answer about a certificate that nobody knows is signed like any. */
static void look_responder(report_t *report, const npie_signer_t *signer)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_crl_t public;
    npie_signer_ocsp_t answer;
    npie_cert_t *responder;
    npie_bytes_t request = { NULL, 0 };
    apr_status_t rv = npie_signer_crl(&public, signer, &err, ctl->p);

    if (rv == APR_SUCCESS) {
        rv = npie_ocsp_make(&request, request, public.ca, "SHA256", &err,
                            ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_signer_ocsp(&answer, signer, request,
                              apr_array_make(ctl->p, 0, sizeof(npie_bytes_t)),
                              &err, ctl->p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_ocsp_signer(&responder, answer.response, public.ca, &err,
                              ctl->p);
    }
    if (rv != APR_SUCCESS) {
        part(report, "ocsp", "down", err.detail);
        return;
    }
    part(report, "ocsp", public.next_update > ctl->now ? "ok" : "down",
         apr_psprintf(ctl->p, "answers signed by %s, made anew by %s; CRL "
                      "until %s", responder->common_name,
                      npie_text_time(responder->not_after, ctl->p),
                      npie_text_time(public.next_update, ctl->p)));
}

/* With more than the limit between them nothing is issued. */
static void look_clocks(report_t *report, apr_interval_time_t ahead)
{
    const apr_interval_time_t apart = ahead < 0 ? -ahead : ahead;

    part(report, "clocks", apart >= NPIE_SIGNER_CLOCK_LIMIT ? "down"
         : apart >= NPIE_SIGNER_CLOCK_WARN ? "warning" : "ok",
         apart < apr_time_from_sec(1) ? "npie-signer's is this machine's"
         : apr_psprintf(report->ctl->p, "npie-signer's is %" APR_TIME_T_FMT
                        " s %s this machine's", apr_time_sec(apart),
                        ahead < 0 ? "behind" : "ahead of"));
}

static void look_signer(report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_state_t state;
    npie_signer_t *signer;
    apr_pool_t *p = report->ctl->p;

    if (report->ctl->settings->signer == NULL) {
        part(report, "signer", "not set up", "no Signer in npiectl.conf");
    }
    else if (npie_ctl_signer(&signer, report->ctl, &err) != APR_SUCCESS
             || npie_signer_ping(&state, signer, &err, p) != APR_SUCCESS) {
        part(report, "signer", "down", err.detail);
    }
    else {
        part(report, "signer", "ok", apr_psprintf(
            p, "process %u, %" APR_UINT64_T_FMT " certificates issued",
            state.pid, state.issued));
        look_clocks(report, state.ahead);
        look_responder(report, signer);
    }
}

static void look_mail(report_t *report, const npie_summary_t *summary)
{
    npie_ctl_t *ctl = report->ctl;
    int late = summary->mail_oldest != 0
        && ctl->now - summary->mail_oldest > MAIL_LATE;

    part(report, "mail", late ? "warning" : "ok", apr_psprintf(
        ctl->p, "%" APR_INT64_T_FMT " waiting%s%s, %" APR_INT64_T_FMT
        " given up", summary->mails_waiting,
        summary->mail_oldest == 0 ? "" : " since ",
        summary->mail_oldest == 0 ? ""
            : npie_text_time(summary->mail_oldest, ctl->p),
        summary->mails_given_up));
}

/* A clock that was put back makes what is new older than what is old. */
static void look_clock(report_t *report, apr_time_t audit_last)
{
    npie_ctl_t *ctl = report->ctl;
    const char *when = npie_text_time(ctl->now, ctl->p);
#ifdef __linux__
    struct timex state = { .modes = 0 };
    int synchronised = adjtimex(&state) != TIME_ERROR;
#else
    int synchronised = 1;
#endif

    if (audit_last > ctl->now + CLOCK_SLACK) {
        part(report, "clock", "down", apr_psprintf(
            ctl->p, "%s, but the newest row of the audit is of %s: set the "
            "clock", when, npie_text_time(audit_last, ctl->p)));
    }
    else {
        part(report, "clock", synchronised ? "ok" : "warning", apr_pstrcat(
            ctl->p, when, synchronised ? "" : ", and no NTP keeps it right",
            NULL));
    }
}

static void look_registry(report_t *report)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_summary_t summary = { 0 };
    npie_registry_t *registry;
    apr_pool_t *p = report->ctl->p;

    if (report->ctl->settings->driver == NULL) {
        part(report, "registry", "not set up", "no Registry in npiectl.conf");
    }
    else if (npie_ctl_registry(&registry, report->ctl, &err) != APR_SUCCESS
             || npie_registry_summary(&summary, registry, &err)
                    != APR_SUCCESS) {
        part(report, "registry", "down", err.detail);
    }
    else {
        part(report, "registry", "ok", apr_psprintf(
            p, "version %d, %" APR_INT64_T_FMT " employers, %" APR_INT64_T_FMT
            " certificates and %" APR_INT64_T_FMT " additional ones active, %"
            APR_INT64_T_FMT " renewals open", NPIE_SCHEMA_VERSION,
            summary.employers, summary.certificates, summary.additionals,
            summary.renewals));
        look_mail(report, &summary);
    }
    look_clock(report, summary.audit_last);
}

/* One certificate of an authority: a file with others behind it. */
static void look_certificate(report_t *report, const char *name,
                             const char *file)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert = NULL;
    npie_bytes_t bytes;
    const char *state = "ok";

    if (npie_ctl_read_file(&bytes, ctl, file, 1024 * 1024, &err)
        == APR_SUCCESS) {
        const char *end = strstr((const char *)bytes.data, "-----END CERT");

        end = end == NULL ? NULL : strchr(end, '\n');
        bytes.len = end == NULL ? bytes.len
            : (apr_size_t)(end - (const char *)bytes.data);
        npie_cert_parse(&cert, bytes, &err, ctl->p);
    }
    if (cert == NULL) {
        part(report, name, "down", err.detail);
        return;
    }
    if (cert->not_after <= ctl->now || cert->not_before > ctl->now) {
        state = "down";
    }
    else if (cert->not_after - ctl->now < CA_SOON) {
        state = "warning";
    }
    part(report, name, state, apr_psprintf(
        ctl->p, "%s: %s, until %s, %d days", file, cert->common_name,
        npie_text_time(cert->not_after, ctl->p),
        (int)((cert->not_after - ctl->now) / DAY)));
}

/* What status wants to know of npie-signer.conf. */
typedef struct signer_files_t {
    const char *certificate;
    const char *seal;
    apr_pool_t *p;
} signer_files_t;

/* The file's other keys are npie-signer's own business. */
static void read_signer_files(signer_files_t *files, const char *text)
{
    char *rest = NULL;
    char *line = apr_strtok(apr_pstrdup(files->p, text), "\r\n", &rest);

    for (; line != NULL; line = apr_strtok(NULL, "\r\n", &rest)) {
        char *after = NULL;
        const char *key = apr_strtok(line, " \t\"", &after);
        const char *value = key == NULL ? NULL
            : apr_strtok(NULL, "\t\"", &after);

        while (value != NULL && *value == ' ') {
            value++;
        }
        if (value != NULL && strcmp(key, "Certificate") == 0) {
            files->certificate = value;
        }
        if (value != NULL && strcmp(key, "SealCertificate") == 0) {
            files->seal = value;
        }
    }
}

static void look_authority(report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    signer_files_t files = { .p = ctl->p };
    npie_bytes_t bytes;

    if (ctl->settings->signer_config == NULL) {
        part(report, "authority", "not set up",
             "no SignerConfig in npiectl.conf");
        return;
    }
    if (npie_ctl_read_file(&bytes, ctl, ctl->settings->signer_config,
                           1024 * 1024, &err) != APR_SUCCESS) {
        part(report, "authority", "down", err.detail);
        return;
    }
    read_signer_files(&files, (const char *)bytes.data);
    if (files.certificate == NULL) {
        part(report, "authority", "down", apr_pstrcat(
            ctl->p, ctl->settings->signer_config, ": Certificate is missing",
            NULL));
    }
    else {
        look_certificate(report, "authority", files.certificate);
    }
    if (files.seal != NULL) {
        look_certificate(report, "seal", files.seal);
    }
}

apr_status_t npie_ctl_status(npie_ctl_t *ctl, npie_err_t *err)
{
    static const npie_ctl_column_t columns[] = {
        { "part", "Part" }, { "state", "State" }, { "detail", "Detail" },
        { NULL, NULL }
    };
    report_t report = { .ctl = ctl, .list = json_array() };

    /* First what only root may read: the rest is looked at as User. */
    look_authority(&report);
    look_registry(&report);
    look_sessions(&report);
    look_signer(&report);
    npie_ctl_show_list(ctl, report.list, columns, "");
    return report.down == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_NONE,
                       "%d part%s not work: see above",
                       report.down, report.down == 1 ? " does" : "s do");
}
