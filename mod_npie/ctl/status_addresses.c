/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: what people and programs outside see of the installation.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "ctl/status.h"
#include "pki/fresh.h"
#include "pki/ocsp.h"
#include "tsa/fetch_url.h"

#define PATIENCE apr_time_from_sec(10)
#define DAY (apr_time_from_sec(86400))

static void look_site(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const npie_tsa_url_t url = {
        .url = ctl->settings->site, .ca_file = ctl->settings->site_ca,
        .connect = 1, .timeout = PATIENCE,
    };
    npie_tsa_reply_t reply;
    npie_cert_t *cert = NULL;
    npie_ctl_state_t state = NPIE_CTL_OK;
    int days;

    if (url.url == NULL) {
        npie_ctl_part(report, "site", NPIE_CTL_UNSET,
                      "no Site in npiectl.conf");
        return;
    }
    if (npie_tsa_url_ask(&reply, &url, &err, ctl->p) != APR_SUCCESS
        || reply.certificate == NULL
        || npie_cert_parse(&cert, (npie_bytes_t){
               (const unsigned char *)reply.certificate,
               strlen(reply.certificate) }, &err, ctl->p) != APR_SUCCESS) {
        npie_ctl_part(report, "site", NPIE_CTL_BROKEN, *err.detail != '\0'
                      ? err.detail : "it shows no certificate");
        return;
    }
    days = (int)((cert->not_after - ctl->now) / DAY);
    if (cert->not_after <= ctl->now || cert->not_before > ctl->now) {
        state = NPIE_CTL_BROKEN;
    }
    else if (reply.distrust != NULL
             || cert->not_after - ctl->now < report->soon) {
        state = NPIE_CTL_WARNING;
    }
    npie_ctl_part(report, "site", state, apr_psprintf(
        ctl->p, "%s answers with a certificate until %s, %d days%s%s", url.url,
        npie_text_time(cert->not_after, ctl->p), days, reply.distrust == NULL
        ? "" : "; it does not hold: ", reply.distrust == NULL ? ""
        : reply.distrust));
    npie_ctl_figure(report, "site_days", apr_itoa(ctl->p, days));
}

/* Asks, and reads until when the answer holds. */
static apr_status_t ask(apr_time_t *pnext, npie_ctl_report_t *report,
                        const char *address, int ocsp, npie_err_t *err)
{
    apr_pool_t *p = report->ctl->p;
    npie_tsa_url_t url = { .url = address, .timeout = PATIENCE };
    npie_tsa_reply_t reply;
    npie_bytes_t issuer = { NULL, 0 }, none = { NULL, 0 };
    npie_cert_t *ca;
    apr_status_t rv = npie_ctl_first_certificate(
        &ca, report->ctl, report->signer->certificate_file, err);

    if (rv == APR_SUCCESS) {
        issuer = ca->der;
    }
    if (rv == APR_SUCCESS && ocsp) {
        url.type = "application/ocsp-request";
        rv = npie_ocsp_make(&url.body, none, issuer, "SHA1", err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_tsa_url_ask(&reply, &url, err, p);
    }
    if (rv == APR_SUCCESS && reply.status != 200) {
        rv = npie_err_set(err, NPIE_EBACKEND, NPIE_P_NONE,
                          "it answers %d", reply.status);
    }
    if (rv == APR_SUCCESS) {
        rv = ocsp ? npie_fresh_ocsp(pnext, reply.body, issuer, err, p)
                  : npie_fresh_crl(pnext, reply.body, issuer, err);
    }
    return rv;
}

static void look_address(npie_ctl_report_t *report, const char *name,
                         const char *address, int ocsp)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_time_t next = 0;

    if (address == NULL) {
        return;
    }
    if (ask(&next, report, address, ocsp, &err) != APR_SUCCESS) {
        npie_ctl_part(report, name, NPIE_CTL_BROKEN, apr_psprintf(
            ctl->p, "%s: %s", address, err.detail));
        return;
    }
    npie_ctl_part(report, name, next <= ctl->now ? NPIE_CTL_BROKEN
                  : NPIE_CTL_OK, apr_psprintf(
        ctl->p, "%s: %s until %s", address, next <= ctl->now
        ? "what it serves was good" : "good", npie_text_time(next, ctl->p)));
}

/* A connection alone: an answer may cost money. */
static void look_timestamp_authority(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    const npie_tsa_url_t url = {
        .url = ctl->settings->timestamp.url,
        .ca_file = ctl->settings->timestamp.ca_file,
        .connect = 1, .timeout = PATIENCE,
    };
    npie_tsa_reply_t reply;

    if (url.url == NULL) {
        return;
    }
    if (npie_tsa_url_ask(&reply, &url, &err, ctl->p) != APR_SUCCESS) {
        npie_ctl_part(report, "timestamp-authority", NPIE_CTL_BROKEN,
                      err.detail);
    }
    else {
        npie_ctl_part(report, "timestamp-authority", reply.distrust != NULL
                      ? NPIE_CTL_BROKEN : NPIE_CTL_OK, apr_pstrcat(
            ctl->p, url.url, ": ", reply.distrust != NULL ? reply.distrust
            : "it takes connections", NULL));
    }
}

void npie_ctl_look_addresses(npie_ctl_report_t *report)
{
    look_site(report);
    if (report->signer != NULL) {
        const npie_points_t *points = &report->signer->profile.points;

        look_address(report, "crl-address", points->crl_url, 0);
        look_address(report, "ocsp-address", points->ocsp_url, 1);
    }
    look_timestamp_authority(report);
}
