/* SPDX-License-Identifier: Apache-2.0
 * Rows that more than one file of the registry reads. Inside store/ only.
 */
#ifndef NPIE_STORE_REGISTRY_ROWS_H
#define NPIE_STORE_REGISTRY_ROWS_H

#include "store/registry_sql.h"

/** npie_row_fn: appends a npie_certificate_t * to the array that baton is. */
void npie_rows_certificate(void *baton, npie_row_t *row);

/** npie_row_fn: appends a npie_outbox_t * to the array that baton is. */
void npie_rows_mail(void *baton, npie_row_t *row);

#endif
