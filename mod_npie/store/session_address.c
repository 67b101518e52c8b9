/* SPDX-License-Identifier: Apache-2.0
 * Where Redis is, as admins write it.
 */
#include "store/session_address.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include "base/parse.h"

/* Of a host's name, or of an address of IPv6 where it stood in brackets. */
static int is_host(const char *host, int bracketed)
{
    for (const char *c = host; *c != '\0'; c++) {
        if (!apr_isalnum(*c) && strchr(bracketed ? ".:%-_" : ".-_", *c)
                                    == NULL) {
            return 0;
        }
    }
    return 1;
}

static const char *refuse_scheme(const char *arg, apr_pool_t *p)
{
    return strncmp(arg, "rediss://", 9) == 0
        ? "rediss://: this mod_npie was built without TLS for Redis; use a "
          "unix socket, or host:port through a tunnel such as stunnel"
        : apr_psprintf(p, "'%s': there is no such scheme; write unix:/path, "
                       "host:port or sentinel://", arg);
}

/* host:port. 1 = it is that */
static int parse_host(npie_redis_host_t *out, const char *arg, apr_pool_t *p)
{
    char *host, *scope;
    apr_port_t port;

    if (apr_parse_addr_port(&host, &scope, &port, arg, p) != APR_SUCCESS
        || host == NULL || port == 0 || !is_host(host, *arg == '[')) {
        return 0;
    }
    out->host = host;
    out->port = port;
    return 1;
}

/* What follows sentinel:// */
static const char *sentinel_address(npie_redis_t *out, const char *arg,
                                    apr_pool_t *p)
{
    static const char form[] = "sentinel:// needs hosts and the master's "
                               "name: sentinel://host:26379,host:26379/master";
    const char *slash = strrchr(arg, '/');
    apr_array_header_t *hosts = apr_array_make(p, 4,
                                               sizeof(npie_redis_host_t));
    char *state = NULL;
    char *word;

    if (slash == NULL || !is_host(slash + 1, 0) || slash[1] == '\0') {
        return form;
    }
    word = apr_strtok(apr_pstrmemdup(p, arg, (apr_size_t)(slash - arg)), ",",
                      &state);
    for (; word != NULL; word = apr_strtok(NULL, ",", &state)) {
        if (!parse_host(apr_array_push(hosts), word, p)) {
            return apr_psprintf(p, "'%s' is not host:port; %s", word, form);
        }
    }
    if (hosts->nelts == 0) {
        return form;
    }
    out->socket = NULL;
    out->host = NULL;
    out->sentinel = (const npie_redis_host_t *)hosts->elts;
    out->sentinels = hosts->nelts;
    out->master = apr_pstrdup(p, slash + 1);
    return NULL;
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
        out->sentinels = 0;
    }
    else if (strncmp(arg, "sentinel://", 11) == 0) {
        return sentinel_address(out, arg + 11, p);
    }
    else {
        npie_redis_host_t at;

        if (strstr(arg, "://") != NULL) {
            return refuse_scheme(arg, p);
        }
        if (!parse_host(&at, arg, p)) {
            return apr_psprintf(p, "'%s' is neither unix:/path nor host:port",
                                arg);
        }
        out->socket = NULL;
        out->host = at.host;
        out->port = at.port;
        out->sentinels = 0;
    }
    return NULL;
}

static const char *redis_option(npie_redis_t *out, const char *word,
                                apr_pool_t *p)
{
    const char *value = strchr(word, '=');

    if (value == NULL) {
        return apr_psprintf(p, "'%s' is not an option: write name=value", word);
    }
    ++value;
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
    const char *word = npie_parse_word(&arg, p);
    const char *error = redis_address(&redis, word, p);

    while (error == NULL && *(word = npie_parse_word(&arg, p)) != '\0') {
        error = redis_option(&redis, word, p);
    }
    if (error == NULL) {
        *out = redis;
    }
    return error;
}
