/* SPDX-License-Identifier: Apache-2.0
 * Configuration files of the programs: one "Key value" a line, # comments.
 */
#ifndef NPIE_BASE_SETTINGS_H
#define NPIE_BASE_SETTINGS_H

#include <apr_pools.h>

#include "base/status.h"

/** The most keys of one table. */
#define NPIE_SETTINGS_MAX 48

/**
 * Takes a key's value.
 * @param baton what npie_settings_read() was given
 * @param value NUL ended, trimmed, without quotes around it, not "", gone
 *        after the call
 * @return NULL, or what is wrong with it: English, static or in a pool
 */
typedef const char *npie_setting_fn(void *baton, const char *value);

enum {
    NPIE_SETTING_REPEATED = 1, /**< may stand in the file more than once */
    NPIE_SETTING_REQUIRED = 2,
    NPIE_SETTING_REQUIRED_BY_ROOT = 4 /**< when the program runs as root */
};

/** A key. A table of them ends with a NULL name. */
typedef struct npie_setting_t {
    const char *name;
    npie_setting_fn *set;
    int flags;
} npie_setting_t;

/**
 * Reads a file, in its order, and sees that no key is missing.
 * @param file path, NUL ended
 * @return APR_SUCCESS; NPIE_ECONFIG with file, line and reason in err->detail
 */
apr_status_t npie_settings_read(const char *file,
                                const npie_setting_t *settings, void *baton,
                                npie_err_t *err);

/** Do these parameters of a database hold a password, as libpq takes one: as
 * password=, or user:password@ of an address? NULL: no. */
int npie_setting_holds_password(const char *params);

#endif
