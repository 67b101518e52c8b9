/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: do the ledger and the registry's audit agree?
 */
#include <string.h>

#include <apr_strings.h>

#include "ctl/status.h"
#include "store/audit.h"

/* Another process may hand over a later row meanwhile, which the registry has
 * then: it is read again. */
static apr_status_t is_older(int *polder, const npie_signer_head_t *kept,
                             npie_registry_t *registry, npie_err_t *err)
{
    npie_audit_head_t now;
    apr_status_t rv = npie_audit_head(&now, registry, err);

    *polder = rv == APR_SUCCESS && kept->sequence > now.sequence;
    return rv;
}

void npie_ctl_look_ledger(npie_ctl_report_t *report,
                          const npie_signer_t *signer)
{
    npie_ctl_t *ctl = report->ctl;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_registry_t *registry;
    npie_signer_head_t given;
    npie_signer_head_t kept;
    npie_audit_head_t head;
    apr_status_t rv;
    int older = 0;

    if (ctl->settings->driver == NULL
        || npie_ctl_registry(&registry, ctl, NULL) != APR_SUCCESS
        || npie_audit_head(&head, registry, NULL) != APR_SUCCESS) {
        return;
    }
    given.sequence = head.sequence;
    memcpy(given.hash, head.hash, sizeof(given.hash));
    rv = npie_signer_audit(&kept, signer, head.sequence == head.since
                           ? NULL : &given, &err, ctl->p);
    if (rv == APR_SUCCESS) {
        rv = is_older(&older, &kept, registry, &err);
    }
    if (rv == NPIE_EPOLICY) {
        npie_ctl_part(report, "ledger", NPIE_CTL_TAMPERED, apr_pstrcat(
            ctl->p, "the registry's audit is not the one it knows: ",
            err.detail, "; see npiectl audit verify", NULL));
    }
    else if (rv != APR_SUCCESS) {
        npie_ctl_part(report, "ledger", NPIE_CTL_BROKEN, err.detail);
    }
    else if (older) {
        npie_ctl_part(report, "ledger", NPIE_CTL_TAMPERED, apr_psprintf(
            ctl->p, "it knows row %" APR_INT64_T_FMT " of the audit, and the "
            "registry ends at row %" APR_INT64_T_FMT ": a backup was "
            "restored, or rows were cut off", kept.sequence, head.sequence));
    }
    else {
        npie_ctl_part(report, "ledger", NPIE_CTL_OK, apr_psprintf(
            ctl->p, "it has the audit to row %" APR_INT64_T_FMT,
            kept.sequence));
    }
}
