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
#include "pki/openssl.h"
#include "pki/trust.h"
#include "store/session_address.h"
#include "store/session_secret.h"

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

static const char *set_secret(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;
    const char *path;
    const char *wrong = absolute(&path, settings, value);

    /* Read while this is root still; what is wrong is said when sessions are
     * needed, not to the command that makes the file. */
    if (wrong == NULL) {
        settings->secrets_wrong = npie_session_secret_read(&settings->secrets,
                                                           path, settings->p);
    }
    return wrong;
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

static const char *set_trust_crl(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return add_file(settings->trust_crl, settings, value);
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

static const char *set_timestamp(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    /* Its password file is read while this is root still. */
    return npie_tsa_server_parse(&settings->timestamp, value, settings->p);
}

static const char *set_timestamp_trust(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->timestamp_trust, settings, value);
}

static const char *set_old_bits(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return npie_parse_int(&settings->old_key_min_bits, value,
                          NPIE_OLD_KEY_MIN_BITS, NPIE_RSA_MAX_BITS,
                          settings->p);
}

static const char *set_timeout(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return npie_parse_time(&settings->renewal_timeout, value,
                           apr_time_from_sec(60), YEAR, settings->p);
}

static const char *set_site(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;
    const char *url = npie_parse_word(&value, settings->p);
    const char *option = npie_parse_word(&value, settings->p);

    if (strncasecmp(url, "https://", 8) != 0 || url[8] == '\0') {
        return "the site is NPIEBaseURL of httpd, which begins with https://";
    }
    if (*option != '\0' && strncmp(option, "ca-file=", 8) != 0) {
        return "behind the address may be ca-file=/path alone";
    }
    settings->site = url;
    return *option == '\0' ? NULL
        : absolute(&settings->site_ca, settings, option + 8);
}

static const char *set_logs(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->logs, settings, value);
}

static const char *set_test(void *baton, const char *value)
{
    npie_ctl_settings_t *settings = baton;

    return absolute(&settings->test, settings, value);
}

static const npie_setting_t keys[] = {
    { "Registry", set_registry, 0 },
    { "Redis", set_redis, 0 },
    { "SessionSecret", set_secret, 0 },
    { "Signer", set_signer, 0 },
    { "SignerConfig", set_signer_config, 0 },
    { "Trust", set_trust, NPIE_SETTING_REPEATED },
    { "TrustCRL", set_trust_crl, NPIE_SETTING_REPEATED },
    { "Seal", set_seal, NPIE_SETTING_REPEATED },
    { "User", set_user, 0 },
    { "SQL", set_sql, 0 },
    { "Site", set_site, 0 },
    { "Logs", set_logs, 0 },
    { "ConfigTest", set_test, 0 },
    { "Timestamp", set_timestamp, 0 },
    { "TimestampTrust", set_timestamp_trust, 0 },
    { "OldKeyMinBits", set_old_bits, 0 },
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
    settings->logs = "/var/log/apache2";
    settings->test = "/usr/sbin/apachectl configtest";
    settings->trust = apr_array_make(p, 4, sizeof(const char *));
    settings->trust_crl = apr_array_make(p, 2, sizeof(const char *));
    settings->seal = apr_array_make(p, 2, sizeof(const char *));
    settings->old_key_min_bits = NPIE_OLD_KEY_MIN_BITS;
    settings->renewal_timeout = apr_time_from_sec(10 * 86400);
    return settings;
}

apr_status_t npie_ctl_settings_read(npie_ctl_settings_t *settings,
                                    const char *file, npie_err_t *err)
{
    apr_status_t rv = npie_settings_read(file, keys, settings, err);
    struct stat st;

    return rv != APR_SUCCESS || !npie_setting_holds_password(
            settings->params)
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
