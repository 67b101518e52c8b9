/* SPDX-License-Identifier: Apache-2.0
 * Durations, numbers and secrets of configurations.
 */
#include "base/parse.h"

#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "base/file.h"

/* Of a password, and of the file whose first line it is, in bytes. */
#define SECRET_MAX 511
#define SECRET_FILE_MAX 65536

/* A duration of this many seconds or more is out of every range. */
#define SECONDS_MAX (APR_INT64_C(36525) * 86400)

/* The suffixes of httpd's ap_timeout_parameter_parse(), and days. */
static const struct {
    const char *name;
    apr_interval_time_t unit;
} units[] = {
    { "", APR_USEC_PER_SEC },
    { "ms", APR_USEC_PER_SEC / 1000 },
    { "s", APR_USEC_PER_SEC },
    { "mi", APR_USEC_PER_SEC * 60 },
    { "min", APR_USEC_PER_SEC * 60 },
    { "h", APR_USEC_PER_SEC * 3600 },
    { "d", APR_USEC_PER_SEC * 86400 },
};

/* A duration, or -1. */
static apr_interval_time_t duration(const char *arg)
{
    char *end;
    apr_int64_t number;

    if (!apr_isdigit(*arg)) {
        return -1;
    }
    number = apr_strtoi64(arg, &end, 10);
    for (apr_size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcasecmp(end, units[i].name) == 0) {
            return number > SECONDS_MAX * APR_USEC_PER_SEC / units[i].unit
                ? -1 : number * units[i].unit;
        }
    }
    return -1;
}

const char *npie_parse_time(apr_interval_time_t *out, const char *arg,
                            apr_interval_time_t min, apr_interval_time_t max,
                            apr_pool_t *p)
{
    apr_size_t len = strlen(arg);
    apr_interval_time_t t = duration(arg);

    if (t < 0) {
        if (len > 1 && (arg[len - 1] == 'd' || arg[len - 1] == 'D')) {
            return apr_psprintf(p, "'%s' is not a number of days", arg);
        }
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

const char *npie_parse_word(const char **parg, apr_pool_t *p)
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

const char *npie_parse_secret(const char **out, const char *path,
                              apr_pool_t *p)
{
    npie_bytes_t bytes;
    apr_status_t rv = npie_file_read(&bytes, path, SECRET_FILE_MAX, p);
    const char *text = rv == APR_SUCCESS ? (const char *)bytes.data : "";
    apr_size_t len = 0;

    if (rv != APR_SUCCESS) {
        return apr_psprintf(p, "cannot read the password file %s: %s", path,
                            npie_file_why(rv, SECRET_FILE_MAX, p));
    }
    if (bytes.len == 0) {
        return apr_psprintf(p, "the password file %s is empty", path);
    }
    while (len < bytes.len && text[len] != '\n') {
        ++len;
    }
    len -= len > 0 && text[len - 1] == '\r';
    /* What is cut, or goes on behind a NUL, is not what the file has. */
    if (len > SECRET_MAX || memchr(text, '\0', len) != NULL) {
        return apr_psprintf(p, "the password file %s: its first line has %d "
                            "bytes or more, or a NUL: it is no password", path,
                            SECRET_MAX + 1);
    }
    *out = apr_pstrmemdup(p, text, len);
    return NULL;
}
