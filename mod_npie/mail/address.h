/* SPDX-License-Identifier: Apache-2.0
 * Mailboxes: an address and its display name.
 */
#ifndef NPIE_MAIL_ADDRESS_H
#define NPIE_MAIL_ADDRESS_H

#include <apr_pools.h>

#include "base/status.h"

/** An address and its display name (RFC 5322 mailbox). The strings live in the
 * pool of npie_mailbox_parse(), or as long as the caller that set them says. */
typedef struct npie_mailbox_t {
    const char *name;    /**< clean UTF-8, "" = none */
    const char *address; /**< accepted by npie_field_email(), UTF-8 */
} npie_mailbox_t;

/**
 * Reads "name@domain", "Name <name@domain>" or "\"Name\" <name@domain>".
 * @param text NUL ended
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL): none of these forms
 */
apr_status_t npie_mailbox_parse(npie_mailbox_t *mailbox, const char *text,
                                npie_err_t *err, apr_pool_t *p);

#endif
