/* SPDX-License-Identifier: Apache-2.0
 * The registry and Redis, looked at as httpd's User.
 */
#include "httpd/check.h"

#include <apr_strings.h>

#include "httpd/probe.h"
#include "httpd/tree.h"
#include "pki/pem.h"
#include "store/schema.h"

/* How the registry is reached, as mod_dbd has it. */
typedef struct database_t {
    const char *driver;
    const char *params;
} database_t;

static void say_version(int fd, int version)
{
    if (version == 0) {
        npie_probe_say(fd, NPIE_N_CONFIG, "DBDParams: there is no registry in "
                       "it: npiectl registry init makes one");
    }
    else if (version < NPIE_SCHEMA_VERSION) {
        npie_probe_say(fd, NPIE_N_CONFIG, "DBDParams: the registry has version "
                       "%d, and this mod_npie needs %d: npiectl registry "
                       "upgrade", version, NPIE_SCHEMA_VERSION);
    }
    else if (version > NPIE_SCHEMA_VERSION) {
        npie_probe_say(fd, NPIE_N_CONFIG, "DBDParams: the registry has version "
                       "%d, and this mod_npie knows %d: install the mod_npie "
                       "that upgraded it", version, NPIE_SCHEMA_VERSION);
    }
}

static void look_at_registry(int fd, void *baton, apr_pool_t *p)
{
    const database_t *database = baton;
    int is_file = strcmp(database->driver, "sqlite3") == 0, version = 0;
    npie_registry_t *registry;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_schema_connect(&registry, database->driver,
                                          database->params, &err, p);

    if (rv != APR_SUCCESS && !is_file
        && strstr(err.detail, "cannot connect") != NULL) {
        npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "DBDParams: %s: the pages "
                       "answer 503 until the database does", err.detail);
        return;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_schema_version(&version, registry, &err);
    }
    if (rv == APR_SUCCESS && version != NPIE_SCHEMA_VERSION) {
        say_version(fd, version);
        return;
    }
    if (rv == APR_SUCCESS) {
        rv = npie_schema_writable(registry, &err);
    }
    if (rv == APR_SUCCESS && npie_schema_no_timeout(registry) != NULL) {
        npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "DBDParams: %s is not set: a "
                       "statement that waits holds a worker for ever; add "
                       "options='-c statement_timeout=5s -c lock_timeout=3s'",
                       npie_schema_no_timeout(registry));
    }
    if (rv != APR_SUCCESS) {
        npie_probe_say(fd, strstr(err.detail, " is locked") != NULL
                       ? NPIE_N_CONFIG_DOUBT : NPIE_N_CONFIG,
                       "DBDParams: %s%s", err.detail, is_file
                       ? ": file and directory must be there and belong to "
                         "httpd's User; npiectl registry init makes them" : "");
    }
}

/* A directive's first argument for a server, or NULL. */
static const char *argument(const server_rec *s, const char *name,
                            apr_pool_t *p)
{
    const ap_directive_t *at = npie_tree_of_server(s, name);
    const char *args = at != NULL ? at->args : NULL;

    return args != NULL ? ap_getword_conf(p, &args) : NULL;
}

int npie_check_registry(const server_rec *s, const npie_server_conf_t *conf,
                        apr_pool_t *ptemp)
{
    database_t database = { argument(s, "DBDriver", ptemp),
                            argument(s, "DBDParams", ptemp) };
    const ap_directive_t *at = npie_tree_of_server(s, "DBDParams");

    if (database.driver == NULL || database.params == NULL) {
        npie_remark(NPIE_N_CONFIG, s, at != NULL ? at
                    : npie_remark_place(conf, NPIE_SET_BASE_URL),
                    database.driver != NULL
                    ? "NPIEBaseURL needs a registry: set DBDParams, as "
                      "/var/lib/npie/registry.db for DBDriver sqlite3"
                    : "NPIEBaseURL needs a registry: set DBDriver (sqlite3 or "
                      "pgsql) and DBDParams");
        return 1;
    }
    return npie_probe_remarks(look_at_registry, &database, s, at,
                              "the registry", ptemp);
}

/* Redis' own words for what no waiting mends. */
static int is_refusal(const char *detail)
{
    static const char *const words[] = { "WRONGPASS", "NOAUTH", "NOPERM",
                                         "AUTH: ERR", "SELECT: ERR" };

    for (apr_size_t i = 0; i < sizeof(words) / sizeof(words[0]); ++i) {
        if (strstr(detail, words[i]) != NULL) {
            return 1;
        }
    }
    return 0;
}

static void look_at_redis(int fd, void *baton, apr_pool_t *p)
{
    const npie_redis_t *redis = baton;
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_sessions_t *sessions;

    if (npie_sessions_create(&sessions, redis, NULL, p) != APR_SUCCESS
        || npie_sessions_ping(sessions, &err, p) == APR_SUCCESS) {
        return;
    }
    if (is_refusal(err.detail)) {
        npie_probe_say(fd, NPIE_N_CONFIG, "NPIERedis: %s: see user=, "
                       "password-file= and database=, and the users of Redis "
                       "(ACL LIST)",
                       err.detail);
    }
    else {
        npie_probe_say(fd, NPIE_N_CONFIG_DOUBT, "NPIERedis: %s: nobody can log "
                       "in until Redis answers there", err.detail);
    }
}

int npie_check_redis(const server_rec *s, const npie_server_conf_t *conf,
                     apr_pool_t *ptemp)
{
    npie_redis_t redis = conf->redis;

    return npie_probe_remarks(look_at_redis, &redis, s,
                              npie_remark_place(conf, NPIE_SET_REDIS), "Redis",
                              ptemp);
}

/* Where the first end is kept while lines are looked through. */
typedef struct ends_t {
    apr_time_t *first;
    apr_pool_t *p;
} ends_t;

/* A file's first certificate is the server's own. */
static apr_status_t take_first(void *baton, npie_cert_t *cert,
                               const char *file, npie_err_t *err)
{
    apr_time_t *end = baton;

    (void)file;
    (void)err;
    *end = *end == 0 ? cert->not_after : *end;
    return APR_SUCCESS;
}

/* Looks at each of the lines, and lets none be found. */
static int note_end(const ap_directive_t *at, const void *baton)
{
    const ends_t *ends = baton;
    const char *args = at->args;
    const char *file = ap_server_root_relative(
        ends->p, ap_getword_conf(ends->p, &args));
    npie_err_t err;
    apr_time_t end = 0;

    if (file != NULL) {
        npie_pem_read(file, take_first, &end, &err, ends->p);
    }
    if (end != 0 && (*ends->first == 0 || end < *ends->first)) {
        *ends->first = end;
    }
    return 0;
}

apr_time_t npie_check_tls_end(apr_pool_t *ptemp)
{
    apr_time_t first = 0;
    const ends_t ends = { &first, ptemp };

    npie_tree_find(ap_conftree, "SSLCertificateFile", note_end, &ends);
    return first;
}
