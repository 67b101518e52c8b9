/* SPDX-License-Identifier: Apache-2.0
 * A process to look at something.
 */
#include "httpd/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <apr_strings.h>
#include <http_main.h>
#include <mpm_common.h>

#define DEADLINE apr_time_from_sec(20)
#define TEXT_MAX_BYTES 16384
#define LINE_MAX_BYTES 1200

/* Reads to the end or the deadline. What does not fit is read and dropped. */
static apr_status_t collect(char *text, int fd)
{
    const apr_time_t until = apr_time_now() + DEADLINE;
    char spare[512];
    apr_size_t len = 0;

    for (;;) {
        struct pollfd one = { .fd = fd, .events = POLLIN };
        apr_interval_time_t left = until - apr_time_now();
        apr_size_t room = TEXT_MAX_BYTES - len;
        ssize_t n;

        if (left <= 0) {
            return APR_TIMEUP;
        }
        if (poll(&one, 1, (int)apr_time_as_msec(left) + 1) <= 0) {
            continue;
        }
        n = room > 0 ? read(fd, text + len, room)
                     : read(fd, spare, sizeof(spare));
        if (n < 0 && errno != EINTR) {
            return errno;
        }
        if (n == 0) {
            text[len] = '\0';
            return APR_SUCCESS;
        }
        len += n > 0 && room > 0 ? (apr_size_t)n : 0;
    }
}

/* Does not come back: nothing that httpd has set up for its own end is run. */
static void be_the_process(int fd, npie_probe_fn *run, void *baton,
                           int as_user, apr_pool_t *p)
{
    apr_pool_t *own;

    signal(SIGPIPE, SIG_IGN);
    if (as_user && ap_run_drop_privileges(p, ap_server_conf) != OK) {
        _exit(EXIT_FAILURE);
    }
    apr_pool_create(&own, p);
    run(fd, baton, own);
    _exit(EXIT_SUCCESS);
}

apr_status_t npie_probe_run(char **ptext, int *pstatus, npie_probe_fn *run,
                            void *baton, int as_user, apr_pool_t *p)
{
    apr_status_t rv;
    int fds[2];
    pid_t pid;

    *ptext = apr_pcalloc(p, TEXT_MAX_BYTES + 1);
    if (pipe(fds) != 0) {
        return errno;
    }
    pid = fork();
    if (pid == 0) {
        close(fds[0]);
        be_the_process(fds[1], run, baton, as_user, p);
    }
    close(fds[1]);
    rv = pid < 0 ? errno : collect(*ptext, fds[0]);
    close(fds[0]);
    if (pid > 0) {
        if (rv != APR_SUCCESS) {
            kill(pid, SIGKILL);
        }
        while (waitpid(pid, pstatus, 0) < 0 && errno == EINTR) {
            continue;
        }
    }
    return rv;
}

void npie_probe_say(int fd, npie_notice_t notice, const char *format, ...)
{
    char text[LINE_MAX_BYTES], line[LINE_MAX_BYTES + 16];
    va_list args;
    int len;

    va_start(args, format);
    apr_vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; ++c) {
        *c = *c == '\n' ? ' ' : *c;
    }
    len = apr_snprintf(line, sizeof(line), "%d %s\n", (int)notice, text);
    if (write(fd, line, (apr_size_t)len) != len) {
        _exit(EXIT_FAILURE);
    }
}

int npie_probe_remarks(npie_probe_fn *run, void *baton, const server_rec *s,
                       const ap_directive_t *at, const char *what,
                       apr_pool_t *p)
{
    char *text, *rest = NULL;
    int status = 0, errors = 0;
    apr_status_t rv = npie_probe_run(&text, &status, run, baton, 1, p);

    for (char *line = apr_strtok(text, "\n", &rest); line != NULL;
         line = apr_strtok(NULL, "\n", &rest)) {
        char *said = strchr(line, ' ');
        npie_notice_t notice = (npie_notice_t)atoi(line);

        if (said != NULL) {
            npie_remark(notice, s, at, said + 1);
            errors += notice == NPIE_N_CONFIG;
        }
    }
    if (rv != APR_SUCCESS || status != 0) {
        npie_remark(NPIE_N_CONFIG_DOUBT, s, at, apr_psprintf(
            p, "%s could not be looked at: %s", what,
            rv == APR_TIMEUP ? "it took more than 20 seconds"
            : rv != APR_SUCCESS ? "the system gave no process"
            : "the process that did ended with a fault"));
    }
    return errors;
}
