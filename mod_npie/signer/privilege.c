/* SPDX-License-Identifier: Apache-2.0
 * Giving up privileges.
 */
#include "signer/privilege.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "ledger/inherited.h"

static apr_status_t failed(npie_err_t *err, const char *what)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s", what,
                        strerror(errno));
}

/* The kernel forgets it at each change of user. */
static int hide(void)
{
#ifdef __linux__
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#else
    return 0;
#endif
}

apr_status_t npie_privilege_harden(npie_err_t *err)
{
    const struct rlimit none = { 0, 0 };

    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return failed(err, "core limit");
    }
    if (hide() != 0) {
        return failed(err, "not dumpable");
    }
#ifdef __linux__
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return failed(err, "no new privileges");
    }
#endif
    npie_close_inherited();
    return APR_SUCCESS;
}

/* Are all three ids the new ones, with no way back? */
static int dropped(const npie_signer_config_t *config)
{
    uid_t ruid, euid, suid;
    gid_t rgid, egid, sgid;

    return getresuid(&ruid, &euid, &suid) == 0
           && getresgid(&rgid, &egid, &sgid) == 0
           && ruid == config->uid && euid == config->uid
           && suid == config->uid && rgid == config->gid
           && egid == config->gid && sgid == config->gid
           && getgroups(0, NULL) == 0
           && setuid(0) != 0 && setgid(0) != 0;
}

apr_status_t npie_privilege_drop(const npie_signer_config_t *config,
                                 npie_err_t *err)
{
    if (geteuid() != 0) {
        return APR_SUCCESS;
    }
    if (setgroups(0, NULL) != 0
        || setresgid(config->gid, config->gid, config->gid) != 0
        || setresuid(config->uid, config->uid, config->uid) != 0) {
        return failed(err, "becoming User");
    }
    if (!dropped(config)) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "becoming User: the system kept a way back");
    }
    if (hide() != 0) {
        return failed(err, "not dumpable");
    }
    return APR_SUCCESS;
}

apr_status_t npie_privilege_follow(pid_t parent, npie_err_t *err)
{
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0) {
        return failed(err, "following the parent");
    }
#endif
    if (getppid() != parent) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "the parent process has ended");
    }
    return APR_SUCCESS;
}
