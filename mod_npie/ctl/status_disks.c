/* SPDX-License-Identifier: Apache-2.0
 * npiectl status: room on the disks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <apr_strings.h>

#include "ctl/status.h"

#define PLACES 4

/* A file system, and what of the installation is on it. */
typedef struct disk_t {
    dev_t device;
    const char *label; /* of its figures */
    const char *names; /* "registry and logs" */
    const char *folder;
    struct statvfs is;
} disk_t;

/* A folder that exists, for a file that may not yet. */
static const char *folder_of(const char *file, apr_pool_t *p)
{
    char *path = apr_pstrdup(p, file);
    struct stat st;

    while (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        char *slash = strrchr(path, '/');

        if (slash == NULL || slash == path) {
            return "/";
        }
        *slash = '\0';
    }
    return path;
}

static double share(double part, double whole)
{
    return whole > 0 ? part * 100 / whole : -1;
}

/* As df has it: what root alone may take is not free. */
static double bytes_free(const struct statvfs *is)
{
    return share((double)is->f_bavail,
                 (double)(is->f_blocks - is->f_bfree + is->f_bavail));
}

/* -1: the file system makes inodes as it needs them. */
static double inodes_free(const struct statvfs *is)
{
    return is->f_files == 0 ? -1
        : share((double)is->f_favail, (double)is->f_files);
}

static double least_free(const struct statvfs *is)
{
    const double bytes = bytes_free(is), inodes = inodes_free(is);

    return inodes >= 0 && (bytes < 0 || inodes < bytes) ? inodes : bytes;
}

double npie_ctl_free(const char *file, apr_pool_t *p)
{
    struct statvfs is;

    return statvfs(folder_of(file, p), &is) == 0 ? least_free(&is) : -1;
}

static void tell(npie_ctl_report_t *report, const disk_t *disk)
{
    npie_ctl_t *ctl = report->ctl;
    const double bytes = bytes_free(&disk->is);
    const double inodes = inodes_free(&disk->is);
    const double least = least_free(&disk->is);
    const double warning = atof(npie_ctl_option_or(ctl, "disk-warning", "10"));
    const double critical = atof(npie_ctl_option_or(ctl, "disk-critical",
                                                    "3"));

    npie_ctl_part(report, "disk", least < 0 ? NPIE_CTL_OK
                  : least < critical ? NPIE_CTL_BROKEN
                  : least < warning ? NPIE_CTL_WARNING : NPIE_CTL_OK,
                  apr_psprintf(ctl->p, "%s (%s): %.0f %% of the space, %.1f "
                               "GB%s", disk->folder, disk->names, bytes,
                               (double)disk->is.f_bavail
                                   * (double)disk->is.f_frsize / 1e9,
                               inodes < 0 ? " free"
                               : apr_psprintf(ctl->p, ", and %.0f %% of the "
                                              "inodes are free", inodes)));
    npie_ctl_figure(report, apr_pstrcat(ctl->p, "disk_free_", disk->label,
                                        NULL),
                    apr_psprintf(ctl->p, "%.1f%%;%g:;%g:;0;100", bytes,
                                 warning, critical));
    if (inodes >= 0) {
        npie_ctl_figure(report, apr_pstrcat(ctl->p, "inodes_free_",
                                            disk->label, NULL),
                        apr_psprintf(ctl->p, "%.1f%%;%g:;%g:;0;100", inodes,
                                     warning, critical));
    }
}

/* Adds what is there to the file system that it is on. */
static void add(npie_ctl_report_t *report, disk_t *disks, int *pcount,
                const char *name, const char *file)
{
    apr_pool_t *p = report->ctl->p;
    const char *folder = folder_of(file, p);
    disk_t disk = { .label = name, .names = name, .folder = folder };
    struct stat st;

    if (stat(folder, &st) != 0 || statvfs(folder, &disk.is) != 0) {
        npie_ctl_part(report, "disk", NPIE_CTL_WARNING, apr_psprintf(
            p, "%s (%s): %s", folder, name, strerror(errno)));
        return;
    }
    for (int i = 0; i < *pcount; i++) {
        if (disks[i].device == st.st_dev) {
            disks[i].names = apr_pstrcat(p, disks[i].names, ", ", name, NULL);
            return;
        }
    }
    disk.device = st.st_dev;
    disks[(*pcount)++] = disk;
}

void npie_ctl_look_disks(npie_ctl_report_t *report)
{
    const npie_ctl_settings_t *settings = report->ctl->settings;
    const npie_signer_config_t *signer = report->signer;
    disk_t disks[PLACES];
    int count = 0;

    if (settings->driver != NULL && strcmp(settings->driver, "sqlite3") == 0) {
        add(report, disks, &count, "registry", settings->params);
    }
    if (signer != NULL) {
        if (*signer->ledger == '/') {
            add(report, disks, &count, "ledger", signer->ledger);
        }
        add(report, disks, &count, "signer", signer->state);
    }
    if (settings->logs != NULL) {
        add(report, disks, &count, "logs", settings->logs);
    }
    for (int i = 0; i < count; i++) {
        tell(report, &disks[i]);
    }
}
