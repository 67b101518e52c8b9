/* SPDX-License-Identifier: Apache-2.0
 * Running npie-signer under the httpd parent.
 */
#include "httpd/signer_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <ap_mpm.h>
#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <unixd.h>

#include "httpd/notice.h"

/* Its exit status for "I cannot start": again would not help. */
#define STARTUP_ERROR 254
#define BACKLOG 128
#define SOCKETS_MAX 16

/* The listening sockets, kept over restarts. */
typedef struct sockets_t {
    int count;
    struct {
        char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
        int fd;
    } at[SOCKETS_MAX];
} sockets_t;

/* A signer under watch. */
typedef struct signer_t {
    server_rec *s;
    const npie_signer_setting_t *setting;
    int fd;
    apr_pool_t *pconf;
    apr_proc_t proc;
} signer_t;

static sockets_t *sockets(void)
{
    static const char key[] = "npie-signer-sockets";
    sockets_t *all = ap_retained_data_get(key);

    return all != NULL ? all : ap_retained_data_create(key, sizeof(*all));
}

/* A cleanup of pconf, which a restart clears as well: the module may be
 * unloaded then, so nothing of ours can wait in a longer-lived pool. */
static apr_status_t remove_sockets(void *pid)
{
    const sockets_t *all = sockets();

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_EXITING
        && getpid() == *(pid_t *)pid) {
        for (int i = 0; i < all->count; ++i) {
            unlink(all->at[i].path);
        }
    }
    return APR_SUCCESS;
}

/* Binds without a moment in which others than us and User may connect. */
static apr_status_t bind_socket(int fd, const struct sockaddr_un *address)
{
    mode_t mask = umask(0177);
    int rc = bind(fd, (const struct sockaddr *)address, sizeof(*address));
    int error = errno;

    umask(mask);
    if (rc != 0) {
        return error;
    }
    if (geteuid() == 0 && chown(address->sun_path, ap_unixd_config.user_id,
                                ap_unixd_config.group_id) != 0) {
        return errno;
    }
    return listen(fd, BACKLOG) == 0 ? APR_SUCCESS : errno;
}

/* A path left over by a server that did not stop cleanly is taken away, but
 * only when it is a socket. */
static void remove_stale(const char *path)
{
    struct stat info;

    if (lstat(path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        unlink(path);
    }
}

static apr_status_t listen_on(int *pfd, const char *path)
{
    sockets_t *all = sockets();
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    apr_status_t rv;
    int fd;

    for (int i = 0; i < all->count; ++i) {
        if (strcmp(all->at[i].path, path) == 0) {
            *pfd = all->at[i].fd;
            return APR_SUCCESS;
        }
    }
    if (strlen(path) >= sizeof(address.sun_path)
        || all->count == SOCKETS_MAX) {
        return APR_ENAMETOOLONG;
    }
    apr_cpystrn(address.sun_path, path, sizeof(address.sun_path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    remove_stale(path);
    rv = bind_socket(fd, &address);
    if (rv != APR_SUCCESS) {
        close(fd);
        return rv;
    }
    apr_cpystrn(all->at[all->count].path, path, sizeof(address.sun_path));
    all->at[all->count++].fd = fd;
    *pfd = fd;
    return APR_SUCCESS;
}

static void watch(int reason, void *data, int status);

static apr_status_t spawn(signer_t *signer)
{
    const char *args[] = { signer->setting->program, "-f",
                           signer->setting->config, NULL };
    static const char *const environment[] = { "LC_ALL=C", NULL };
    apr_procattr_t *attr;
    apr_file_t *in;
    apr_os_file_t fd = signer->fd;
    apr_status_t rv = apr_procattr_create(&attr, signer->pconf);

    if (rv == APR_SUCCESS) {
        rv = apr_procattr_cmdtype_set(attr, APR_PROGRAM);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_os_file_put(&in, &fd, APR_READ | APR_FOPEN_NOCLEANUP,
                             signer->pconf);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_child_in_set(attr, in, NULL);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_procattr_error_check_set(attr, 1);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_proc_create(&signer->proc, signer->setting->program, args,
                             environment, attr, signer->pconf);
    }
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, signer->s, NULL, NPIE_N_SIGNER_SPAWN, "%s",
                    signer->setting->program);
        return rv;
    }
    apr_pool_note_subprocess(signer->pconf, &signer->proc,
                             APR_KILL_AFTER_TIMEOUT);
    apr_proc_other_child_register(&signer->proc, watch, signer, NULL,
                                  signer->pconf);
    ap_log_error(APLOG_MARK, APLOG_INFO, 0, signer->s,
                 "npie-signer started, pid %" APR_PID_T_FMT, signer->proc.pid);
    return APR_SUCCESS;
}

static void watch(int reason, void *data, int status)
{
    signer_t *signer = data;
    int mpm_state = AP_MPMQ_STOPPING;

    switch (reason) {
    case APR_OC_REASON_DEATH:
    case APR_OC_REASON_LOST:
        apr_proc_other_child_unregister(signer);
        if (status == STARTUP_ERROR) {
            npie_notice(APLOG_MARK, 0, signer->s, NULL, NPIE_N_SIGNER_CONFIG,
                        "%s", signer->setting->config);
        }
        else if (ap_mpm_query(AP_MPMQ_MPM_STATE, &mpm_state) == APR_SUCCESS
                 && mpm_state != AP_MPMQ_STOPPING) {
            npie_notice(APLOG_MARK, 0, signer->s, NULL, NPIE_N_SIGNER_DIED,
                        "status %d", status);
            spawn(signer);
        }
        break;
    case APR_OC_REASON_RESTART:
        apr_proc_other_child_unregister(signer);
        break;
    default:
        break;
    }
}

apr_status_t npie_signer_proc_start(server_rec *s,
                                    const npie_signer_setting_t *setting,
                                    const char *path, apr_pool_t *pconf)
{
    signer_t *signer = apr_pcalloc(pconf, sizeof(*signer));
    pid_t *pid = apr_palloc(pconf, sizeof(*pid));
    apr_status_t rv;

    *pid = getpid();
    apr_pool_cleanup_register(pconf, pid, remove_sockets,
                              apr_pool_cleanup_null);
    signer->s = s;
    signer->setting = setting;
    signer->pconf = pconf;
    rv = listen_on(&signer->fd, path);
    if (rv != APR_SUCCESS) {
        npie_notice(APLOG_MARK, rv, s, NULL, NPIE_N_SIGNER_SOCKET, "%s", path);
        return rv;
    }
    return spawn(signer);
}

void npie_signer_proc_child_init(void)
{
    const sockets_t *all = sockets();

    for (int i = 0; i < all->count; ++i) {
        close(all->at[i].fd);
    }
}
