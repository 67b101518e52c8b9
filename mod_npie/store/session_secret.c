/* SPDX-License-Identifier: Apache-2.0
 * The file of the secrets that seal what is kept in Redis.
 */
#include "store/session_secret.h"

#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

#define FILE_MAX 4096
#define HEX_DIGITS (2 * NPIE_SECRET_BYTES)

static const char remedy[] =
    "npiectl session secret makes a file of lines of 64 hex digits each";

static apr_status_t cleanse(void *data)
{
    OPENSSL_cleanse(data, sizeof(npie_secrets_t));
    return APR_SUCCESS;
}

/* One line's secret. 1 = taken */
static int take(npie_secrets_t *secrets, const char *line)
{
    unsigned char *out;
    size_t len = 0;

    if (secrets->count == NPIE_SECRETS_MAX || strlen(line) != HEX_DIGITS
        || strspn(line, "0123456789abcdefABCDEF") != HEX_DIGITS) {
        return 0;
    }
    out = secrets->bytes[secrets->count];
    return OPENSSL_hexstr2buf_ex(out, NPIE_SECRET_BYTES, &len, line, '\0') == 1
        && ++secrets->count > 0;
}

const char *npie_session_secret_read(npie_secrets_t **psecrets,
                                     const char *path, apr_pool_t *p)
{
    npie_secrets_t *secrets = apr_pcalloc(p, sizeof(*secrets));
    npie_bytes_t bytes;
    struct stat st;
    char *rest = NULL;
    apr_status_t rv = npie_file_read(&bytes, path, FILE_MAX, p);

    apr_pool_cleanup_register(p, secrets, cleanse, apr_pool_cleanup_null);
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read %s: %s; %s", path,
                            npie_file_why(rv, FILE_MAX, p), remedy);
    }
    if (stat(path, &st) != 0 || (st.st_mode & S_IRWXO) != 0) {
        return apr_psprintf(p, "%s: everyone may read it: chmod 600", path);
    }
    for (char *line = apr_strtok((char *)bytes.data, "\r\n", &rest);
         line != NULL; line = apr_strtok(NULL, "\r\n", &rest)) {
        if (*line != '#' && !take(secrets, line)) {
            return apr_psprintf(p, "%s: a line is no secret, or there are "
                                "more than %d; %s", path, NPIE_SECRETS_MAX,
                                remedy);
        }
    }
    if (secrets->count == 0) {
        return apr_psprintf(p, "%s has no secret; %s", path, remedy);
    }
    *psecrets = secrets;
    return NULL;
}

apr_status_t npie_session_secret_next(npie_bytes_t *text,
                                      const npie_secrets_t *before,
                                      apr_pool_t *p)
{
    unsigned char fresh[NPIE_SECRET_BYTES];
    const npie_bytes_t first = { fresh, sizeof(fresh) };
    const npie_bytes_t second = {
        before != NULL ? before->bytes[0] : NULL, NPIE_SECRET_BYTES
    };
    apr_status_t rv = npie_random_bytes(fresh, sizeof(fresh));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    text->data = (const unsigned char *)apr_pstrcat(
        p, "# NPIESessionSecret: the first line seals, the others are still "
        "read.\n", npie_text_hex(first, p), "\n",
        before != NULL ? npie_text_hex(second, p) : "",
        before != NULL ? "\n" : "", NULL);
    text->len = strlen((const char *)text->data);
    OPENSSL_cleanse(fresh, sizeof(fresh));
    return APR_SUCCESS;
}

/* 1 = it belongs to uid or root, and nobody else may write to it. */
static int is_own(const struct stat *st, apr_uid_t uid)
{
    return (st->st_uid == uid || st->st_uid == 0)
        && (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

const char *npie_session_secret_lack(const npie_redis_t *redis,
                                     apr_uid_t uid, apr_pool_t *p)
{
    struct stat st;
    char *slash, *directory;

    if (redis->socket == NULL) {
        return "Redis is reached by TCP, where others can write sessions into "
               "it";
    }
    if (stat(redis->socket, &st) == 0) {
        return is_own(&st, uid) ? NULL
            : apr_psprintf(p, "others than httpd's User may write to %s, and "
                           "so write sessions into Redis", redis->socket);
    }
    directory = apr_pstrdup(p, redis->socket);
    slash = strrchr(directory, '/');
    slash[slash == directory] = '\0';
    return stat(directory, &st) == 0 && is_own(&st, uid) ? NULL
        : apr_psprintf(p, "%s is not there, and others than httpd's User may "
                       "make it", redis->socket);
}
