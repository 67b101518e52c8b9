/* SPDX-License-Identifier: Apache-2.0
 * Filters of system calls.
 */
#include "ledger/filter_linux.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static const int life[] = {
    /* memory; mmap and mprotect are below */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    SCMP_SYS(mlock), SCMP_SYS(munlock), SCMP_SYS(sysinfo),
    /* time, randomness, waiting */
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(futex), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
    /* who we are, signals, the end */
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

scmp_filter_ctx npie_filter_make(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    if (filter != NULL
        && seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
                            SCMP_ACT_KILL_PROCESS) != 0) {
        seccomp_release(filter);
        filter = NULL;
    }
    return filter;
}

int npie_filter_allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
    int rc = filter == NULL ? -ENOMEM : 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
    }
    return rc;
}

int npie_filter_allow_life(scmp_filter_ctx filter)
{
    static const int memory[] = { SCMP_SYS(mmap), SCMP_SYS(mprotect) };
    int rc = npie_filter_allow(filter, life, sizeof(life) / sizeof(*life));

    /* Memory, but none that code could run from. */
    for (size_t i = 0; rc == 0 && i < sizeof(memory) / sizeof(*memory); i++) {
        rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, memory[i], 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }
    return rc;
}

apr_status_t npie_filter_load(scmp_filter_ctx filter, int rc, npie_err_t *err)
{
    if (rc == 0) {
        rc = seccomp_load(filter);
    }
    seccomp_release(filter);
    return rc == 0 ? APR_SUCCESS
        : npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                       "the filter of system calls: %s", strerror(-rc));
}
