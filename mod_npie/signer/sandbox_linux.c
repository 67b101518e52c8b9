/* SPDX-License-Identifier: Apache-2.0
 * The system calls that serving needs, and no others (seccomp).
 */
#include "signer/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "ledger/filter_linux.h"

/* What the loop needs to serve, and the anchor of the ledger. */
static const int allowed[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pwrite64),
    SCMP_SYS(recvfrom),
    SCMP_SYS(sendto), SCMP_SYS(accept4), SCMP_SYS(ppoll), SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
};

/* What modules of PKCS#11 tokens need besides. SoftHSM opens its files at
 * every use; others speak to a daemon, a machine on the network or a device,
 * and some do so in threads. */
static const int allowed_tokens[] = {
    /* files */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(lseek), SCMP_SYS(readv),
    SCMP_SYS(writev), SCMP_SYS(pread64), SCMP_SYS(fcntl), SCMP_SYS(flock),
    SCMP_SYS(fsync), SCMP_SYS(ftruncate), SCMP_SYS(fdatasync),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd),
    SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(rename),
    SCMP_SYS(renameat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(umask),
    SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(ioctl),
    /* daemons and machines */
    SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvmsg), SCMP_SYS(shutdown),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
    SCMP_SYS(poll), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(eventfd2), SCMP_SYS(pipe2),
    /* threads; clone is below */
    SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill), SCMP_SYS(sched_getaffinity),
    /* who and where we are */
    SCMP_SYS(getppid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname),
    SCMP_SYS(clock_getres), SCMP_SYS(prlimit64), SCMP_SYS(getrusage),
};

static int add_tokens(scmp_filter_ctx filter)
{
    int rc = npie_filter_allow(filter, allowed_tokens, sizeof(allowed_tokens)
                               / sizeof(allowed_tokens[0]));

    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 0);
    }
    /* Threads and no processes. Flags of clone3 lie in memory, where a filter
     * cannot see them: libc then does with clone. */
    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD,
                                      CLONE_THREAD));
    }
    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS),
                              SCMP_SYS(clone3), 0);
    }
    return rc;
}

static int add_rules(scmp_filter_ctx filter, int tokens)
{
    int rc = npie_filter_allow_life(filter);

    if (rc == 0) {
        rc = npie_filter_allow(filter, allowed,
                               sizeof(allowed) / sizeof(allowed[0]));
    }
    if (rc == 0 && tokens) {
        rc = add_tokens(filter);
    }
    if (rc == 0 && !tokens) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getsockopt), 2,
                              SCMP_A1(SCMP_CMP_EQ, SOL_SOCKET, 0),
                              SCMP_A2(SCMP_CMP_EQ, SO_PEERCRED, 0));
    }
    return rc;
}

apr_status_t npie_sandbox_enter(int *pconfined, int tokens,
                                npie_err_t *err)
{
    scmp_filter_ctx filter = npie_filter_make();
    apr_status_t rv = npie_filter_load(filter, add_rules(filter, tokens),
                                       err);

    *pconfined = rv == APR_SUCCESS;
    return rv;
}
