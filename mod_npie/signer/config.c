/* SPDX-License-Identifier: Apache-2.0
 * Reading npie-signer.conf.
 */
#include "signer/config.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#define LINE_SIZE 2048
#define BACKDATE apr_time_from_sec(300)

/* What a key's function works on. Each returns NULL or what is wrong. */
typedef struct reading_t {
    npie_signer_config_t *config;
    apr_pool_t *p;
} reading_t;

typedef const char *(*set_fn)(reading_t *r, const char *value);

static const char *absolute(const char **ppath, reading_t *r,
                            const char *value)
{
    if (value[0] != '/') {
        return "the path must be absolute";
    }
    *ppath = apr_pstrdup(r->p, value);
    return NULL;
}

static const char *set_key(reading_t *r, const char *value)
{
    return absolute(&r->config->key_file, r, value);
}

static const char *set_certificate(reading_t *r, const char *value)
{
    return absolute(&r->config->certificate_file, r, value);
}

static const char *set_log(reading_t *r, const char *value)
{
    return absolute(&r->config->log_file, r, value);
}

static const char *set_trust(reading_t *r, const char *value)
{
    const char *path = NULL;
    const char *wrong = absolute(&path, r, value);

    if (wrong == NULL) {
        APR_ARRAY_PUSH(r->config->trust_files, const char *) = path;
    }
    return wrong;
}

/* A whole decimal number of [min, max]; -1 when it is none. */
static long number(const char *text, long min, long max)
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

/* A user by name or number. */
static const char *account(uid_t *uid, gid_t *gid, const char *value)
{
    long n = number(value, 0, INT_MAX);
    const struct passwd *pw = n >= 0 ? getpwuid((uid_t)n) : getpwnam(value);

    if (pw == NULL) {
        return "there is no such user";
    }
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return NULL;
}

static const char *set_user(reading_t *r, const char *value)
{
    uid_t uid;
    gid_t gid;
    const char *wrong = account(&uid, &gid, value);

    if (wrong != NULL) {
        return wrong;
    }
    if (uid == 0) {
        return "the signer does not serve as root: name a user of its own";
    }
    r->config->user = apr_pstrdup(r->p, value);
    if (geteuid() == 0) {
        r->config->uid = uid;
        r->config->gid = gid;
    }
    return NULL;
}

static const char *set_peer(reading_t *r, const char *value)
{
    return account(&r->config->peer_uid, &r->config->peer_gid, value);
}

static const char *set_validity(reading_t *r, const char *value)
{
    long n = number(value, 1, 120);

    if (n < 0) {
        return "months are a number from 1 to 120";
    }
    r->config->profile.validity_months = (int)n;
    return NULL;
}

static const char *url(const char **purl, reading_t *r, const char *value)
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
    *purl = apr_pstrdup(r->p, value);
    return NULL;
}

static const char *set_crl_url(reading_t *r, const char *value)
{
    return url(&r->config->profile.crl_url, r, value);
}

static const char *set_ocsp_url(reading_t *r, const char *value)
{
    return url(&r->config->profile.ocsp_url, r, value);
}

static const char *set_issuer_url(reading_t *r, const char *value)
{
    return url(&r->config->profile.issuer_url, r, value);
}

static const char *set_policy(reading_t *r, const char *value)
{
    if (value[strspn(value, "0123456789.")] != '\0'
        || strchr(value, '.') == NULL) {
        return "a policy is a dotted object identifier, as 2.16.484.1";
    }
    r->config->profile.policy_oid = apr_pstrdup(r->p, value);
    return NULL;
}

/* "30s", "1m", "2h", "10d"; 0 when it is none of these. */
static apr_interval_time_t interval(const char *text, apr_pool_t *p)
{
    static const struct {
        char unit;
        int seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    apr_size_t len = strlen(text);

    for (apr_size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (len > 1 && text[len - 1] == units[i].unit) {
            long n = number(apr_pstrmemdup(p, text, len - 1), 1, 1000000);

            return n < 0 ? 0 : apr_time_from_sec(n) * units[i].seconds;
        }
    }
    return 0;
}

static const char *set_letter_age(reading_t *r, const char *value)
{
    r->config->letter_max_age = interval(value, r->p);
    return r->config->letter_max_age > 0 ? NULL
           : "a time is a number and s, m, h or d, as 10d";
}

static const char *set_old_bits(reading_t *r, const char *value)
{
    long n = number(value, 1024, 16384);

    if (n < 0) {
        return "bits are a number from 1024 to 16384";
    }
    r->config->old_key_min_bits = (int)n;
    return NULL;
}

static const char *set_new_keys(reading_t *r, const char *value)
{
    npie_key_rules_t rules = { 0, 0, 0 };
    char *rest;
    char *word;

    for (word = apr_strtok(apr_pstrdup(r->p, value), " \t", &rest);
         word != NULL; word = apr_strtok(NULL, " \t", &rest)) {
        if (strcmp(word, "p256") == 0) {
            rules.p256 = 1;
        }
        else if (strcmp(word, "p384") == 0) {
            rules.p384 = 1;
        }
        else if (strncmp(word, "rsa:", 4) == 0
                 && number(word + 4, 2048, 16384) > 0) {
            rules.rsa_min_bits = (int)number(word + 4, 2048, 16384);
        }
        else {
            return "kinds of keys are rsa:<bits, 2048 at least>, p256, p384";
        }
    }
    r->config->new_keys = rules;
    return NULL;
}

static const char *set_rate(reading_t *r, const char *value)
{
    char *rest;
    char *count = apr_strtok(apr_pstrdup(r->p, value), " \t", &rest);
    char *window = apr_strtok(NULL, " \t", &rest);
    long n = count != NULL ? number(count, 1, 1000000) : -1;

    if (n < 0 || window == NULL || apr_strtok(NULL, " \t", &rest) != NULL
        || interval(window, r->p) == 0) {
        return "a rate is a number and a time, as 600 1m";
    }
    r->config->rate = (int)n;
    r->config->rate_window = interval(window, r->p);
    return NULL;
}

static const char *set_sandbox(reading_t *r, const char *value)
{
    r->config->sandbox = strcmp(value, "on") == 0;
    return r->config->sandbox || strcmp(value, "off") == 0 ? NULL
           : "it is on or off";
}

enum { REQUIRED = 1, REPEATED = 2, REQUIRED_BY_ROOT = 4 };

static const struct {
    const char *name;
    set_fn set;
    int flags;
} keys[] = {
    { "Key", set_key, REQUIRED },
    { "Certificate", set_certificate, REQUIRED },
    { "Trust", set_trust, REPEATED },
    { "IssuanceLog", set_log, REQUIRED },
    { "User", set_user, REQUIRED_BY_ROOT },
    { "PeerUser", set_peer, REQUIRED },
    { "CertificateValidity", set_validity, 0 },
    { "CRLURL", set_crl_url, 0 },
    { "OCSPURL", set_ocsp_url, 0 },
    { "IssuerURL", set_issuer_url, 0 },
    { "Policy", set_policy, 0 },
    { "LetterMaxAge", set_letter_age, 0 },
    { "OldKeyMinBits", set_old_bits, 0 },
    { "NewKeys", set_new_keys, 0 },
    { "Rate", set_rate, 0 },
    { "Sandbox", set_sandbox, 0 },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void set_defaults(npie_signer_config_t *config, apr_pool_t *p)
{
    config->trust_files = apr_array_make(p, 4, sizeof(const char *));
    config->uid = geteuid();
    config->gid = getegid();
    config->profile.validity_months = 6;
    config->profile.backdate = BACKDATE;
    config->letter_max_age = apr_time_from_sec(10 * 86400);
    config->old_key_min_bits = 1024;
    config->new_keys.rsa_min_bits = 2048;
    config->new_keys.p256 = 1;
    config->new_keys.p384 = 1;
    config->rate = 600;
    config->rate_window = apr_time_from_sec(60);
    config->sandbox = 1;
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    apr_size_t len;

    while (apr_isspace(*text)) {
        text++;
    }
    len = strlen(text);
    while (len > 0 && apr_isspace(text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

/* One line; name is set to the key's for the message. */
static const char *take_line(reading_t *r, char *line, int *seen,
                             const char **name)
{
    char *value = line;
    apr_size_t len;

    while (*value != '\0' && !apr_isspace(*value)) {
        value++;
    }
    if (*value != '\0') {
        *value++ = '\0';
    }
    *name = line;
    value = trim(value);
    len = strlen(value);
    if (len > 1 && value[0] == '"' && value[len - 1] == '"') {
        value[len - 1] = '\0';
        value++;
    }
    if (*value == '\0') {
        return "a value is missing";
    }
    for (apr_size_t i = 0; i < KEYS; i++) {
        if (strcmp(line, keys[i].name) == 0) {
            if (seen[i]++ && !(keys[i].flags & REPEATED)) {
                return "it stands here a second time";
            }
            return keys[i].set(r, value);
        }
    }
    return "there is no such key";
}

static apr_status_t check_missing(const char *file, const int *seen,
                                  npie_err_t *err)
{
    int required = geteuid() == 0 ? REQUIRED | REQUIRED_BY_ROOT : REQUIRED;

    for (apr_size_t i = 0; i < KEYS; i++) {
        if ((keys[i].flags & required) && !seen[i]) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s: %s is missing", file, keys[i].name);
        }
    }
    return APR_SUCCESS;
}

static apr_status_t read_lines(reading_t *r, int *seen, FILE *in,
                               const char *file, npie_err_t *err)
{
    char line[LINE_SIZE];

    for (int n = 1; fgets(line, sizeof(line), in) != NULL; n++) {
        const char *name = "the line";
        const char *wrong = NULL;
        char *text;

        if (strlen(line) == sizeof(line) - 1) {
            wrong = "it is too long";
        }
        else {
            text = trim(line);
            if (*text != '\0' && *text != '#') {
                wrong = take_line(r, text, seen, &name);
            }
        }
        if (wrong != NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                                "%s:%d: %.40s: %s", file, n, name, wrong);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_signer_config_read(npie_signer_config_t **pconfig,
                                     const char *file, npie_err_t *err,
                                     apr_pool_t *p)
{
    reading_t r;
    int seen[KEYS] = { 0 };
    apr_array_header_t *trust;
    apr_status_t rv;
    FILE *in = fopen(file, "re");

    if (in == NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", file,
                            strerror(errno));
    }
    r.p = p;
    r.config = apr_pcalloc(p, sizeof(*r.config));
    set_defaults(r.config, p);
    rv = read_lines(&r, seen, in, file, err);
    fclose(in);
    if (rv == APR_SUCCESS) {
        rv = check_missing(file, seen, err);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    trust = apr_array_make(p, 4, sizeof(const char *));
    APR_ARRAY_PUSH(trust, const char *) = r.config->certificate_file;
    apr_array_cat(trust, r.config->trust_files);
    r.config->trust_files = trust;
    *pconfig = r.config;
    return APR_SUCCESS;
}
