/* SPDX-License-Identifier: Apache-2.0
 * Mail addresses as they travel: domains in ASCII, one sender with a name.
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

/**
 * An address for envelope and headers: its domain made ASCII (IDNA2008, RFC
 * 5891), the local part as it is, which for letters beyond ASCII needs a
 * server with SMTPUTF8 (RFC 6531). Thread-safe.
 * @param pwire set to NUL-ended UTF-8 in p, without < >, at most
 *        NPIE_EMAIL_MAX bytes
 * @param address NUL ended, any bytes
 * @return APR_SUCCESS; NPIE_EINPUT (EMAIL) when it is no address or has no
 *         ASCII form
 */
apr_status_t npie_address_wire(const char **pwire, const char *address,
                               npie_err_t *err, apr_pool_t *p);

/** Does an address in that form need SMTPUTF8? 1 = yes. */
int npie_address_is_utf8(const char *wire);

#endif
