/* SPDX-License-Identifier: Apache-2.0
 * A timestamp authority, as admins write it.
 */
#include "tsa/server.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/parse.h"

#define PATIENCE apr_time_from_sec(30)

static int starts(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

/** Numbers and dots, as an object identifier is written. */
static int is_oid(const char *text)
{
    int dots = 0;

    for (const char *c = text; *c != '\0'; ++c) {
        if (*c == '.' ? c == text || c[1] == '.' || c[1] == '\0'
                      : !apr_isdigit(*c)) {
            return 0;
        }
        dots += *c == '.';
    }
    return dots > 0;
}

static const char *set_option(npie_tsa_server_t *out, const char *word,
                              apr_pool_t *p)
{
    const char *value = strchr(word, '=');

    if (value == NULL) {
        return apr_psprintf(p, "'%s' is not an option: write name=value", word);
    }
    ++value;
    if (starts(word, "user=")) {
        out->user = value;
    }
    else if (starts(word, "password-file=")) {
        return npie_parse_secret(&out->password, value, p);
    }
    else if (starts(word, "ca-file=")) {
        out->ca_file = value;
        return *value == '/' ? NULL : "ca-file needs an absolute path";
    }
    else if (starts(word, "policy=")) {
        out->policy = value;
        return is_oid(value) ? NULL
            : apr_psprintf(p, "'%s' is no policy: write an object identifier "
                           "such as 1.2.3.4.1", value);
    }
    else if (starts(word, "timeout=")) {
        return npie_parse_time(&out->timeout, value, apr_time_from_sec(1),
                               apr_time_from_sec(600), p);
    }
    else {
        return apr_psprintf(p, "'%.*s': the options are user, password-file, "
                            "ca-file, policy and timeout",
                            (int)(value - word - 1), word);
    }
    return NULL;
}

static const char *check(const npie_tsa_server_t *server)
{
    const int tls = starts(server->url, "https://");

    if (!tls && !starts(server->url, "http://")) {
        return "the address of a timestamp authority begins with http:// or "
               "https://";
    }
    if ((server->user == NULL) != (server->password == NULL)) {
        return "user and password-file belong together";
    }
    return server->user != NULL && !tls
        ? "a password goes to a timestamp authority by https:// only" : NULL;
}

const char *npie_tsa_server_parse(npie_tsa_server_t *out, const char *arg,
                                  apr_pool_t *p)
{
    npie_tsa_server_t server = { .timeout = PATIENCE };
    const char *error = NULL;
    const char *word;

    server.url = npie_parse_word(&arg, p);
    while (error == NULL && *(word = npie_parse_word(&arg, p)) != '\0') {
        error = set_option(&server, word, p);
    }
    if (error == NULL) {
        error = check(&server);
    }
    if (error == NULL) {
        *out = server;
    }
    return error;
}
