/* SPDX-License-Identifier: Apache-2.0
 * npiectl setup: an installation from a few answers, by the commands that make
 * its parts.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "ctl/commands.h"
#include "ctl/setup_answers.h"
#include "ctl/setup_files.h"
#include "ctl/show.h"

#define SITES "/etc/apache2/sites-available"

const npie_ctl_option_t npie_ctl_setup_options[] = {
    { "answers", "FILE", "the answers, default: ask" },
    { "passphrase-file", "FILE", "its first line is the passphrase of root.key, default: ask" },
    { "folder", "FOLDER", "folder of the configuration, default: that of npiectl.conf" },
    { "site-file", "FILE", "the site, default: " SITES "/npie.conf, or site.conf in the folder" },
    { "references", "FOLDER", "folder of the annotated references" },
    { NULL, NULL, NULL }
};

static const npie_ctl_column_t step_columns[] = {
    { "step", "Step" }, { "state", "State" }, { "detail", "Detail" },
    { NULL, NULL }
};

static int exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && (S_ISDIR(st.st_mode) || st.st_size > 0);
}

/* state: "made", "there" before, or "kept" though it differs. */
static void tell(npie_setup_t *setup, const char *step, const char *state,
                 const char *detail)
{
    json_array_append_new(setup->steps, json_pack(
        "{s: s, s: s, s: s}", "step", step, "state", state, "detail",
        detail));
}

/* Another command, on its own line; what it answers goes into *answer. */
static apr_status_t within(npie_setup_t *setup, npie_ctl_fn *run,
                           apr_table_t *options, const char *operand,
                           json_t **answer, npie_err_t *err)
{
    npie_ctl_t one = *setup->ctl;
    json_t *unseen = NULL;
    apr_status_t rv;

    one.options = options;
    one.operands = apr_array_make(one.p, 1, sizeof(const char *));
    APR_ARRAY_PUSH(one.operands, const char *) = operand;
    one.answer = answer == NULL ? &unseen : answer;
    rv = run(&one, err);
    json_decref(unseen);
    /* What it has opened stays open. */
    setup->ctl->registry = one.registry;
    return rv;
}

/* The users whom the signer becomes are made with the package, or by hand. */
static apr_status_t check_users(npie_err_t *err)
{
    for (int i = 0; geteuid() == 0 && i < 2; i++) {
        const char *name = i == 0 ? NPIE_SETUP_SIGNER : NPIE_SETUP_LEDGER;

        if (getpwnam(name) == NULL) {
            return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "there is no "
                                "user %s: useradd --system %s", name, name);
        }
    }
    return APR_SUCCESS;
}

/* A folder of a user's own, as root; else of who runs this. */
static apr_status_t folder_of(npie_setup_t *setup, const char *path,
                              mode_t mode, const char *user, npie_err_t *err)
{
    const struct passwd *owner = getpwnam(user);

    if (exists(path)) {
        tell(setup, "folder", "there", path);
        return APR_SUCCESS;
    }
    if (mkdir(path, mode) != 0
        || (geteuid() == 0 && owner != NULL
            && chown(path, owner->pw_uid, owner->pw_gid) != 0)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", path,
                            strerror(errno));
    }
    tell(setup, "folder", "made", path);
    return APR_SUCCESS;
}

static const char *parent(const char *path, apr_pool_t *p)
{
    return apr_pstrmemdup(p, path, (apr_size_t)(strrchr(path, '/') - path));
}

static apr_status_t make_folders(npie_setup_t *setup, npie_err_t *err)
{
    const npie_answers_t *answers = setup->answers;
    apr_status_t rv = folder_of(setup, setup->folder, 0755, "root", err);

    if (rv == APR_SUCCESS) {
        rv = folder_of(setup, answers->state, 0700, NPIE_SETUP_SIGNER, err);
    }
    if (rv == APR_SUCCESS) {
        rv = folder_of(setup, parent(answers->ledger, answers->p), 0700,
                       NPIE_SETUP_LEDGER, err);
    }
    if (rv == APR_SUCCESS && strncmp(answers->registry, "sqlite3:", 8) == 0) {
        rv = folder_of(setup, parent(answers->registry + 8, answers->p), 0750,
                       answers->user, err);
    }
    return rv;
}

static apr_status_t make_secret(npie_setup_t *setup, npie_err_t *err)
{
    const char *path = npie_setup_path(setup, "session.secret");
    apr_status_t rv;

    if (exists(path)) {
        tell(setup, "session secret", "there", path);
        return APR_SUCCESS;
    }
    rv = within(setup, npie_ctl_session_secret,
                apr_table_make(setup->ctl->p, 1), path, NULL, err);
    if (rv == APR_SUCCESS) {
        tell(setup, "session secret", "made", path);
    }
    return rv;
}

static apr_status_t make_authority(npie_setup_t *setup, npie_err_t *err)
{
    const npie_answers_t *answers = setup->answers;
    apr_pool_t *p = setup->ctl->p;
    const char *path = npie_setup_path(setup, "ca");
    const char *passphrase = npie_ctl_option(setup->ctl, "passphrase-file");
    apr_table_t *options = apr_table_make(p, 6);
    apr_status_t rv;

    if (exists(npie_setup_path(setup, "ca/issuing.crt"))) {
        tell(setup, "authority", "there", path);
        return APR_SUCCESS;
    }
    apr_table_setn(options, "organization", answers->institution);
    apr_table_setn(options, "url", apr_pstrcat(p, "http://", answers->site,
                                               "/npie/", NULL));
    if (passphrase != NULL) {
        apr_table_setn(options, "passphrase-file", passphrase);
    }
    if (answers->token != NULL) {
        apr_table_setn(options, "pkcs11", answers->token);
    }
    if (answers->pin_file != NULL) {
        apr_table_setn(options, "pin-file", answers->pin_file);
    }
    rv = within(setup, npie_ctl_ca_init, options, path, NULL, err);
    if (rv == APR_SUCCESS) {
        tell(setup, "authority", "made", path);
    }
    return rv;
}

static apr_status_t make_files(npie_setup_t *setup, npie_err_t *err)
{
    static const struct {
        const char *step;
        npie_setup_file_fn *make;
    } files[] = {
        { "npie-signer.conf", npie_setup_signer },
        { "npiectl.conf", npie_setup_npiectl },
        { "site", npie_setup_site },
    };
    apr_status_t rv = APR_SUCCESS;

    for (int i = 0; rv == APR_SUCCESS && i < 3; i++) {
        const char *state;
        const char *path = NULL;

        rv = files[i].make(&state, &path, setup, err);
        if (rv == APR_SUCCESS) {
            tell(setup, files[i].step, state, path);
        }
    }
    return rv;
}

/* By what npiectl.conf says now, as any later run will read it. */
static apr_status_t read_settings(npie_setup_t *setup, npie_err_t *err)
{
    setup->ctl->settings = npie_ctl_settings_make(setup->ctl->p);
    return npie_ctl_settings_read(setup->ctl->settings,
                                  npie_setup_path(setup, "npiectl.conf"), err);
}

/* Is there a registry? In PostgreSQL only a connection tells. */
static apr_status_t find_registry(int *pthere, npie_setup_t *setup,
                                  npie_err_t *err)
{
    const npie_ctl_settings_t *settings = setup->ctl->settings;
    npie_registry_t *registry;
    apr_status_t rv;
    apr_pool_t *p;
    int version = 0;

    *pthere = 1;
    if (settings->driver == NULL) {
        return npie_ctl_registry(&registry, setup->ctl, err);
    }
    if (strcmp(settings->driver, "sqlite3") == 0) {
        *pthere = exists(settings->params);
        return APR_SUCCESS;
    }
    rv = npie_ctl_become(setup->ctl, err);
    if (rv == APR_SUCCESS) {
        apr_pool_create(&p, setup->ctl->p);
        rv = npie_ctl_connect(&registry, &version, setup->ctl, err, p);
        apr_pool_destroy(p);
    }
    *pthere = version != 0;
    return rv;
}

static apr_status_t make_registry(npie_setup_t *setup, npie_err_t *err)
{
    int there = 0;
    apr_status_t rv = find_registry(&there, setup, err);

    if (rv == APR_SUCCESS && !there) {
        rv = within(setup, npie_ctl_registry_init,
                    apr_table_make(setup->ctl->p, 1), "", NULL, err);
    }
    if (rv == APR_SUCCESS) {
        const npie_ctl_settings_t *settings = setup->ctl->settings;

        /* Its parameters may hold a password. */
        tell(setup, "registry", there ? "there" : "made",
             strcmp(settings->driver, "sqlite3") == 0 ? settings->params
                                                      : "pgsql");
    }
    return rv;
}

/* What is left to do by hand, one a line. */
static json_t *next_of(const npie_setup_t *setup)
{
    apr_pool_t *p = setup->ctl->p;
    const char *site = setup->site_file;
    json_t *next = json_array();

    if (strncmp(site, SITES "/", strlen(SITES "/")) == 0) {
        json_array_append_new(next, json_string("a2enmod npie"));
        json_array_append_new(next, json_string(apr_psprintf(
            p, "a2ensite %s", apr_filepath_name_get(site))));
    }
    else {
        json_array_append_new(next, json_string(apr_pstrcat(
            p, "Include it in httpd.conf: Include ", site, NULL)));
    }
    json_array_append_new(next, json_string("apachectl configtest"));
    json_array_append_new(next, json_string("apachectl restart"));
    json_array_append_new(next, json_string(
        "npiectl employer import FILE; npiectl certificate import FOLDER"));
    if (exists(npie_setup_path(setup, "ca/offline"))) {
        json_array_append_new(next, json_string(apr_pstrcat(
            p, "Move ", npie_setup_path(setup, "ca/offline"),
            ", the key of the root, to a medium that is kept elsewhere",
            NULL)));
    }
    json_array_append_new(next, json_string("npiectl status"));
    return next;
}

/* Everything, or what there is before an error. */
static void show(npie_setup_t *setup, int done, json_t *status)
{
    npie_ctl_t *ctl = setup->ctl;
    json_t *next = done ? next_of(setup) : json_array();
    json_t *one;
    size_t n;

    if (ctl->json) {
        npie_ctl_show_record(ctl, json_pack(
            "{s: o, s: o?, s: o}", "steps", setup->steps, "status", status,
            "next", next), step_columns);
        return;
    }
    npie_ctl_show_list(ctl, setup->steps, step_columns, "nothing was made");
    if (status != NULL) {
        npie_ctl_say(ctl, "%s", "");
        npie_ctl_show_list(ctl, status, npie_ctl_status_columns, "");
    }
    if (done) {
        npie_ctl_say(ctl, "%s", "\nNext, as root:");
    }
    json_array_foreach (next, n, one) {
        npie_ctl_say(ctl, "  %s", json_string_value(one));
    }
    json_decref(next);
}

static apr_status_t make(npie_setup_t *setup, npie_err_t *err)
{
    apr_status_t rv = check_users(err);

    if (rv == APR_SUCCESS) {
        rv = npie_answers_get(&setup->answers, setup->ctl, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_folders(setup, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_secret(setup, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_authority(setup, err);
    }
    return rv == APR_SUCCESS ? make_files(setup, err) : rv;
}

/* A second run has nothing to ask. 1 = all is there, and has been told. */
static int all_there(npie_setup_t *setup)
{
    static const char *const files[] = {
        "npiectl.conf", "npie-signer.conf", "session.secret",
        "ca/issuing.crt"
    };

    if (!exists(setup->site_file)) {
        return 0;
    }
    for (int i = 0; i < 4; i++) {
        if (!exists(npie_setup_path(setup, files[i]))) {
            return 0;
        }
    }
    for (int i = 0; i < 4; i++) {
        tell(setup, "file", "there", npie_setup_path(setup, files[i]));
    }
    tell(setup, "site", "there", setup->site_file);
    return 1;
}

apr_status_t npie_ctl_setup(npie_ctl_t *ctl, npie_err_t *err)
{
    npie_setup_t setup = { .ctl = ctl, .steps = json_array() };
    npie_err_t unwell = { 0, NPIE_P_NONE, "" };
    json_t *status = NULL;
    apr_status_t rv = APR_SUCCESS;

    setup.folder = npie_ctl_option_or(ctl, "folder",
                                      parent(NPIE_CTL_CONF, ctl->p));
    setup.references = npie_ctl_option_or(ctl, "references", NPIE_ORIGINAL_DIR);
    setup.site_file = npie_ctl_option_or(ctl, "site-file", exists(SITES)
                                ? SITES "/npie.conf"
                                : npie_setup_path(&setup, "site.conf"));
    if (setup.folder[0] != '/' || setup.site_file[0] != '/') {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_NONE,
                            "--folder and --site-file are absolute paths");
    }
    if (!all_there(&setup)) {
        rv = make(&setup, err);
    }
    if (rv == APR_SUCCESS) {
        rv = read_settings(&setup, err);
    }
    if (rv == APR_SUCCESS) {
        rv = make_registry(&setup, err);
    }
    if (rv == APR_SUCCESS) {
        /* httpd is not running yet: what does not answer is no failure. */
        (void)within(&setup, npie_ctl_status, apr_table_make(ctl->p, 1), "",
                     &status, &unwell);
    }
    if (rv == APR_SUCCESS || json_array_size(setup.steps) > 0) {
        show(&setup, rv == APR_SUCCESS, status);
    }
    else {
        json_decref(setup.steps);
    }
    return rv;
}
