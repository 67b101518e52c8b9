/* SPDX-License-Identifier: Apache-2.0
 * httpd's side of the signer's socket.
 */
#include "signer/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>

#include "base/text.h"
#include "base/wire.h"
#include "letter/seal.h"
#include "pki/cert.h"
#include "base/ticks.h"

/* A signer that is killed while it answers is started again by the parent.
 * One that hangs up this often refuses us, or dies of our request. */
#define HANGUPS_MAX 4
#define PAUSE_FIRST (10 * 1000)  /* microseconds */
#define PAUSE_LONGEST (200 * 1000)
#define CHAIN_MAX 16
#define DETAIL_MAX 1024

npie_signer_t npie_signer_within(const npie_signer_t *signer,
                                 apr_interval_time_t timeout)
{
    npie_signer_t same = *signer;

    same.timeout = timeout < same.timeout ? timeout : same.timeout;
    return same;
}

static apr_status_t wait_for(int fd, short events, apr_interval_time_t deadline)
{
    struct pollfd pfd;

    pfd.fd = fd;
    pfd.events = events;
    for (;;) {
        apr_interval_time_t left = deadline - npie_ticks();
        int n;

        if (left <= 0) {
            return APR_TIMEUP;
        }
        pfd.revents = 0;
        n = poll(&pfd, 1, (int)(left / 1000) + 1);
        if (n > 0) {
            return APR_SUCCESS;
        }
        if (n < 0 && errno != EINTR) {
            return errno;
        }
    }
}

static apr_status_t send_all(int fd, const unsigned char *data, apr_size_t len,
                             apr_interval_time_t deadline)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n >= 0) {
            data += n;
            len -= (apr_size_t)n;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            apr_status_t rv = wait_for(fd, POLLOUT, deadline);

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

/* APR_EOF when the peer hangs up before all of it came. */
static apr_status_t receive_all(int fd, unsigned char *data, apr_size_t len,
                                apr_interval_time_t deadline)
{
    while (len > 0) {
        ssize_t n = recv(fd, data, len, 0);

        if (n > 0) {
            data += n;
            len -= (apr_size_t)n;
        }
        else if (n == 0) {
            return APR_EOF;
        }
        else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            apr_status_t rv = wait_for(fd, POLLIN, deadline);

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

static apr_status_t open_socket(int *pfd, const char *path)
{
    struct sockaddr_un address;
    apr_status_t rv;
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        return APR_ENAMETOOLONG;
    }
    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        rv = errno;
        close(fd);
        return rv;
    }
    *pfd = fd;
    return APR_SUCCESS;
}

/* One frame there and one back. Sets payload to the reply's. */
static apr_status_t converse(npie_bytes_t *payload, int fd,
                             npie_bytes_t request, apr_interval_time_t deadline,
                             apr_pool_t *p)
{
    unsigned char raw[NPIE_SIGNER_HEADER_SIZE];
    npie_signer_header_t asked;
    npie_signer_header_t header;
    unsigned char *data;
    apr_status_t rv;

    npie_signer_header_get(&asked, request.data);
    rv = send_all(fd, request.data, request.len, deadline);
    /* A signer that refuses a frame early hangs up with its reply sent. */
    if (rv != APR_SUCCESS && rv != EPIPE) {
        return rv;
    }
    rv = receive_all(fd, raw, sizeof(raw), deadline);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = npie_signer_header_get(&header, raw);
    if (rv != APR_SUCCESS || header.id != asked.id
        || header.op != (asked.op | NPIE_SIGNER_REPLY)) {
        return NPIE_EPROTO;
    }
    data = apr_palloc(p, header.length + 1);
    rv = receive_all(fd, data, header.length, deadline);
    payload->data = data;
    payload->len = header.length;
    return rv;
}

/* Is it worth another try: is nobody there yet, or did he vanish? */
static int transient(apr_status_t rv, int *hangups)
{
    if (rv == APR_EOF || rv == ECONNRESET || rv == EPIPE) {
        return ++*hangups < HANGUPS_MAX;
    }
    return rv == ECONNREFUSED || rv == ENOENT || rv == EAGAIN;
}

/* Asks until there is an answer, the deadline is over or the failure is one
 * that stays. All operations may be repeated: a certificate issued by the
 * first try is what the second one gets. */
static apr_status_t exchange(npie_bytes_t *payload, const npie_signer_t *signer,
                             npie_bytes_t request, npie_err_t *err,
                             apr_pool_t *p)
{
    apr_interval_time_t deadline = npie_ticks() + signer->timeout;
    apr_interval_time_t pause = PAUSE_FIRST;
    int hangups = 0;
    apr_status_t rv;
    char text[120];

    for (;;) {
        int fd = -1;

        rv = open_socket(&fd, signer->path);
        if (rv == APR_SUCCESS) {
            rv = converse(payload, fd, request, deadline, p);
            close(fd);
        }
        if (rv == APR_SUCCESS) {
            return APR_SUCCESS;
        }
        if (!transient(rv, &hangups) || npie_ticks() + pause >= deadline) {
            break;
        }
        apr_sleep(pause);
        pause = pause * 2 < PAUSE_LONGEST ? pause * 2 : PAUSE_LONGEST;
    }
    npie_strerror(rv, text, sizeof(text));
    if (rv == NPIE_EPROTO) {
        return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                            "signer at %s: %s", signer->path, text);
    }
    return npie_err_set(err, NPIE_EBACKEND, NPIE_P_SIGNER_DOWN,
                        "signer at %s: %s", signer->path, text);
}

apr_status_t npie_signer_malformed(const npie_signer_t *signer,
                                   npie_err_t *err)
{
    return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                        "signer at %s: its answer is malformed", signer->path);
}

/* Says what a status other than OK means; the reader stands behind it. */
static apr_status_t failure(apr_uint32_t status, npie_wire_reader_t *r,
                            const npie_signer_t *signer, npie_err_t *err,
                            apr_pool_t *ptemp)
{
    int problem = npie_wire_get_u16(r);
    const char *detail = npie_wire_get_string(r, DETAIL_MAX, ptemp);

    if (npie_wire_get_end(r) != APR_SUCCESS
        || !npie_text_is_clean(detail, strlen(detail))) {
        return npie_signer_malformed(signer, err);
    }
    switch (status) {
    case NPIE_SIGNER_REFUSED:
        if (problem == NPIE_P_CLOCKS) {
            return npie_err_set(err, NPIE_EBACKEND, NPIE_P_CLOCKS,
                                "signer: %s", detail);
        }
        if (npie_problem_find(problem) == NULL) {
            problem = NPIE_P_ISSUE_REFUSED;
        }
        return npie_err_set(err, NPIE_EPOLICY, (npie_problem_t)problem,
                            "signer: %s", detail);
    case NPIE_SIGNER_BUSY:
    case NPIE_SIGNER_FAILED:
        return npie_err_set(err, NPIE_EBACKEND,
                            problem == NPIE_P_AUTHORITY_ENDS
                            ? NPIE_P_AUTHORITY_ENDS : NPIE_P_SIGNER_DOWN,
                            "signer: %s", detail);
    default:
        return npie_err_set(err, NPIE_EPROTO, NPIE_P_INTERNAL,
                            "signer: status %u: %s", status, detail);
    }
}

static apr_status_t ask(apr_uint32_t *status, npie_wire_reader_t *answer,
                        const npie_signer_t *signer, npie_signer_op_t op,
                        npie_bytes_t fields, npie_err_t *err, apr_pool_t *p)
{
    npie_signer_header_t header = { (apr_uint16_t)op,
                                    (apr_uint32_t)npie_ticks(), 0 };
    const apr_interval_time_t began = npie_ticks();
    npie_bytes_t payload;
    apr_status_t rv;

    *status = NPIE_SIGNER_OK;
    rv = exchange(&payload, signer, npie_signer_frame(&header, fields, p), err,
                  p);
    if (signer->timed != NULL) {
        signer->timed(npie_ticks() - began);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    npie_wire_reader_init(answer, payload);
    *status = npie_wire_get_u32(answer);
    return *status == NPIE_SIGNER_OK
           ? APR_SUCCESS : failure(*status, answer, signer, err, p);
}

apr_status_t npie_signer_ask(npie_wire_reader_t *answer,
                             const npie_signer_t *signer, npie_signer_op_t op,
                             npie_bytes_t fields, npie_err_t *err,
                             apr_pool_t *p)
{
    apr_uint32_t status;

    return ask(&status, answer, signer, op, fields, err, p);
}

apr_status_t npie_signer_ping(npie_signer_state_t *state,
                              const npie_signer_t *signer, npie_err_t *err,
                              apr_pool_t *ptemp)
{
    const npie_bytes_t nothing = { NULL, 0 };
    const apr_time_t asked = apr_time_now();
    npie_wire_reader_t r;
    apr_time_t theirs, answered;
    apr_status_t rv;

    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_PING, nothing, err, ptemp);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    state->pid = npie_wire_get_u32(&r);
    state->entries = npie_wire_get_u64(&r);
    theirs = npie_wire_get_time(&r);
    apr_cpystrn(state->letters,
                npie_wire_get_string(&r, sizeof(state->letters) - 1, ptemp),
                sizeof(state->letters));
    state->refused = npie_wire_get_u64(&r);
    state->lost = npie_wire_get_u64(&r);
    state->held = npie_wire_get_u64(&r);
    /* It looked at its clock at some moment of this exchange. */
    answered = apr_time_now();
    state->ahead = theirs > answered ? theirs - answered
                   : theirs < asked ? theirs - asked : 0;
    return npie_wire_get_end(&r) == APR_SUCCESS
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}

apr_status_t npie_signer_issue(npie_bytes_t *pcert, const npie_signer_t *signer,
                               npie_bytes_t csr, npie_bytes_t letter,
                               npie_err_t *err, apr_pool_t *p)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    npie_bytes_t cert;
    apr_status_t rv;
    int n;

    if (csr.len + letter.len + 8 > NPIE_SIGNER_PAYLOAD_MAX) {
        return npie_err_set(err, NPIE_EPOLICY, NPIE_P_LETTER,
                            "request and letter are longer than a frame");
    }
    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, csr);
    npie_wire_put_bytes(&w, letter);
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_ISSUE, npie_wire_written(&w),
                         err, p);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    cert = npie_wire_get_bytes(&r, NPIE_CERT_MAX);
    n = npie_wire_get_u16(&r);
    for (int i = 0; i < n && i < CHAIN_MAX; i++) {
        npie_wire_get_bytes(&r, NPIE_CERT_MAX);
    }
    if (npie_wire_get_end(&r) != APR_SUCCESS || cert.len == 0) {
        return npie_signer_malformed(signer, err);
    }
    *pcert = cert;
    return APR_SUCCESS;
}

apr_status_t npie_signer_seal(npie_bytes_t *psection,
                              const npie_signer_t *signer, npie_bytes_t letter,
                              npie_err_t *err, apr_pool_t *p)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    npie_bytes_t section;
    apr_uint32_t status;
    apr_status_t rv;

    npie_wire_writer_init(&w, p);
    npie_wire_put_bytes(&w, letter);
    rv = ask(&status, &r, signer, NPIE_SIGNER_SEAL, npie_wire_written(&w), err,
             p);
    if (rv != APR_SUCCESS) {
        return status == NPIE_SIGNER_UNKNOWN_OP ? APR_ENOTIMPL : rv;
    }
    section = npie_wire_get_bytes(&r, NPIE_SEAL_MAX);
    if (npie_wire_get_end(&r) != APR_SUCCESS || section.len == 0) {
        return npie_signer_malformed(signer, err);
    }
    *psection = section;
    return APR_SUCCESS;
}

apr_status_t npie_signer_audit(npie_signer_head_t *kept,
                               const npie_signer_t *signer,
                               const npie_signer_head_t *head, npie_err_t *err,
                               apr_pool_t *ptemp)
{
    npie_wire_reader_t r;
    npie_wire_writer_t w;
    apr_status_t rv;

    npie_wire_writer_init(&w, ptemp);
    npie_wire_put_u64(&w, head != NULL ? (apr_uint64_t)head->sequence : 0);
    npie_wire_put_string(&w, head != NULL ? head->hash : "");
    rv = npie_signer_ask(&r, signer, NPIE_SIGNER_AUDIT, npie_wire_written(&w),
                         err, ptemp);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    kept->sequence = (apr_int64_t)npie_wire_get_u64(&r);
    apr_cpystrn(kept->hash, npie_wire_get_string(&r, sizeof(kept->hash) - 1,
                                                 ptemp), sizeof(kept->hash));
    return npie_wire_get_end(&r) == APR_SUCCESS && kept->sequence >= 0
           && npie_text_is_clean(kept->hash, strlen(kept->hash))
           ? APR_SUCCESS : npie_signer_malformed(signer, err);
}
