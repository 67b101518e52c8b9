/* SPDX-License-Identifier: Apache-2.0
 * npie-signer: holds the CA's key and makes certificates for employers who
 * have signed for one. See npie-signer(8).
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "signer/authority.h"
#include "signer/config.h"
#include "signer/heads.h"
#include "signer/listen.h"
#include "signer/log.h"
#include "signer/ops.h"
#include "signer/privilege.h"
#include "signer/reseal.h"
#include "signer/sandbox.h"
#include "signer/say.h"
#include "signer/server.h"

/* Tells the parent that starting again would fail the same way. */
#define EXIT_START 254
#define EXIT_SERVE 1

/* Where libcrypto keeps private keys: locked in memory, out of core files. */
#define SECURE_HEAP (256 * 1024)
#define SECURE_LEAST 64

/* What the allocator keeps between requests; more goes back to the system. */
#define KEPT_MEMORY (4 * 1024 * 1024)

typedef struct options_t {
    const char *config_file;
    const char *socket_path; /* NULL: descriptor 0 */
    const char *reseal;      /* a head; NULL: serve */
    int check_only;
} options_t;

static int read_options(options_t *options, int argc, char **argv)
{
    int option;

    memset(options, 0, sizeof(*options));
    while ((option = getopt(argc, argv, "f:r:ts:")) != -1) {
        switch (option) {
        case 'f':
            options->config_file = optarg;
            break;
        case 'r':
            options->reseal = optarg;
            break;
        case 't':
            options->check_only = 1;
            break;
        case 's':
            options->socket_path = optarg;
            break;
        default:
            return 0;
        }
    }
    return options->config_file != NULL && optind == argc;
}

/* Descriptors 0 to 2 must be open, or a file opened later takes their place
 * and log lines go into it. */
static int fill_standard(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

static apr_status_t socket_of(int *pfd, const options_t *options,
                              const npie_signer_config_t *config,
                              npie_err_t *err)
{
    if (options->socket_path != NULL) {
        return npie_listen_make(pfd, options->socket_path, config, err);
    }
    *pfd = STDIN_FILENO;
    return npie_listen_inherited(STDIN_FILENO, err);
}

/* What still needs the privileges the signer was started with. */
static apr_status_t prepare(npie_signer_config_t **pconfig,
                            npie_authority_t **pauthority,
                            npie_key_files_t *key, const options_t *options,
                            npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_privilege_harden(err);

    if (rv == APR_SUCCESS) {
        rv = npie_signer_config_read(pconfig, options->config_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_key_files_read(key, *pconfig, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_authority_load(pauthority, *pconfig, err, p);
    }
    return rv;
}

static apr_status_t check(const options_t *options, npie_err_t *err,
                          apr_pool_t *p)
{
    npie_key_files_t *key = apr_pcalloc(p, sizeof(*key));
    npie_signer_config_t *config;
    npie_authority_t *authority;
    apr_status_t rv = prepare(&config, &authority, key, options, err, p);

    /* Whether a token can be used is a question of who asks it; and a module
     * may leave files behind. */
    if (rv == APR_SUCCESS && npie_signer_config_has_token(config)) {
        rv = npie_privilege_drop(config, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_authority_unlock(authority, key, config, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_issuance_check(config->log_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_revocations_check(config->revocation_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_heads_check(config->heads_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sealed_check(config->sealed_file, err, p);
    }
    return rv;
}

static apr_status_t reseal(const options_t *options, npie_err_t *err,
                           apr_pool_t *p)
{
    npie_signer_config_t *config;
    apr_status_t rv = npie_signer_config_read(&config, options->config_file,
                                              err, p);

    return rv == APR_SUCCESS ? npie_reseal(config, options->reseal, err, p)
                             : rv;
}

static apr_status_t confine(const npie_signer_config_t *config,
                            npie_err_t *err)
{
    int confined = 0;
    apr_status_t rv = APR_SUCCESS;

    if (config->sandbox) {
        rv = npie_sandbox_enter(&confined,
                                npie_signer_config_has_token(config), err);
    }
    if (rv == APR_SUCCESS && !confined) {
        npie_signer_say("warn", config->sandbox
                        ? "this system has no filter of system calls"
                        : "system calls are not filtered: Sandbox is off");
    }
    return rv;
}

static void say_repaired(const char *file, const char *repaired)
{
    if (repaired != NULL) {
        npie_signer_say("warn", "%s: %s", file, repaired);
    }
}

/* At every start, for good. */
static void say_resealed(const npie_heads_t *heads)
{
    if (npie_heads_resealed(heads) > 0) {
        npie_signer_say("warn", "the audit's head was set by hand %"
                        APR_INT64_T_FMT " times, the last time at %s",
                        npie_heads_resealed(heads),
                        npie_heads_resealed_at(heads));
    }
}

/* From root's hands to the cage; then everything is ready to serve. */
static apr_status_t start(int *pfd, npie_ops_t *ops, uid_t *ppeer,
                          const options_t *options, pid_t parent,
                          npie_err_t *err, apr_pool_t *p)
{
    npie_key_files_t *key = apr_pcalloc(p, sizeof(*key));
    npie_signer_config_t *config;
    npie_authority_t *authority;
    npie_issuance_t *log;
    npie_revocations_t *revocations;
    npie_heads_t *heads;
    npie_sealed_log_t *sealed;
    apr_status_t rv = prepare(&config, &authority, key, options, err, p);

    if (rv == APR_SUCCESS) {
        rv = socket_of(pfd, options, config, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_privilege_drop(config, err);
    }
    if (rv == APR_SUCCESS && options->socket_path == NULL) {
        rv = npie_privilege_follow(parent, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_issuance_open(&log, config->log_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_revocations_open(&revocations, config->revocation_file, err,
                                   p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_heads_open(&heads, config->heads_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_sealed_open(&sealed, config->sealed_file, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_authority_unlock(authority, key, config, err, p);
        npie_key_files_forget(key);
    }
    if (rv == APR_SUCCESS && npie_server_prepare(*pfd) != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                          "signals and socket cannot be set up");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    say_repaired(config->log_file, npie_issuance_repaired(log));
    say_repaired(config->revocation_file,
                 npie_revocations_repaired(revocations));
    say_repaired(config->sealed_file, npie_sealed_repaired(sealed));
    say_resealed(heads);
    *ppeer = config->peer_uid;
    npie_ops_init(ops, authority, log, revocations, heads, sealed, config, p);
    return confine(config, err);
}

static int serve(const options_t *options, pid_t parent, apr_pool_t *p)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    npie_ops_t ops;
    apr_status_t rv;
    char text[120];
    uid_t peer;
    int fd;

    rv = start(&fd, &ops, &peer, options, parent, &err, p);
    if (rv != APR_SUCCESS) {
        npie_signer_say_err("error", "cannot start", &err);
        return EXIT_START;
    }
    npie_signer_say("notice", "ready, as uid %ld, for uid %ld, %"
                    APR_UINT64_T_FMT " certificates in the log",
                    (long)geteuid(), (long)peer,
                    npie_issuance_count(ops.log));
    rv = npie_server_run(fd, &ops, peer, p);
    if (rv != APR_SUCCESS) {
        npie_signer_say("error", "cannot go on: %s",
                        npie_strerror(rv, text, sizeof(text)));
        return EXIT_SERVE;
    }
    npie_signer_say("notice", "ended");
    return 0;
}

static apr_pool_t *make_pool(void)
{
    apr_allocator_t *allocator;
    apr_pool_t *p;

    if (apr_allocator_create(&allocator) != APR_SUCCESS
        || apr_pool_create_ex(&p, NULL, NULL, allocator) != APR_SUCCESS) {
        return NULL;
    }
    apr_allocator_owner_set(allocator, p);
    apr_allocator_max_free_set(allocator, KEPT_MEMORY);
    return p;
}

static int run(const options_t *options, pid_t parent)
{
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_pool_t *p = make_pool();
    int code;

    if (p == NULL) {
        return EXIT_START;
    }
    if (options->reseal != NULL) {
        code = reseal(options, &err, p) == APR_SUCCESS ? 0 : EXIT_START;
        if (code != 0) {
            npie_signer_say_err("error", "reseal", &err);
        }
    }
    else if (!options->check_only) {
        code = serve(options, parent, p);
    }
    else if (check(options, &err, p) == APR_SUCCESS) {
        npie_signer_say("notice", "%s: good", options->config_file);
        code = 0;
    }
    else {
        npie_signer_say_err("error", "check", &err);
        code = EXIT_START;
    }
    apr_pool_destroy(p);
    return code;
}

int main(int argc, char **argv)
{
    pid_t parent = getppid();
    options_t options;
    int code;

    if (!fill_standard() || apr_initialize() != APR_SUCCESS) {
        return EXIT_START;
    }
    if (!read_options(&options, argc, argv)) {
        fputs("usage: npie-signer -f conf [-t] [-r row:hash] "
              "[-s /path/to/socket]\n",
              stderr);
        return EXIT_START;
    }
    /* The best that the system's limits allow; without it keys live in
     * ordinary memory. */
    CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_LEAST);
    code = run(&options, parent);
    CRYPTO_secure_malloc_done();
    apr_terminate();
    return code;
}
