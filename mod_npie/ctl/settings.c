/* SPDX-License-Identifier: Apache-2.0
 * Reading npiectl.conf.
 */
#include "ctl/settings.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include <apr_strings.h>

#include "base/parse.h"
#include "base/settings.h"
#include "store/session_address.h"

#define YEAR apr_time_from_sec(366 * 86400)

static const char *set_registry(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;
    const char *params = strchr(value, ':');
    static const char *const drivers[] = { "sqlite3", "pgsql" };

    for (int i = 0; params != NULL && i < 2; i++) {
        if (strncmp(value, drivers[i], (apr_size_t)(params - value)) == 0
            && drivers[i][params - value] == '\0') {
            if (i == 0 && params[1] != '/') {
                return "the registry's file needs an absolute path, as "
                       "sqlite3:/var/lib/npie/registry.db";
            }
            settings->driver = drivers[i];
            settings->params = apr_pstrdup(settings->p, params + 1);
            return NULL;
        }
    }
    return "a registry is sqlite3:/path/registry.db, or pgsql: and what "
           "DBDParams says, as pgsql:host=/run/postgresql dbname=npie";
}

static const char *set_redis(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;
    const char *wrong = npie_redis_parse(&settings->redis, value,
                                         settings->p);

    settings->has_redis |= wrong == NULL;
    return wrong;
}

/* Sets an absolute path. */
static const char *absolute(const char **ppath, npie_ctl_settings_t *settings,
                            const char *value)
{
    if (*value != '/') {
        return "the path must be absolute";
    }
    *ppath = apr_pstrdup(settings->p, value);
    return NULL;
}

static const char *set_signer(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->signer, settings,
                    strncmp(value, "unix:", 5) == 0 ? value + 5 : value);
}

static const char *set_signer_config(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->signer_config, settings, value);
}

static const char *set_sql(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->sql, settings, value);
}

/* One file more in a list of them. */
static const char *add_file(apr_array_header_t *files,
                            npie_ctl_settings_t *settings, const char *value)
{
    const char *path = NULL;
    const char *wrong = absolute(&path, settings, value);

    if (wrong == NULL) {
        APR_ARRAY_PUSH(files, const char *) = path;
    }
    return wrong;
}

static const char *set_trust(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return add_file(settings->trust, settings, value);
}

static const char *set_seal(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return add_file(settings->seal, settings, value);
}

static const char *set_user(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    if (getpwnam(value) == NULL) {
        return "there is no such user: name the User of httpd";
    }
    settings->user = apr_pstrdup(settings->p, value);
    return NULL;
}

static const char *set_timeout(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return npie_parse_time(&settings->renewal_timeout, value,
                           apr_time_from_sec(60), YEAR, settings->p);
}

static const npie_setting_t keys[] = {
    { "Registry", set_registry, 0 },
    { "Redis", set_redis, 0 },
    { "Signer", set_signer, 0 },
    { "SignerConfig", set_signer_config, 0 },
    { "Trust", set_trust, NPIE_SETTING_REPEATED },
    { "Seal", set_seal, NPIE_SETTING_REPEATED },
    { "User", set_user, 0 },
    { "SQL", set_sql, 0 },
    { "RenewalTimeout", set_timeout, 0 },
    { NULL, NULL, 0 }
};

npie_ctl_settings_t *npie_ctl_settings_make(apr_pool_t *p)
{
    npie_ctl_settings_t *settings = apr_pcalloc(p, sizeof(*settings));

    settings->p = p;
    settings->redis.timeout = apr_time_from_sec(2);
    settings->redis.connections = 1;
    settings->sql = NPIE_SQL_DIR;
    settings->trust = apr_array_make(p, 4, sizeof(const char *));
    settings->seal = apr_array_make(p, 2, sizeof(const char *));
    settings->renewal_timeout = apr_time_from_sec(10 * 86400);
    return settings;
}

/* What libpq takes a password from: a parameter, or user:password@ of an
 * address. Redis has a file for it. */
static int holds_password(const char *params)
{
    const char *host = params == NULL ? NULL : strstr(params, "://");
    const char *at = host == NULL ? NULL : strchr(host, '@');

    return params != NULL
        && (strstr(params, "password=") != NULL
            || strstr(params, "password =") != NULL
            || (at != NULL && memchr(host + 3, ':', (apr_size_t)(at - host)
                                                    - 3) != NULL));
}

apr_status_t npie_ctl_settings_read(npie_ctl_settings_t *settings,
                                    const char *file, npie_err_t *err)
{
    apr_status_t rv = npie_settings_read(file, keys, settings, err);
    struct stat st;

    return rv != APR_SUCCESS || !holds_password(settings->params)
        || stat(file, &st) != 0 || (st.st_mode & S_IROTH) == 0 ? rv
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: it holds a "
                       "password and everyone may read it: chmod 640", file);
}

const char *npie_ctl_settings_set(npie_ctl_settings_t *settings,
                                  const char *name, const char *value)
{
    for (const npie_setting_t *key = keys; key->name != NULL; key++) {
        if (strcasecmp(key->name, name) == 0) {
            return key->set(settings, value);
        }
    }
    return "there is no such setting";
}
