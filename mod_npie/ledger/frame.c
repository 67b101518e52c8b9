/* SPDX-License-Identifier: Apache-2.0
 * Frames between a program and who has started it; its first steps.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/ticks.h"
#include "ledger/child.h"

#define LENGTH_SIZE 4

/* Waits until the socket is ready for events. */
static apr_status_t wait_for(int fd, short events, apr_interval_time_t until)
{
    struct pollfd pfd = { fd, events, 0 };
    const apr_interval_time_t left = until - npie_ticks();
    struct timespec ts = { 0, 0 };
    int n;

    if (until != 0 && left <= 0) {
        return APR_TIMEUP;
    }
    ts.tv_sec = (time_t)(left / APR_USEC_PER_SEC);
    ts.tv_nsec = (long)(left % APR_USEC_PER_SEC) * 1000;
    n = ppoll(&pfd, 1, until == 0 ? NULL : &ts, NULL);
    return n > 0 || (n < 0 && errno == EINTR) ? APR_SUCCESS
        : n == 0 ? APR_TIMEUP : errno;
}

static apr_status_t send_all(int fd, npie_bytes_t bytes,
                             apr_interval_time_t until)
{
    while (bytes.len > 0) {
        const ssize_t n = send(fd, bytes.data, bytes.len,
                               MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            bytes.data += n;
            bytes.len -= (apr_size_t)n;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            const apr_status_t rv = wait_for(fd, POLLOUT, until);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        else if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

static apr_status_t receive_all(unsigned char *to, apr_size_t len, int fd,
                                apr_interval_time_t until)
{
    while (len > 0) {
        const ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

        if (n > 0) {
            to += n;
            len -= (apr_size_t)n;
        }
        else if (n == 0) {
            return APR_EOF;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            const apr_status_t rv = wait_for(fd, POLLIN, until);

            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
        else if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

apr_status_t npie_child_send(int fd, npie_bytes_t fields,
                              apr_interval_time_t until, apr_pool_t *ptemp)
{
    npie_wire_writer_t w;

    npie_wire_writer_init(&w, ptemp);
    npie_wire_put_bytes(&w, fields);
    return send_all(fd, npie_wire_written(&w), until);
}

apr_status_t npie_child_receive(npie_bytes_t *fields, int fd,
                                 apr_interval_time_t until, apr_pool_t *p)
{
    unsigned char length[LENGTH_SIZE];
    const npie_bytes_t view = { length, sizeof(length) };
    npie_wire_reader_t r;
    unsigned char *data;
    apr_status_t rv = receive_all(length, sizeof(length), fd, until);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_wire_reader_init(&r, view);
    fields->len = npie_wire_get_u32(&r);
    if (fields->len > NPIE_CHILD_FRAME_MAX) {
        return NPIE_EPROTO;
    }
    fields->data = data = apr_palloc(p, fields->len + 1);
    return receive_all(data, fields->len, fd, until);
}
