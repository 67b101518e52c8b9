/* SPDX-License-Identifier: Apache-2.0
 * A poll loop over nonblocking connections, each with a deadline of its own,
 * so that a slow or silent peer costs the others nothing.
 */
#include "signer/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "signer/say.h"
#include "base/ticks.h"

#define CONNECTIONS_MAX 64
#define FRAME_TIME (5 * APR_USEC_PER_SEC)  /* for a request or a reply */
#define ENDING_TIME (2 * APR_USEC_PER_SEC) /* after SIGTERM */

/* One connection: first it reads a header, then a payload, then it writes. */
typedef struct connection_t {
    int fd;                /* -1: this slot is free */
    int closing;           /* hang up after the reply */
    apr_interval_time_t deadline;
    apr_pool_t *p;         /* cleared between two requests */
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t header;
    unsigned char *payload; /* NULL while the header is read */
    apr_size_t have;       /* bytes of header or payload read */
    npie_bytes_t reply;    /* what is still to be written */
} connection_t;

typedef struct server_t {
    int fd; /* -1 once the signer is ending */
    uid_t peer;
    npie_ops_t *ops;
    apr_pool_t *p;
    connection_t connections[CONNECTIONS_MAX];
    int used;
} server_t;

/* A signal's only way to tell. */
static volatile sig_atomic_t ending;

static void on_end(int number)
{
    (void)number;
    ending = 1;
}

apr_status_t npie_server_prepare(int fd)
{
    struct sigaction action;
    sigset_t blocked;
    int flags = fcntl(fd, F_GETFL);

    memset(&action, 0, sizeof(action));
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    action.sa_handler = on_end;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    /* They arrive only while the loop waits, never between its test of
     * `ending` and the waiting. */
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    if (sigprocmask(SIG_BLOCK, &blocked, NULL) != 0 || flags < 0
        || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) {
        return errno;
    }
    return APR_SUCCESS;
}

static void hang_up(server_t *server, connection_t *c)
{
    close(c->fd);
    c->fd = -1;
    apr_pool_destroy(c->p);
    c->p = NULL;
    server->used--;
}

/* Makes ready for the next frame. */
static void expect_frame(connection_t *c)
{
    apr_pool_clear(c->p);
    c->payload = NULL;
    c->have = 0;
    c->reply.data = NULL;
    c->reply.len = 0;
    c->deadline = npie_ticks() + FRAME_TIME;
}

/* Is the process at the other end the one that may ask? */
static int peer_may(const server_t *server, int fd)
{
    struct ucred cred;
    socklen_t len = sizeof(cred);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0
        || len != sizeof(cred)) {
        npie_signer_say("warn", "refused a peer: who it is cannot be told");
        return 0;
    }
    if (cred.uid != server->peer) {
        npie_signer_say("warn", "refused a peer: process %ld of uid %ld, and "
                        "PeerUser is uid %ld", (long)cred.pid, (long)cred.uid,
                        (long)server->peer);
        return 0;
    }
    return 1;
}

static apr_status_t take_connection(server_t *server)
{
    int fd = accept4(server->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0) {
        return errno == EBADF || errno == EINVAL || errno == ENOTSOCK
               ? errno : APR_SUCCESS;
    }
    if (!peer_may(server, fd)) {
        close(fd);
        return APR_SUCCESS;
    }
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        connection_t *c = &server->connections[i];

        if (c->fd < 0) {
            c->fd = fd;
            c->closing = 0;
            apr_pool_create(&c->p, server->p);
            expect_frame(c);
            server->used++;
            return APR_SUCCESS;
        }
    }
    close(fd);
    return APR_SUCCESS;
}

/* The header is here: is there to be a payload? */
static void take_header(connection_t *c)
{
    c->have = 0;
    if (npie_signer_header_get(&c->header, c->raw) != APR_SUCCESS
        || c->header.length > NPIE_SIGNER_PAYLOAD_MAX) {
        npie_signer_say("warn", "refused a frame: version or length is out "
                        "of range");
        npie_ops_refuse(&c->reply, &c->header, NPIE_SIGNER_MALFORMED,
                        NPIE_P_REQUEST, "version or length is out of range",
                        c->p);
        /* Where the next frame begins cannot be told any more. */
        c->closing = 1;
        return;
    }
    c->payload = apr_palloc(c->p, c->header.length + 1);
}

/* Reads what is there. Returns 0 when the connection is over. */
static int read_some(server_t *server, connection_t *c)
{
    apr_size_t want = c->payload == NULL ? sizeof(c->raw) : c->header.length;
    unsigned char *to = c->payload == NULL ? c->raw : c->payload;

    while (c->have < want) {
        ssize_t n = read(c->fd, to + c->have, want - c->have);

        if (n > 0) {
            c->have += (apr_size_t)n;
        }
        else if (n < 0 && errno == EINTR) {
            continue;
        }
        else {
            return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        }
    }
    if (c->payload == NULL) {
        take_header(c);
        return c->closing || c->header.length > 0 ? 1 : read_some(server, c);
    }
    {
        npie_bytes_t payload = { c->payload, c->header.length };

        npie_ops_answer(&c->reply, server->ops, &c->header, payload, c->p);
    }
    c->deadline = npie_ticks() + FRAME_TIME;
    return 1;
}

/* Writes what fits. Returns 0 when the connection is over. */
static int write_some(connection_t *c)
{
    while (c->reply.len > 0) {
        ssize_t n = send(c->fd, c->reply.data, c->reply.len, MSG_NOSIGNAL);

        if (n >= 0) {
            c->reply.data += n;
            c->reply.len -= (apr_size_t)n;
        }
        else if (errno != EINTR) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
    }
    if (c->closing || ending) {
        return 0;
    }
    expect_frame(c);
    return 1;
}

static int serve(server_t *server, connection_t *c)
{
    if (c->reply.len == 0 && !read_some(server, c)) {
        return 0;
    }
    return c->reply.len == 0 || write_some(c);
}

/* Fills the list for poll(); returns its length. */
static nfds_t list(struct pollfd *fds, connection_t **whose, server_t *server)
{
    nfds_t n = 0;

    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        connection_t *c = &server->connections[i];

        if (c->fd >= 0) {
            fds[n].fd = c->fd;
            fds[n].events = c->reply.len > 0 ? POLLOUT : POLLIN;
            whose[n++] = c;
        }
    }
    /* With every slot taken the others wait in the socket's queue. */
    if (server->fd >= 0 && server->used < CONNECTIONS_MAX) {
        fds[n].fd = server->fd;
        fds[n].events = POLLIN;
        whose[n++] = NULL;
    }
    return n;
}

/* Hangs up on those whose time is over; returns microseconds to the next
 * deadline, -1 when there is none. */
static apr_interval_time_t expire(server_t *server)
{
    apr_interval_time_t now = npie_ticks();
    apr_interval_time_t least = -1;

    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        connection_t *c = &server->connections[i];

        if (c->fd < 0) {
            continue;
        }
        if (c->deadline <= now) {
            if (c->have > 0 || c->payload != NULL || c->reply.len > 0) {
                npie_signer_say("warn", "hung up on a peer that was too slow");
            }
            hang_up(server, c);
        }
        else if (least < 0 || c->deadline - now < least) {
            least = c->deadline - now;
        }
    }
    return least;
}

/* SIGTERM came: nobody new is taken, what has begun to come is answered. */
static void begin_end(server_t *server)
{
    apr_interval_time_t last = npie_ticks() + ENDING_TIME;

    close(server->fd);
    server->fd = -1;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        connection_t *c = &server->connections[i];

        if (c->fd < 0) {
            continue;
        }
        if (c->have == 0 && c->payload == NULL && c->reply.len == 0) {
            hang_up(server, c);
        }
        else if (c->deadline > last) {
            c->deadline = last;
        }
    }
}

/* Without them nothing can be decided: they are started together again. */
static int has_ended(const server_t *server, const struct pollfd *fds)
{
    const npie_ops_t *ops = server->ops;
    const int ledger = fds[0].revents != 0 || npie_ledger_gone(ops->ledger);

    if (ledger || fds[1].revents != 0 || ops->drawer.child->broken) {
        npie_signer_say("error", "%s has ended", ledger ? "npie-ledger"
                        : ops->drawer.child->name);
        return 1;
    }
    return 0;
}

static apr_status_t turn(server_t *server, const sigset_t *mask)
{
    struct pollfd fds[CONNECTIONS_MAX + 3];
    connection_t *whose[CONNECTIONS_MAX + 1];
    apr_interval_time_t left = expire(server);
    nfds_t n = list(fds, whose, server);
    struct timespec ts;

    if (n == 0) {
        return APR_SUCCESS;
    }
    /* For their ends alone. */
    fds[n].fd = npie_ledger_descriptor(server->ops->ledger);
    fds[n + 1].fd = server->ops->drawer.child->fd;
    fds[n].events = fds[n + 1].events = 0;
    ts.tv_sec = (time_t)(left / APR_USEC_PER_SEC);
    ts.tv_nsec = (long)(left % APR_USEC_PER_SEC) * 1000;
    if (ppoll(fds, n + 2, left < 0 ? NULL : &ts, mask) < 0) {
        return errno == EINTR ? APR_SUCCESS : errno;
    }
    if (has_ended(server, fds + n)) {
        return APR_EOF;
    }
    for (nfds_t i = 0; i < n; i++) {
        if (fds[i].revents == 0) {
            continue;
        }
        if (whose[i] == NULL) {
            apr_status_t rv = take_connection(server);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        else if (!serve(server, whose[i])) {
            hang_up(server, whose[i]);
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_server_run(int fd, npie_ops_t *ops, uid_t peer,
                             apr_pool_t *p)
{
    server_t *server = apr_pcalloc(p, sizeof(*server));
    apr_status_t rv = APR_SUCCESS;
    sigset_t mask;

    server->fd = fd;
    server->peer = peer;
    server->ops = ops;
    server->p = p;
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        server->connections[i].fd = -1;
    }
    sigprocmask(SIG_BLOCK, NULL, &mask);
    sigdelset(&mask, SIGTERM);
    sigdelset(&mask, SIGINT);
    while (rv == APR_SUCCESS && (server->fd >= 0 || server->used > 0)) {
        rv = turn(server, &mask);
        if (ending && server->fd >= 0) {
            begin_end(server);
        }
    }
    for (int i = 0; i < CONNECTIONS_MAX; i++) {
        if (server->connections[i].fd >= 0) {
            hang_up(server, &server->connections[i]);
        }
    }
    return rv;
}
