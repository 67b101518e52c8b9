/* SPDX-License-Identifier: Apache-2.0
 * Passwords: where they come from, and memory that forgets them.
 */
#ifndef NPIE_RENEW_SECRET_H
#define NPIE_RENEW_SECRET_H

#include <apr_pools.h>

#include "base/bytes.h"
#include "base/status.h"

/** The longest password, in bytes. */
#define NPIE_SECRET_MAX 1023

/** A password, NUL ended UTF-8; its memory is locked where the system allows
 * it, and cleansed with the pool that it was made in. */
typedef struct npie_secret_t {
    char *text;
    apr_size_t len; /**< bytes */
} npie_secret_t;

/** What a password is wanted for. */
typedef struct npie_secret_want_t {
    const char *source; /**< "file:/path", "exec:program argument ...", NULL:
                             the terminal; see literal */
    int literal;        /**< 1: "pass:text" is taken too */
    int twice;          /**< 1: the terminal asks twice */
    const char *prompt; /**< Spanish, for the terminal */
    const char *what;   /**< "old" or "new", for the program of exec: */
    const char *file;   /**< whose password, for the program of exec: */
} npie_secret_want_t;

/** Memory for a password, empty. @return in p, never NULL */
npie_secret_t *npie_secret_make(apr_pool_t *p);

/** Has bytes in p, which may be a key, cleansed with p. @return the bytes */
npie_bytes_t npie_secret_cleanse(npie_bytes_t bytes, apr_pool_t *p);

/**
 * Gets a password. file: reads the first line of a file that nobody else may
 * read. exec: runs a program without a shell (words apart by blanks, quotes
 * taken) and takes the first line of what it writes; the environment says
 * NPIE_RENEW_PASSWORD=old|new and NPIE_RENEW_FILE. The terminal is /dev/tty,
 * without echo, also when standard input is a file.
 * @param psecret set to a password in p
 * @return APR_SUCCESS; NPIE_EINPUT (SECRET; NEW_PASSWORD_DIFFERS when two
 *         entries differ)
 */
apr_status_t npie_secret_get(npie_secret_t **psecret,
                             const npie_secret_want_t *want, npie_err_t *err,
                             apr_pool_t *p);

/**
 * Is this fit to be a new password: 8 printable ASCII characters or more, no
 * blank at either end, neither the user's name nor the old one?
 * @param old NULL: not known
 * @return APR_SUCCESS; NPIE_EINPUT (NEW_PASSWORD, the rule in err->detail)
 */
apr_status_t npie_secret_check_new(const npie_secret_t *secret,
                                   const char *user, const npie_secret_t *old,
                                   npie_err_t *err);

#endif
