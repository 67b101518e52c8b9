/* SPDX-License-Identifier: Apache-2.0
 * A consistent copy of a registry in SQLite that is in use. For npiectl.
 */
#ifndef NPIE_STORE_BACKUP_H
#define NPIE_STORE_BACKUP_H

#include "store/registry.h"

/**
 * Writes a copy as of one moment, while others read and write, and leaves it as
 * a registry that httpd takes. On failure a part of it may be there.
 * @param registry SQLite, outside a transaction
 * @param path absolute; the file must not exist, or be empty
 * @return APR_SUCCESS; NPIE_EBACKEND
 */
apr_status_t npie_registry_backup(npie_registry_t *registry, const char *path,
                                  npie_err_t *err);

#endif
