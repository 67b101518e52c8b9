/* SPDX-License-Identifier: Apache-2.0
 * Backups: a copy of the registry, and a folder of all that an installation
 * needs:
 *
 *   manifest.json       what follows, with SHA-256, mode and owner
 *   data/registry.db    when the registry is in SQLite
 *   data/ledger.txt     as npiectl ledger export writes it
 *   files/PATH          files by their absolute path
 */
#ifndef NPIE_CTL_BACKUP_H
#define NPIE_CTL_BACKUP_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "store/audit.h"

#define NPIE_CTL_MANIFEST "manifest.json"
#define NPIE_CTL_BACKUP_REGISTRY "data/registry.db"
#define NPIE_CTL_BACKUP_LEDGER "data/ledger.txt"
/** The longest manifest, bytes. */
#define NPIE_CTL_MANIFEST_MAX (16 * 1024 * 1024)

/** What a restore of a registry's copy would have. */
typedef struct npie_ctl_copy_t {
    npie_audit_report_t audit;
    apr_array_header_t *findings; /**< of const char * */
} npie_ctl_copy_t;

/**
 * Looks at a copy as npiectl registry check and npiectl audit verify do.
 * @param path a registry in SQLite
 * @return APR_SUCCESS; NPIE_EDAMAGED; NPIE_EBACKEND
 */
apr_status_t npie_ctl_copy_check(npie_ctl_copy_t *copy, const char *path,
                                 npie_err_t *err, apr_pool_t *p);

/**
 * Writes a copy of a registry in SQLite, for its owner alone, and checks it.
 * @param path absolute; must not exist. It is there afterwards on APR_SUCCESS
 *        and NPIE_EDAMAGED
 * @return as npie_ctl_copy_check(); NPIE_EINPUT
 */
apr_status_t npie_ctl_copy_make(npie_ctl_copy_t *copy,
                                npie_registry_t *registry, const char *path,
                                npie_err_t *err, apr_pool_t *p);

/** A backup of files under way. */
typedef struct npie_ctl_files_t {
    npie_ctl_t *ctl;
    const char *folder;  /**< absolute */
    int keys;            /**< 1: private keys and other secrets too */
    json_t *list;        /**< of the manifest; a file that is copied is added */
    json_t *left_out;    /**< names of secrets that were not copied */
} npie_ctl_files_t;

/**
 * Copies a file, or a folder with all below it, to files/PATH. A secret (a
 * file with a private key, or one that group and others may not read) goes
 * along with keys alone, unless it is wanted. Symbolic links are followed when
 * they are named, and passed over below a folder. A file that was copied
 * before is passed over.
 * @param path absolute
 * @param wanted 1: also when group and others may not read it; a private key
 *        stays out nevertheless
 * @return APR_SUCCESS; NPIE_EINPUT with file and reason
 */
apr_status_t npie_ctl_files_copy(npie_ctl_files_t *files, const char *path,
                                 int wanted, npie_err_t *err);

/**
 * Adds a file of the backup to the manifest: name, SHA-256, size.
 * @param name below folder
 * @return APR_SUCCESS; NPIE_EINPUT
 */
apr_status_t npie_ctl_files_note(npie_ctl_files_t *files, const char *name,
                                 npie_err_t *err);

/** npiectl backup --verify: compares the folder with its manifest, and opens
 * what can be opened.
 * @param folder absolute
 * @return APR_SUCCESS; NPIE_EDAMAGED; NPIE_EINPUT */
apr_status_t npie_ctl_backup_verify(npie_ctl_t *ctl, const char *folder,
                                    npie_err_t *err);

#endif
