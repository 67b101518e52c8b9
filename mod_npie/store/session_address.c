/* SPDX-License-Identifier: Apache-2.0
 * Where Redis is, as admins write it.
 */
#include "store/session_address.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include "base/parse.h"

/* The next word, "" at the end; blanks within quotes belong to it. */
static const char *next_word(const char **parg, apr_pool_t *p)
{
    const char *arg = *parg;
    const char *start;
    const char *word;
    char quote;

    while (apr_isspace(*arg)) {
        arg++;
    }
    quote = *arg == '"' || *arg == '\'' ? *arg : '\0';
    start = quote ? ++arg : arg;
    while (*arg != '\0' && (quote ? *arg != quote : !apr_isspace(*arg))) {
        arg++;
    }
    word = apr_pstrmemdup(p, start, (apr_size_t)(arg - start));
    *parg = quote && *arg != '\0' ? arg + 1 : arg;
    return word;
}

static const char *redis_address(npie_redis_t *out, const char *arg,
                                 apr_pool_t *p)
{
    if (strncmp(arg, "unix:", 5) == 0) {
        if (arg[5] != '/') {
            return "unix: needs an absolute path, such as "
                   "unix:/run/redis/redis.sock";
        }
        out->socket = apr_pstrdup(p, arg + 5);
        out->host = NULL;
    }
    else {
        char *host, *scope;
        apr_port_t port;

        if (apr_parse_addr_port(&host, &scope, &port, arg, p) != APR_SUCCESS
            || host == NULL || port == 0) {
            return apr_psprintf(p, "'%s' is neither unix:/path nor host:port",
                                arg);
        }
        out->socket = NULL;
        out->host = host;
        out->port = port;
    }
    return NULL;
}

static const char *redis_option(npie_redis_t *out, const char *word,
                                apr_pool_t *p)
{
    const char *value = strchr(word, '=');

    if (value++ == NULL) {
        return apr_psprintf(p, "'%s' is not an option: write name=value", word);
    }
    if (strncmp(word, "timeout=", 8) == 0) {
        return npie_parse_time(&out->timeout, value, apr_time_from_msec(10),
                               apr_time_from_sec(60), p);
    }
    if (strncmp(word, "connections=", 12) == 0) {
        return npie_parse_int(&out->connections, value, 1, 1024, p);
    }
    if (strncmp(word, "database=", 9) == 0) {
        return npie_parse_int(&out->database, value, 0, 1 << 20, p);
    }
    if (strncmp(word, "user=", 5) == 0) {
        out->user = apr_pstrdup(p, value);
        return NULL;
    }
    if (strncmp(word, "password-file=", 14) == 0) {
        return npie_parse_secret(&out->password, value, p);
    }
    return apr_psprintf(p, "'%s': the options are timeout, connections, "
                        "database, user and password-file", word);
}

const char *npie_redis_parse(npie_redis_t *out, const char *arg, apr_pool_t *p)
{
    npie_redis_t redis = *out;
    const char *word = next_word(&arg, p);
    const char *error = redis_address(&redis, word, p);

    while (error == NULL && *(word = next_word(&arg, p)) != '\0') {
        error = redis_option(&redis, word, p);
    }
    if (error == NULL) {
        *out = redis;
    }
    return error;
}
