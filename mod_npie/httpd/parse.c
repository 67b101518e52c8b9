/* SPDX-License-Identifier: Apache-2.0
 * Parsing of directives' values.
 */
#include "httpd/parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_uri.h>

const char *npie_parse_time(apr_interval_time_t *out, const char *arg,
                            apr_interval_time_t min, apr_interval_time_t max,
                            apr_pool_t *p)
{
    apr_size_t len = strlen(arg);
    apr_interval_time_t t;

    if (len > 1 && (arg[len - 1] == 'd' || arg[len - 1] == 'D')) {
        char *end;
        apr_int64_t days = apr_strtoi64(arg, &end, 10);

        if (end != arg + len - 1 || days < 0 || days > 36525) {
            return apr_psprintf(p, "'%s' is not a number of days", arg);
        }
        t = apr_time_from_sec(days * 86400);
    }
    else if (!apr_isdigit(*arg)
             || ap_timeout_parameter_parse(arg, &t, "s") != APR_SUCCESS) {
        return apr_psprintf(p, "'%s' is no duration: write a number with ms, "
                            "s, mi, h or d behind it, such as 90s or 30d", arg);
    }
    if (t < min || t > max) {
        return apr_psprintf(p, "'%s' is out of range: from %" APR_TIME_T_FMT
                            " ms to %" APR_TIME_T_FMT " s are allowed", arg,
                            apr_time_as_msec(min), apr_time_sec(max));
    }
    *out = t;
    return NULL;
}

const char *npie_parse_int(int *out, const char *arg, int min, int max,
                           apr_pool_t *p)
{
    char *end;
    apr_int64_t value = apr_strtoi64(arg, &end, 10);

    if (*arg == '\0' || *end != '\0' || value < min || value > max) {
        return apr_psprintf(p, "'%s' is not a whole number from %d to %d", arg,
                            min, max);
    }
    *out = (int)value;
    return NULL;
}

const char *npie_parse_secret(const char **out, const char *path,
                              apr_pool_t *p)
{
    apr_file_t *file;
    char line[512];
    apr_status_t rv = apr_file_open(&file, path, APR_READ, 0, p);

    if (rv == APR_SUCCESS) {
        rv = apr_file_gets(line, sizeof(line), file);
        apr_file_close(file);
    }
    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read the password file %s: %pm", path,
                            &rv);
    }
    line[strcspn(line, "\r\n")] = '\0';
    *out = apr_pstrdup(p, line);
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
    const char *value = ap_strchr_c(word, '=');

    if (value++ == NULL) {
        return apr_psprintf(p, "'%s' is no option: write name=value", word);
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

const char *npie_parse_redis(npie_redis_t *out, const char *arg, apr_pool_t *p)
{
    npie_redis_t redis = *out;
    const char *word = ap_getword_conf(p, &arg);
    const char *error = redis_address(&redis, word, p);

    while (error == NULL && *(word = ap_getword_conf(p, &arg)) != '\0') {
        error = redis_option(&redis, word, p);
    }
    if (error == NULL) {
        *out = redis;
    }
    return error;
}

const char *npie_parse_keys(npie_key_rules_t *out, const char *arg,
                            apr_pool_t *p)
{
    npie_key_rules_t rules = { 0, 0, 0 };
    const char *word;

    while (*(word = ap_getword_conf(p, &arg)) != '\0') {
        if (ap_cstr_casecmpn(word, "rsa:", 4) == 0) {
            const char *error = npie_parse_int(&rules.rsa_min_bits, word + 4,
                                               2048, 16384, p);
            if (error != NULL) {
                return error;
            }
        }
        else if (ap_cstr_casecmp(word, "p256") == 0) {
            rules.p256 = 1;
        }
        else if (ap_cstr_casecmp(word, "p384") == 0) {
            rules.p384 = 1;
        }
        else {
            return apr_psprintf(p, "'%s' is no kind of key: rsa:<least bits>, "
                                "p256 and p384 are", word);
        }
    }
    if (rules.rsa_min_bits == 0 && !rules.p256 && !rules.p384) {
        return "at least one kind of key must be accepted";
    }
    *out = rules;
    return NULL;
}

const char *npie_parse_base(npie_base_t *out, const char *arg, apr_pool_t *p)
{
    apr_uri_t uri;
    apr_size_t len = strlen(arg);

    if (apr_uri_parse(p, arg, &uri) != APR_SUCCESS || uri.scheme == NULL
        || uri.hostname == NULL || *uri.hostname == '\0' || uri.path == NULL
        || uri.query != NULL || uri.fragment != NULL || uri.user != NULL
        || arg[len - 1] != '/') {
        return apr_psprintf(p, "'%s' must look like "
                            "https://host/npie/ (with the last slash)", arg);
    }
    if (ap_cstr_casecmp(uri.scheme, "https") != 0) {
        return "the pages need https: browsers sign only there, and the "
               "session's cookie goes nowhere else";
    }
    out->url = apr_pstrdup(p, arg);
    out->path = uri.path;
    out->host = apr_pstrdup(p, uri.hostinfo);
    ap_str_tolower((char *)out->host);
    return NULL;
}

const char *npie_parse_signer(npie_signer_setting_t *out, const char *arg,
                              const char *arg2, apr_pool_t *p)
{
    if (strncmp(arg, "unix:/", 6) == 0) {
        if (arg2 != NULL) {
            return "unix: takes no second argument; the signer started apart "
                   "has its own configuration";
        }
        out->socket = apr_pstrdup(p, arg + 5);
        out->program = NULL;
        out->config = NULL;
        return NULL;
    }
    if (strncmp(arg, "exec:/", 6) == 0) {
        if (arg2 == NULL || *arg2 != '/') {
            return "exec: needs the absolute path of npie-signer.conf as "
                   "second argument";
        }
        out->program = apr_pstrdup(p, arg + 5);
        out->config = apr_pstrdup(p, arg2);
        out->socket = NULL;
        return NULL;
    }
    return apr_psprintf(p, "'%s' is neither exec:/path/npie-signer nor "
                        "unix:/path/socket", arg);
}
