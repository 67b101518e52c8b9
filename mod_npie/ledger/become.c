/* SPDX-License-Identifier: Apache-2.0
 * The first steps of a program without keys.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/child.h"

/* Nothing of who has started it stays: no files, no core, no way to more
 * privileges. */
static int harden(void)
{
    const struct rlimit none = { 0, 0 };
    int fd;

    do {
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        close(fd);
    }
    umask(077);
    signal(SIGPIPE, SIG_IGN);
    /* Told by hand, a terminal says it to all of a group; the pair's other
     * end is closed when it is time. */
    signal(SIGINT, SIG_IGN);
    return setrlimit(RLIMIT_CORE, &none) == 0
           && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
           && prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0;
}

int npie_child_become(const char *name, const char *asroot)
{
    struct stat st;

    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        fprintf(stderr, "%s is started by npie-signer and npiectl\n", name);
        return 0;
    }
    if (geteuid() == 0) {
        fprintf(stderr, "%s: not as root: name a %s\n", name, asroot);
        return 0;
    }
    return harden();
}
