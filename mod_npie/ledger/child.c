/* SPDX-License-Identifier: Apache-2.0
 * Starting programs without keys, and asking them.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/ticks.h"
#include "ledger/child.h"
#include "ledger/inherited.h"

#define PATH_SIZE 4096
/* What it is given longer than for its database. */
#define ANSWER_TIME apr_time_from_sec(6)

const char *npie_child_program(const char *name, const char *otherwise,
                               apr_pool_t *p)
{
    char path[PATH_SIZE];
    const ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);
    const char *slash, *beside;

    path[len > 0 ? len : 0] = '\0';
    slash = strrchr(path, '/');
    beside = slash == NULL ? name
        : apr_pstrcat(p, apr_pstrmemdup(p, path, (apr_size_t)(slash - path)),
                      "/", name, NULL);
    return otherwise != NULL && access(beside, X_OK) != 0 ? otherwise
                                                          : beside;
}

/* In the new process, which may call nothing but the system. */
static void become(char *name, const npie_child_place_t *place, int fd)
{
    static char *const environment[] = { NULL };
    char filter[] = "-f";
    char *const arguments[] = { name, place->filter ? filter : NULL, NULL };
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (geteuid() == 0 && place->uid != 0
        && (setgroups(0, NULL) != 0
            || setresgid(place->gid, place->gid, place->gid) != 0
            || setresuid(place->uid, place->uid, place->uid) != 0)) {
        _exit(126);
    }
    if (dup2(fd, STDIN_FILENO) == STDIN_FILENO) {
        npie_close_inherited();
        execve(place->program, arguments, environment);
    }
    _exit(127);
}

/* It ends when the other end of its pair is closed, and with its parent. Who
 * has a filter of system calls can neither wait for it nor signal it. */
static apr_status_t end(void *data)
{
    npie_child_t *child = data;

    close(child->fd);
    return APR_SUCCESS;
}

apr_status_t npie_child_start(npie_child_t **pchild, const char *name,
                              const npie_child_place_t *place,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_child_t *child = apr_pcalloc(p, sizeof(*child));
    char *argument = apr_pstrdup(p, name);
    int pair[2];

    if (access(place->program, X_OK) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "%s: %s",
                            place->program, strerror(errno));
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "a pair of sockets: %s", strerror(errno));
    }
    child->name = name;
    child->timeout = ANSWER_TIME;
    child->fd = pair[0];
    child->pid = fork();
    if (child->pid == 0) {
        become(argument, place, pair[1]);
    }
    close(pair[1]);
    if (child->pid < 0) {
        close(pair[0]);
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "fork: %s",
                            strerror(errno));
    }
    apr_pool_cleanup_register(p, child, end, apr_pool_cleanup_null);
    *pchild = child;
    return APR_SUCCESS;
}

static apr_status_t lost(npie_child_t *child, apr_status_t rv,
                         npie_err_t *err)
{
    char text[120];

    child->broken = 1;
    return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN, "%s: %s",
                        child->name, npie_strerror(rv, text, sizeof(text)));
}

apr_status_t npie_child_malformed(npie_child_t *child, npie_err_t *err)
{
    child->broken = 1;
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_SIGNER_DOWN,
                        "%s does not keep to the protocol", child->name);
}

apr_status_t npie_child_exchange(npie_wire_reader_t *r, npie_child_t *child,
                                 const npie_wire_writer_t *w,
                                 npie_err_t *err, apr_pool_t *p)
{
    const apr_interval_time_t until = npie_ticks() + child->timeout;
    npie_bytes_t reply = { NULL, 0 };
    apr_status_t rv;

    if (child->broken) {
        return lost(child, APR_EOF, err);
    }
    rv = npie_child_send(child->fd, npie_wire_written(w), until, p);
    if (rv == APR_SUCCESS) {
        rv = npie_child_receive(&reply, child->fd, until, p);
    }
    if (rv != APR_SUCCESS) {
        return lost(child, rv, err);
    }
    npie_wire_reader_init(r, reply);
    return APR_SUCCESS;
}
