/* SPDX-License-Identifier: Apache-2.0
 * The leases of mails and seals.
 */
#include "store/lease.h"

#include <string.h>

#include "store/registry_sql.h"

static void take_leases(void *baton, npie_row_t *row)
{
    npie_leases_t *leases = baton;

    leases->mails = npie_row_number(row);
    leases->mails_until = npie_row_time(row);
    leases->seals = npie_row_number(row);
    leases->seals_until = npie_row_time(row);
}

apr_status_t npie_registry_leases(npie_leases_t *leases,
                                  npie_registry_t *registry, apr_time_t now,
                                  npie_err_t *err)
{
    npie_args_t args;

    memset(leases, 0, sizeof(*leases));
    npie_args_init(&args, registry);
    for (int i = 0; i < 4; i++) {
        npie_args_time(&args, now);
    }
    return npie_sql_select(registry, NPIE_SQL_LEASES, &args, take_leases,
                           leases, err);
}
