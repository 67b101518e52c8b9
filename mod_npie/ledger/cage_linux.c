/* SPDX-License-Identifier: Apache-2.0
 * The system calls that programs without keys need, and no others.
 */
#include "ledger/cage.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "ledger/filter_linux.h"

#define NOT_READING (O_ACCMODE | O_CREAT | O_TRUNC)

/* The pair of sockets. */
static const int pair[] = {
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
    SCMP_SYS(ppoll), SCMP_SYS(close), SCMP_SYS(fstat),
};

/* Files that are read. */
static const int reading[] = {
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(lseek),
    SCMP_SYS(pread64), SCMP_SYS(fcntl), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
};

/* The files of SQLite beside its database. */
static const int writing[] = {
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pwrite64),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync),
    SCMP_SYS(fdatasync), SCMP_SYS(fchmod), SCMP_SYS(fchown),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(getcwd),
};

/* libpq, libssl, the resolver: connections, no server of our own; bind(2) is
 * for netlink, which the resolver asks for addresses. */
static const int network[] = {
    SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(poll), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvmsg),
    SCMP_SYS(ioctl), SCMP_SYS(uname), SCMP_SYS(getppid),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait),
};

/* Files are opened to be read, sockets of these families alone. */
static int allow_network(scmp_filter_ctx filter)
{
    static const int families[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK };
    int rc = npie_filter_allow(filter, network,
                               sizeof(network) / sizeof(*network));

    for (size_t i = 0; rc == 0 && i < sizeof(families) / sizeof(*families);
         i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i],
                                      0));
    }
    if (rc == 0) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
                              SCMP_A1(SCMP_CMP_MASKED_EQ, NOT_READING, 0));
    }
    return rc != 0 ? rc
        : seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
                           SCMP_A2(SCMP_CMP_MASKED_EQ, NOT_READING, 0));
}

/* Processes, which set a filter of their own. */
static const int workers[] = {
    SCMP_SYS(clone), SCMP_SYS(fork), SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq), SCMP_SYS(set_tid_address), SCMP_SYS(wait4), SCMP_SYS(kill),
    SCMP_SYS(socketpair), SCMP_SYS(prctl), SCMP_SYS(seccomp),
};

static int allow(scmp_filter_ctx filter, npie_cage_t cage)
{
    int rc = npie_filter_allow_life(filter);

    if (rc == 0) {
        rc = npie_filter_allow(filter, pair, sizeof(pair) / sizeof(*pair));
    }
    if (rc != 0 || cage == NPIE_CAGE_PAIR) {
        return rc;
    }
    if (cage == NPIE_CAGE_WORKERS) {
        return npie_filter_allow(filter, workers,
                                 sizeof(workers) / sizeof(*workers));
    }
    rc = npie_filter_allow(filter, reading,
                           sizeof(reading) / sizeof(*reading));
    return rc != 0 ? rc : cage == NPIE_CAGE_NETWORK ? allow_network(filter)
        : npie_filter_allow(filter, writing,
                            sizeof(writing) / sizeof(*writing));
}

apr_status_t npie_cage_enter(int *pconfined, npie_cage_t cage, npie_err_t *err)
{
    scmp_filter_ctx filter = npie_filter_make();
    apr_status_t rv = npie_filter_load(filter, allow(filter, cage), err);

    *pconfined = rv == APR_SUCCESS;
    return rv;
}
