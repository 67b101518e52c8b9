/* SPDX-License-Identifier: Apache-2.0
 * Processes that answer one request.
 */
#include "draw/worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ticks.h"
#include "ledger/cage.h"
#include "ledger/child.h"

/* Two of these are less than npie-signer waits for an answer. */
#define ANSWER_TIME apr_time_from_msec(2500)
#define TRIES 2
#define EXIT_CAGE 3

/* The worker's whole life. */
static void work(const npie_worker_t *worker, int fd, apr_pool_t *p)
{
    npie_bytes_t request;
    int confined;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0
        || (worker->filter
            && npie_cage_enter(&confined, NPIE_CAGE_PAIR, NULL)
               != APR_SUCCESS)) {
        _exit(EXIT_CAGE);
    }
    if (npie_child_receive(&request, fd, 0, p) == APR_SUCCESS) {
        npie_child_send(fd, worker->answer(worker->baton, request, p), 0, p);
    }
    _exit(0);
}

void npie_worker_ready(npie_worker_t *worker, apr_pool_t *ptemp)
{
    int pair[2];

    if (worker->pid != 0
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return;
    }
    worker->pid = fork();
    if (worker->pid == 0) {
        close(pair[0]);
        /* npie-signer's end is not its business. */
        close(STDIN_FILENO);
        work(worker, pair[1], ptemp);
    }
    close(pair[1]);
    worker->fd = pair[0];
    if (worker->pid < 0) {
        close(pair[0]);
        worker->pid = 0;
    }
}

static void end(npie_worker_t *worker)
{
    close(worker->fd);
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    worker->pid = 0;
}

apr_status_t npie_worker_ask(npie_bytes_t *preply, npie_worker_t *worker,
                             npie_bytes_t request, apr_pool_t *p)
{
    apr_status_t rv = APR_EOF;

    for (int i = 0; rv != APR_SUCCESS && i < TRIES; i++) {
        const apr_interval_time_t until = npie_ticks() + ANSWER_TIME;

        npie_worker_ready(worker, p);
        if (worker->pid == 0) {
            continue;
        }
        rv = npie_child_send(worker->fd, request, until, p);
        if (rv == APR_SUCCESS) {
            rv = npie_child_receive(preply, worker->fd, until, p);
        }
        worker->lost += rv != APR_SUCCESS;
        end(worker);
    }
    return rv == APR_SUCCESS ? rv : NPIE_EBACKEND;
}
