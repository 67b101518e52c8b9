/* SPDX-License-Identifier: Apache-2.0
 * A mail address with the name shown beside it.
 */
#ifndef NPIE_MAIL_ADDRESS_H
#define NPIE_MAIL_ADDRESS_H

#include <apr_pools.h>

#include "base/status.h"

/** An address with the name shown beside it. Strings live in the pool that
 * made them, or as long as whoever filled it in says. */
typedef struct npie_mailbox_t {
    const char *name;    /**< clean UTF-8, "" = none */
    const char *address; /**< as npie_field_email() takes it, UTF-8 */
} npie_mailbox_t;

/**
 * Reads "name@domain", "Name <name@domain>" or "\"Name\" <name@domain>".
 * @param text NUL ended
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL) when it is none of these
 */
apr_status_t npie_mailbox_parse(npie_mailbox_t *mailbox, const char *text,
                                npie_err_t *err, apr_pool_t *p);

#endif
