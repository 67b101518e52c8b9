/* SPDX-License-Identifier: Apache-2.0
 * Values of npie-signer.conf.
 */
#include "signer/config_value.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

long npie_signer_number(const char *text, long min, long max)
{
    char *end;
    long n;

    if (!apr_isdigit(text[0])) {
        return -1;
    }
    errno = 0;
    n = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && n >= min && n <= max ? n : -1;
}

const char *npie_signer_account(uid_t *uid, gid_t *gid, const char *value)
{
    long n = npie_signer_number(value, 0, INT_MAX);
    const struct passwd *pw = n >= 0 ? getpwuid((uid_t)n) : getpwnam(value);

    if (pw == NULL) {
        return "there is no such user";
    }
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return NULL;
}

apr_interval_time_t npie_signer_interval(const char *text, apr_pool_t *p)
{
    static const struct {
        char unit;
        int seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    apr_size_t len = strlen(text);

    for (apr_size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (len > 1 && text[len - 1] == units[i].unit) {
            long n = npie_signer_number(apr_pstrmemdup(p, text, len - 1), 1, 1000000);

            return n < 0 ? 0 : apr_time_from_sec(n) * units[i].seconds;
        }
    }
    return 0;
}

const char *npie_signer_rate(npie_bucket_t *out, const char *value,
                             apr_pool_t *p)
{
    char *rest;
    char *count = apr_strtok(apr_pstrdup(p, value), " \t", &rest);
    char *window = apr_strtok(NULL, " \t", &rest);
    long n = count != NULL ? npie_signer_number(count, 1, 1000000) : -1;

    if (n < 0 || window == NULL || apr_strtok(NULL, " \t", &rest) != NULL
        || npie_signer_interval(window, p) == 0) {
        return "a rate is a number and a time, as 600 1m";
    }
    *out = npie_bucket((int)n, npie_signer_interval(window, p));
    return NULL;
}

const char *npie_signer_absolute(const char **ppath, const char *value,
                                 apr_pool_t *p)
{
    if (value[0] != '/') {
        return "the path must be absolute";
    }
    *ppath = apr_pstrdup(p, value);
    return NULL;
}

const char *npie_signer_url(const char **purl, const char *value,
                            apr_pool_t *p)
{
    if (strncmp(value, "http://", 7) != 0 || value[7] == '\0') {
        return "the address must begin with http:// (whoever checks a "
               "certificate must not need one to get there)";
    }
    for (const char *c = value; *c != '\0'; c++) {
        if (!apr_isgraph(*c)) {
            return "the address must be ASCII without blanks";
        }
    }
    *purl = apr_pstrdup(p, value);
    return NULL;
}

const char *npie_signer_pages(const char **purl, const char *value,
                              apr_pool_t *p)
{
    const apr_size_t len = strlen(value);

    if (strncmp(value, "https://", 8) != 0 || len < 10
        || len > NPIE_SIGNER_PAGES_MAX || value[len - 1] != '/') {
        return "the address is that of the pages, as NPIEBaseURL, from "
               "https:// to its last / and of 150 characters at most";
    }
    for (const char *c = value; *c != '\0'; c++) {
        if (!apr_isgraph(*c) || *c == '?' || *c == '#') {
            return "the address must be ASCII without blanks, ? and #";
        }
    }
    *purl = apr_pstrdup(p, value);
    return NULL;
}

const char *npie_signer_oid(const char **poid, const char *value,
                            apr_pool_t *p)
{
    if (value[strspn(value, "0123456789.")] != '\0'
        || strchr(value, '.') == NULL) {
        return "a policy is a dotted object identifier, as 2.16.484.1";
    }
    *poid = apr_pstrdup(p, value);
    return NULL;
}

const char *npie_signer_become(uid_t *puid, gid_t *pgid, const char *value)
{
    uid_t uid;
    gid_t gid;
    const char *wrong = npie_signer_account(&uid, &gid, value);

    if (wrong != NULL) {
        return wrong;
    }
    if (uid == 0) {
        return "the signer does not serve as root: name a user of its own";
    }
    if (geteuid() == 0) {
        *puid = uid;
        *pgid = gid;
    }
    return NULL;
}
