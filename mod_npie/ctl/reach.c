/* SPDX-License-Identifier: Apache-2.0
 * How a command reaches the parts of the installation.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/file.h"
#include "ctl/ctl.h"
#include "store/session_secret.h"
#include "store/schema.h"

apr_status_t npie_ctl_become(npie_ctl_t *ctl, npie_err_t *err)
{
    const char *name = ctl->settings->user;
    const struct passwd *user;

    if (name == NULL || geteuid() != 0) {
        return APR_SUCCESS;
    }
    user = getpwnam(name);
    if (user == NULL || initgroups(name, user->pw_gid) != 0
        || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "cannot become User %s: %s", name,
                            strerror(errno));
    }
    return APR_SUCCESS;
}

static apr_status_t not_named(const char *what, const char *key,
                              const char *option, npie_err_t *err)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                        "no %s is named: give --%s, or %s in npiectl.conf",
                        what, option, key);
}

/* Which registry, where the file says it without a password, and what can be
 * done. */
static apr_status_t explain(const npie_ctl_t *ctl, apr_status_t rv,
                            npie_err_t *err)
{
    const npie_ctl_settings_t *settings = ctl->settings;
    const char *detail = apr_pstrdup(ctl->p, err->detail);

    return rv != NPIE_EBACKEND ? rv : npie_err_set(
        err, rv, err->problem, "%s: %s: %s",
        strcmp(settings->driver, "sqlite3") == 0 ? settings->params
                                                 : settings->driver, detail,
        strstr(detail, " is locked") != NULL
            ? "another program is writing to it, try again"
            : "see Registry in npiectl.conf, and whether the database is in "
              "order");
}

apr_status_t npie_ctl_connect(npie_registry_t **pregistry, int *pversion,
                              npie_ctl_t *ctl, npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_schema_connect(pregistry, ctl->settings->driver,
                                          ctl->settings->params, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_schema_version(pversion, *pregistry, err);
    }
    return explain(ctl, rv, err);
}

/* Says what to do about tables that the statements are not written for. */
static apr_status_t check_version(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_registry_t *registry;
    apr_pool_t *p;
    apr_status_t rv;
    int version = 0;

    apr_pool_create(&p, ctl->p);
    rv = npie_ctl_connect(&registry, &version, ctl, err, p);
    apr_pool_destroy(p);
    if (rv != APR_SUCCESS || version == NPIE_SCHEMA_VERSION) {
        return rv;
    }
    return version == 0
        ? npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN, "there is no "
                       "registry in it: npiectl registry init makes one")
        : npie_err_set(err, NPIE_EBACKEND, NPIE_P_REGISTRY_DOWN,
                       "the registry has version %d, and this npiectl needs "
                       "%d: see npiectl registry upgrade", version,
                       NPIE_SCHEMA_VERSION);
}

apr_status_t npie_ctl_registry(npie_registry_t **pregistry, npie_ctl_t *ctl,
                               npie_err_t *err)
{
    const npie_ctl_settings_t *settings = ctl->settings;
    apr_status_t rv = APR_SUCCESS;

    if (settings->driver == NULL) {
        return not_named("registry", "Registry", "registry", err);
    }
    if (ctl->registry == NULL) {
        rv = npie_ctl_become(ctl, err);
        if (rv == APR_SUCCESS) {
            rv = check_version(ctl, err);
        }
        if (rv == APR_SUCCESS) {
            rv = npie_registry_open(&ctl->registry, settings->driver,
                                    settings->params, err, ctl->p);
        }
    }
    *pregistry = ctl->registry;
    return rv;
}

apr_status_t npie_ctl_begin(npie_registry_t **pregistry, npie_ctl_t *ctl,
                            npie_err_t *err)
{
    apr_status_t rv = npie_ctl_registry(pregistry, ctl, err);

    return rv == APR_SUCCESS
        ? explain(ctl, npie_registry_begin(*pregistry, err), err) : rv;
}

apr_status_t npie_ctl_end(npie_registry_t *registry, int keep,
                          apr_status_t rv, npie_err_t *err)
{
    if (keep) {
        return npie_registry_end(registry, 1, err);
    }
    npie_registry_end(registry, 0, NULL);
    return rv;
}

/* Whether there are the secrets that httpd seals sessions with. */
static apr_status_t check_secrets(const npie_ctl_t *ctl, npie_err_t *err)
{
    const npie_ctl_settings_t *settings = ctl->settings;
    const char *lack;

    if (settings->secrets_wrong != NULL) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "SessionSecret in npiectl.conf: %s",
                            settings->secrets_wrong);
    }
    lack = settings->secrets != NULL ? NULL
        : npie_session_secret_lack(&settings->redis, geteuid(), ctl->p);
    /* httpd has one then, and nothing of its would be found without. */
    return lack == NULL ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: name the file of "
                       "NPIESessionSecret as SessionSecret in npiectl.conf",
                       lack);
}

apr_status_t npie_ctl_sessions(npie_sessions_t **psessions, npie_ctl_t *ctl,
                               npie_err_t *err)
{
    const npie_ctl_settings_t *settings = ctl->settings;
    apr_status_t rv;

    if (!settings->has_redis) {
        return not_named("Redis", "Redis", "redis", err);
    }
    rv = npie_ctl_become(ctl, err);
    if (rv == APR_SUCCESS) {
        rv = check_secrets(ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sessions_create(psessions, &settings->redis,
                                  settings->secrets, ctl->p);
        if (rv != APR_SUCCESS) {
            return npie_err_set(err, NPIE_EINTERNAL, NPIE_P_NONE,
                                "Redis: no pool of connections");
        }
    }
    return rv;
}

apr_status_t npie_ctl_signer(npie_signer_t **psigner, npie_ctl_t *ctl,
                             npie_err_t *err)
{
    if (ctl->settings->signer == NULL) {
        return not_named("signer", "Signer", "signer", err);
    }
    *psigner = apr_pcalloc(ctl->p, sizeof(**psigner));
    (*psigner)->path = ctl->settings->signer;
    (*psigner)->timeout = apr_time_from_sec(10);
    return npie_ctl_become(ctl, err);
}

apr_status_t npie_ctl_trust(npie_trust_t **ptrust, npie_ctl_t *ctl,
                            npie_err_t *err)
{
    apr_status_t rv;

    *ptrust = NULL;
    if (ctl->settings->trust->nelts == 0) {
        return APR_SUCCESS;
    }
    rv = npie_trust_load(ptrust, ctl->settings->trust, err, ctl->p);
    return rv == APR_SUCCESS
        ? npie_trust_crls(*ptrust, ctl->settings->trust_crl, err, ctl->p)
        : rv;
}

apr_status_t npie_ctl_read_file(npie_bytes_t *pbytes, npie_ctl_t *ctl,
                                const char *path, apr_size_t max,
                                npie_err_t *err)
{
    apr_status_t rv = strcmp(path, "-") == 0
        ? npie_file_read_fd(pbytes, STDIN_FILENO, max, ctl->p)
        : npie_file_read(pbytes, path, max, ctl->p);

    return rv == APR_SUCCESS ? rv
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE, "%s: %s", path,
                       npie_file_why(rv, max, ctl->p));
}
