/* SPDX-License-Identifier: Apache-2.0
 * npiectl: the admin's tool of mod_npie. See npiectl(8).
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "ctl/ctl.h"
#include "ctl/show.h"

static const char *who(apr_pool_t *p)
{
    const char *sudo = getuid() == 0 ? getenv("SUDO_USER") : NULL;
    const struct passwd *user = getpwuid(getuid());

    if (sudo != NULL && getpwnam(sudo) != NULL) {
        return apr_psprintf(p, "npiectl:%.40s", sudo);
    }
    return user == NULL ? apr_psprintf(p, "npiectl:%ld", (long)getuid())
                        : apr_psprintf(p, "npiectl:%.40s", user->pw_name);
}

static npie_ctl_exit_t end_of(apr_status_t rv)
{
    switch (rv) {
    case APR_SUCCESS:
        return NPIE_CTL_DONE;
    case NPIE_EBACKEND:
    case NPIE_EPROTO:
        return NPIE_CTL_DOWN;
    case NPIE_EDAMAGED:
        return NPIE_CTL_DAMAGED;
    default:
        return NPIE_CTL_REFUSED;
    }
}

/* A monitoring plugin that cannot look has one way to say so. */
static int cannot_look(int argc, const char *const *argv,
                       const npie_err_t *err)
{
    int status = 0;

    for (int i = 1; i < argc; i++) {
        status |= strcmp(argv[i], "status") == 0;
        if (status && strcmp(argv[i], "--plugin") == 0) {
            printf("NPIE UNKNOWN - %s\n", err->detail);
            return 1;
        }
    }
    return 0;
}

static int run(int argc, const char *const *argv, apr_pool_t *p)
{
    npie_ctl_t ctl = { .p = p, .now = apr_time_now(), .actor = who(p),
                       .ends = -1 };
    npie_err_t err = { 0, NPIE_P_NONE, "" };
    apr_status_t rv = npie_ctl_line(&ctl, argc, argv, &err);

    if (rv != APR_SUCCESS && cannot_look(argc, argv, &err)) {
        return NPIE_CTL_UNKNOWN;
    }
    if (rv != APR_SUCCESS) {
        npie_ctl_show_error(&ctl, &err);
        return rv == NPIE_EINPUT ? NPIE_CTL_USAGE : NPIE_CTL_REFUSED;
    }
    if (ctl.command != NULL) {
        rv = ctl.command->run(&ctl, &err);
        if (rv != APR_SUCCESS) {
            npie_ctl_show_error(&ctl, &err);
        }
    }
    /* An answer that did not reach its file is none. */
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "npiectl: standard output: %s\n", strerror(errno));
        return NPIE_CTL_REFUSED;
    }
    return ctl.ends >= 0 ? ctl.ends : (int)end_of(rv);
}

int main(int argc, const char *const *argv)
{
    int code;
    apr_pool_t *p;

    if (apr_initialize() != APR_SUCCESS
        || apr_pool_create(&p, NULL) != APR_SUCCESS) {
        return NPIE_CTL_REFUSED;
    }
    /* Redis and the signer may hang up at any time. */
    signal(SIGPIPE, SIG_IGN);
    code = run(argc, argv, p);
    apr_pool_destroy(p);
    apr_terminate();
    return code;
}
