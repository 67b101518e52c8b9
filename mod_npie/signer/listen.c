/* SPDX-License-Identifier: Apache-2.0
 * Taking over or making the listening socket.
 */
#include "signer/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128

static apr_status_t failed(npie_err_t *err, const char *path, const char *what)
{
    return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE, "socket %s: %s", path,
                        what);
}

apr_status_t npie_listen_inherited(int fd, npie_err_t *err)
{
    struct sockaddr_storage address = { 0 };
    socklen_t len = sizeof(address);
    int listening = 0;
    socklen_t size = sizeof(listening);

    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0
        || address.ss_family != AF_UNIX
        || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0
        || !listening) {
        return npie_err_set(err, NPIE_ECONFIG, NPIE_P_NONE,
                            "standard input is no listening unix socket; "
                            "give -s path to make one");
    }
    return APR_SUCCESS;
}

/* Takes away a socket on which nobody listens any more. */
static const char *clear_stale(int fd, const struct sockaddr_un *address)
{
    struct stat st;

    if (lstat(address->sun_path, &st) != 0) {
        return errno == ENOENT ? NULL : strerror(errno);
    }
    if (!S_ISSOCK(st.st_mode)) {
        return "something that is no socket is there";
    }
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0) {
        return "a signer is serving there";
    }
    if (errno != ECONNREFUSED) {
        return strerror(errno);
    }
    return unlink(address->sun_path) == 0 ? NULL : strerror(errno);
}

static const char *bind_and_listen(int fd, const struct sockaddr_un *address,
                                   const npie_signer_config_t *config)
{
    mode_t mask = umask(0117);
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));

    umask(mask);
    if (rc != 0) {
        return strerror(errno);
    }
    if (geteuid() == 0
        && lchown(address->sun_path, config->uid, config->peer_gid) != 0) {
        return strerror(errno);
    }
    return listen(fd, BACKLOG) == 0 ? NULL : strerror(errno);
}

apr_status_t npie_listen_make(int *pfd, const char *path,
                              const npie_signer_config_t *config,
                              npie_err_t *err)
{
    struct sockaddr_un address;
    const char *wrong;
    int probe;
    int fd;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path)) {
        return failed(err, path, "the path must be absolute and at most 107 "
                      "bytes long");
    }
    strcpy(address.sun_path, path);
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0 || fd < 0) {
        wrong = strerror(errno);
    }
    else {
        wrong = clear_stale(probe, &address);
        if (wrong == NULL) {
            wrong = bind_and_listen(fd, &address, config);
        }
    }
    if (probe >= 0) {
        close(probe);
    }
    if (wrong != NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return failed(err, path, wrong);
    }
    *pfd = fd;
    return APR_SUCCESS;
}
