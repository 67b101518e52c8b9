/* SPDX-License-Identifier: Apache-2.0
 * What npiectl status finds, part by part; npiectl doctor looks with it.
 */
#ifndef NPIE_CTL_STATUS_H
#define NPIE_CTL_STATUS_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "signer/config.h"

/** How a part is, the better first. */
typedef enum npie_ctl_state_t {
    NPIE_CTL_UNSET,   /**< not set up in npiectl.conf */
    NPIE_CTL_OK,
    NPIE_CTL_WARNING, /**< works, and will not for ever */
    NPIE_CTL_BROKEN,  /**< "down": does not work */
    NPIE_CTL_TAMPERED /**< "damaged": holds what nobody wrote */
} npie_ctl_state_t;

#define NPIE_CTL_STATES (NPIE_CTL_TAMPERED + 1)

/** What was found. */
typedef struct npie_ctl_report_t {
    npie_ctl_t *ctl;
    json_t *list;                /**< of objects: part, state, detail, remedy */
    int count[NPIE_CTL_STATES];  /**< parts, by state */
    const char *figures;         /**< performance data of monitoring plugins;
                                      "" in the beginning */
    const npie_signer_config_t *signer; /**< npie-signer.conf; NULL: unknown */
    int outside;                 /**< 1: addresses are asked, too */
    apr_interval_time_t soon;    /**< what ends before that is a warning */
} npie_ctl_report_t;

/** Adds a part.
 * @param detail English, one line; in JSON and in the table */
void npie_ctl_part(npie_ctl_report_t *report, const char *name,
                   npie_ctl_state_t state, const char *detail);

/** Adds a figure: label=value and its unit, as "12", "3.5%" or "60s".
 * @param label letters, digits and _ */
void npie_ctl_figure(npie_ctl_report_t *report, const char *label,
                     const char *value);

/** Looks at every part. The report's ctl, list, figures, outside and
 * soon are set;
 * root becomes User on the way. */
void npie_ctl_look(npie_ctl_report_t *report);

/** What an admin does about a part that is not ok, English. */
const char *npie_ctl_remedy(const char *part);

/**
 * Part "ledger": hands the head of the registry's audit to npie-signer, as
 * httpd does every five seconds. A ledger that cannot be written refuses it;
 * one that has later rows shows that the registry is a restored backup.
 * Nothing is reported when the registry is out of reach.
 */
void npie_ctl_look_ledger(npie_ctl_report_t *report,
                          const npie_signer_t *signer);

/** Part "jobs": mails and letters that a machine has leased, and until when: a
 * machine that died keeps them no longer. What waits for more than an hour is
 * a warning. */
void npie_ctl_look_jobs(npie_ctl_report_t *report, npie_registry_t *registry);

/** Parts "disk": what is free where registry, ledger, npie-signer's folder and
 * httpd's logs are, one for each file system. */
void npie_ctl_look_disks(npie_ctl_report_t *report);

/** What is left of a file system's bytes and inodes, per cent, whichever is
 * less; -1 when it does not say.
 * @param file may not exist yet: its folder does */
double npie_ctl_free(const char *file, apr_pool_t *p);

/** Parts "site", "crl-address", "ocsp-address" and "timestamp-authority": do
 * the addresses answer, and until when does it hold? */
void npie_ctl_look_addresses(npie_ctl_report_t *report);

/** The first certificate of a PEM file, which others may follow.
 * @return APR_SUCCESS; NPIE_EINPUT with file and reason */
apr_status_t npie_ctl_first_certificate(npie_cert_t **pcert, npie_ctl_t *ctl,
                                        const char *file, npie_err_t *err);

/** Parts "authority" and "seal", of SignerConfig, and "trust-crl". */
void npie_ctl_look_authority(npie_ctl_report_t *report);

#endif
