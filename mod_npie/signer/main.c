/* SPDX-License-Identifier: Apache-2.0
 * npie-signer: holds the CA's key and makes certificates for employers who
 * have signed for one. See npie-signer(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <openssl/crypto.h>

#include "base/text.h"
#include "signer/authority.h"
#include "signer/book.h"
#include "signer/config.h"
#include "signer/drawer.h"
#include "signer/hold.h"
#include "signer/import.h"
#include "signer/listen.h"
#include "signer/ops.h"
#include "signer/privilege.h"
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
    const char *hold;        /* a serial or all: ended, see hold.h */
    int confirm;             /* with hold: for good */
    int import;              /* 1: the logs of version 0.1 */
    int check_only;
    int print;               /* with check_only: say what the file comes to */
} options_t;

static int read_options(options_t *options, int argc, char **argv)
{
    int option;

    memset(options, 0, sizeof(*options));
    while ((option = getopt(argc, argv, "c:f:ir:tTs:u:")) != -1) {
        switch (option) {
        case 'c':
        case 'u':
            options->hold = optarg;
            options->confirm = option == 'c';
            break;
        case 'f':
            options->config_file = optarg;
            break;
        case 'i':
            options->import = 1;
            break;
        case 'r':
            options->reseal = optarg;
            break;
        case 'T':
            options->print = 1;
            options->check_only = 1;
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

/* What is there from root's hands to the cage. */
typedef struct parts_t {
    npie_signer_config_t *config;
    npie_authority_t *authority;
    npie_key_files_t *key;
    npie_book_t book;
    npie_ledger_t *ledger;
    npie_drawer_t drawer;
} parts_t;

/* What still needs the privileges the signer was started with. */
static apr_status_t prepare(parts_t *parts, const options_t *options,
                            npie_err_t *err, apr_pool_t *p)
{
    apr_status_t rv = npie_privilege_harden(err);

    parts->key = apr_pcalloc(p, sizeof(*parts->key));
    if (rv == APR_SUCCESS) {
        rv = npie_signer_config_read(&parts->config, options->config_file, err,
                                     p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_authority_load(&parts->authority, parts->config, err, p);
    }
    /* Before there is a key that they could take along. */
    if (rv == APR_SUCCESS) {
        rv = npie_book_start(&parts->book, parts->config, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_drawer_start(&parts->drawer, parts->config, err, p);
    }
    return rv == APR_SUCCESS
        ? npie_key_files_read(parts->key, parts->config, err, p) : rv;
}

/* The keys and the ledger, as the user that serves. */
static apr_status_t unlock(parts_t *parts, int read_only, npie_err_t *err,
                           apr_pool_t *p)
{
    apr_status_t rv = npie_authority_unlock(parts->authority, parts->key,
                                            parts->config, err, p);

    npie_key_files_forget(parts->key);
    return rv == APR_SUCCESS
        ? npie_book_open(&parts->ledger, &parts->book, parts->authority,
                         parts->config, read_only, err, p) : rv;
}

/* New files come into it: the ledger's key at the first start. */
static apr_status_t check_folder(const char *folder, npie_err_t *err)
{
    return access(folder, W_OK | X_OK) == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "State: %s: %s: the "
                       "folder must be there and belong to User", folder,
                       strerror(errno));
}

static apr_status_t check(const options_t *options, npie_err_t *err,
                          apr_pool_t *p)
{
    parts_t parts;
    apr_status_t rv = prepare(&parts, options, err, p);

    /* Whether a token or a folder can be used is a question of who asks; and a
     * token's module may leave files behind. */
    if (rv == APR_SUCCESS) {
        rv = npie_privilege_drop(parts.config, err);
    }
    if (rv == APR_SUCCESS) {
        rv = check_folder(parts.config->state, err);
    }
    if (rv == APR_SUCCESS) {
        rv = unlock(&parts, 1, err, p);
    }
    /* One that is away may come back; whoever checks wants to know. */
    if (rv == APR_SUCCESS) {
        rv = npie_ledger_sync(parts.ledger, err, p);
    }
    if (rv == APR_SUCCESS && options->print) {
        npie_signer_config_print(parts.config, parts.drawer.digest);
    }
    return rv;
}

/* For npiectl, which changes the registry as well. */
static void print_hold(void *baton, const npie_entry_t *entry)
{
    (void)baton;
    printf("%s %s %s\n", entry->field[NPIE_REVOKE_ISSUER],
           entry->field[NPIE_REVOKE_SERIAL], entry->field[NPIE_HOLD_ASKED]);
    fflush(stdout);
}

/* What is done once, by hand, with no httpd asking: it leaves an entry in the
 * ledger, so it needs what serving needs. */
static apr_status_t by_hand(const options_t *options, npie_err_t *err,
                            apr_pool_t *p)
{
    parts_t parts;
    apr_status_t rv = prepare(&parts, options, err, p);

    if (rv == APR_SUCCESS) {
        rv = npie_privilege_drop(parts.config, err);
    }
    if (rv == APR_SUCCESS) {
        rv = unlock(&parts, 0, err, p);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (options->hold != NULL) {
        return npie_hold_end(parts.ledger, options->hold, options->confirm,
                             print_hold, NULL, err, p);
    }
    return options->reseal != NULL
        ? npie_book_reseal(parts.ledger, options->reseal, err, p)
        : npie_import(parts.ledger, parts.authority, parts.config, err, p);
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

/* At every start, for good. */
static void say_resealed(const npie_kept_t *kept, apr_pool_t *p)
{
    if (kept->epoch > 0) {
        npie_signer_say("warn", "the audit's head was set by hand %"
                        APR_UINT64_T_FMT " times, the last time at %s",
                        kept->epoch, npie_text_time(kept->resealed, p));
    }
}

/* From root's hands to the cage; then everything is ready to serve. */
static apr_status_t start(int *pfd, npie_ops_t *ops, uid_t *ppeer,
                          const options_t *options, pid_t parent,
                          npie_err_t *err, apr_pool_t *p)
{
    parts_t parts;
    apr_status_t rv = prepare(&parts, options, err, p);

    if (rv == APR_SUCCESS) {
        rv = socket_of(pfd, options, parts.config, err);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_privilege_drop(parts.config, err);
    }
    if (rv == APR_SUCCESS && options->socket_path == NULL) {
        rv = npie_privilege_follow(parent, err);
    }
    if (rv == APR_SUCCESS) {
        rv = unlock(&parts, 0, err, p);
    }
    if (rv == APR_SUCCESS) {
        rv = npie_import_done(parts.ledger, parts.config, err, p);
    }
    if (rv == APR_SUCCESS && npie_server_prepare(*pfd) != APR_SUCCESS) {
        rv = npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                          "signals and socket cannot be set up");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    say_resealed(npie_known_kept(npie_ledger_known(parts.ledger)), p);
    *ppeer = parts.config->peer_uid;
    npie_ops_init(ops, parts.authority, parts.ledger, &parts.drawer,
                  parts.config, p);
    return confine(parts.config, err);
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
                    APR_UINT64_T_FMT " entries in the ledger",
                    (long)geteuid(), (long)peer,
                    npie_ledger_number(ops.ledger));
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
    if (options->reseal != NULL || options->import || options->hold != NULL) {
        code = by_hand(options, &err, p) == APR_SUCCESS ? 0 : EXIT_START;
        if (code != 0) {
            npie_signer_say_err("error", options->import ? "import"
                                : options->hold != NULL ? "hold" : "reseal",
                                &err);
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
        fputs("usage: npie-signer -f conf [-t | -T] [-i] [-r row:hash] "
              "[-u serial | -c serial] [-s /path/to/socket]\n",
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
