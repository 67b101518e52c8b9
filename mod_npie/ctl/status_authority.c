/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: the authority's certificates, and the CRLs above them.
 */
#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "ctl/status.h"
#include "pki/trust.h"

#define DAY (apr_time_from_sec(86400))
#define CA_SOON (DAY * 400) /* two renewals, with room */
#define FILE_MAX (1024 * 1024)

static int days_until(const npie_ctl_report_t *report, apr_time_t end)
{
    return (int)((end - report->ctl->now) / DAY);
}

apr_status_t npie_ctl_first_certificate(npie_cert_t **pcert, npie_ctl_t *ctl,
                                        const char *file, npie_err_t *err)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_ctl_read_file(&bytes, ctl, file, FILE_MAX, err);

    if (rv == APR_SUCCESS) {
        const char *end = strstr((const char *)bytes.data, "-----END CERT");

        end = end == NULL ? NULL : strchr(end, '\n');
        bytes.len = end == NULL ? bytes.len
            : (apr_size_t)(end - (const char *)bytes.data);
        rv = npie_cert_parse(pcert, bytes, err, ctl->p);
    }
    return rv;
}

static void look_certificate(npie_ctl_report_t *report, const char *name,
                             const char *file)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_cert_t *cert = NULL;
    npie_ctl_state_t state = NPIE_CTL_OK;

    if (npie_ctl_first_certificate(&cert, ctl, file, &err) != APR_SUCCESS) {
        npie_ctl_part(report, name, NPIE_CTL_BROKEN, err.detail);
        return;
    }
    if (cert->not_after <= ctl->now || cert->not_before > ctl->now) {
        state = NPIE_CTL_BROKEN;
    }
    else if (cert->not_after - ctl->now < CA_SOON) {
        state = NPIE_CTL_WARNING;
    }
    npie_ctl_part(report, name, state, apr_psprintf(
        ctl->p, "%s: %s, until %s, %d days", file, cert->common_name,
        npie_text_time(cert->not_after, ctl->p),
        days_until(report, cert->not_after)));
    npie_ctl_figure(report, apr_pstrcat(ctl->p, name, "_days", NULL),
                    apr_itoa(ctl->p, days_until(report, cert->not_after)));
}

/* The CRLs of the authorities above, which somebody brings by hand. */
static void look_trust_crl(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_trust_t *trust;
    apr_time_t until;

    if (ctl->settings->trust_crl->nelts == 0) {
        return;
    }
    if (npie_ctl_trust(&trust, ctl, &err) != APR_SUCCESS || trust == NULL) {
        npie_ctl_part(report, "trust-crl", NPIE_CTL_BROKEN,
                      trust == NULL && *err.detail == '\0'
                      ? "TrustCRL in npiectl.conf needs Trust" : err.detail);
        return;
    }
    until = npie_trust_crls_until(trust);
    npie_ctl_part(report, "trust-crl", until == 0 ? NPIE_CTL_OK
                  : until <= ctl->now ? NPIE_CTL_BROKEN
                  : until - ctl->now < report->soon ? NPIE_CTL_WARNING
                  : NPIE_CTL_OK, until == 0 ? "without nextUpdate"
                  : apr_psprintf(ctl->p, "the first ends at %s, in %d days",
                                 npie_text_time(until, ctl->p),
                                 days_until(report, until)));
}

void npie_ctl_look_authority(npie_ctl_report_t *report)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_signer_config_t *config;

    look_trust_crl(report);
    if (ctl->settings->signer_config == NULL) {
        npie_ctl_part(report, "authority", NPIE_CTL_UNSET,
                      "no SignerConfig in npiectl.conf");
        return;
    }
    if (npie_signer_config_read(&config, ctl->settings->signer_config, &err,
                                ctl->p) != APR_SUCCESS) {
        npie_ctl_part(report, "authority", NPIE_CTL_BROKEN, err.detail);
        return;
    }
    report->signer = config;
    look_certificate(report, "authority", config->certificate_file);
    if (config->seal_certificate_file != NULL) {
        look_certificate(report, "seal", config->seal_certificate_file);
    }
}
