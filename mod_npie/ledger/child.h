/* SPDX-License-Identifier: Apache-2.0
 * Programs without keys that npie-signer and npiectl start, and speak to over a
 * pair of sockets: 4 bytes length, big-endian, and so many bytes of fields
 * (base/wire.h).
 */
#ifndef NPIE_LEDGER_CHILD_H
#define NPIE_LEDGER_CHILD_H

#include <sys/types.h>

#include "base/wire.h"
#include "base/status.h"

/** The longest frame, bytes. */
#define NPIE_CHILD_FRAME_MAX (4 * 1024 * 1024)

/** The process at the other end. One thread. */
typedef struct npie_child_t {
    const char *name;            /**< of the program, for messages */
    int fd;
    pid_t pid;
    apr_interval_time_t timeout; /**< for each answer, microseconds */
    int broken; /**< 1: the other end is gone, or does not keep to the
                     protocol: there will be no answer any more */
} npie_child_t;

/** Who is started, and as whom. */
typedef struct npie_child_place_t {
    const char *program; /**< absolute */
    uid_t uid;           /**< becomes this user when root starts it */
    gid_t gid;
    int filter;          /**< 1: its system calls are filtered (-f) */
} npie_child_place_t;

/** A program beside the running one; in p.
 * @param otherwise where it is when it is not there; NULL: nowhere else */
const char *npie_child_program(const char *name, const char *otherwise,
                               apr_pool_t *p);

/**
 * Starts the process, without environment and with none of our files; it ends
 * with the pool, or with who has started it.
 * @param name of the program, static
 * @return APR_SUCCESS; NPIE_ECONFIG
 */
apr_status_t npie_child_start(npie_child_t **pchild, const char *name,
                              const npie_child_place_t *place,
                              npie_err_t *err, apr_pool_t *p);

/** One exchange of frames.
 * @param r set to read the reply's fields
 * @return APR_SUCCESS; NPIE_EBACKEND (SIGNER_DOWN): no answer, and none any
 *         more: what comes later would be taken for that of another request */
apr_status_t npie_child_exchange(npie_wire_reader_t *r, npie_child_t *child,
                                 const npie_wire_writer_t *w,
                                 npie_err_t *err, apr_pool_t *p);

/** Its answer is none of the protocol's. @return NPIE_EPROTO (SIGNER_DOWN) */
apr_status_t npie_child_malformed(npie_child_t *child, npie_err_t *err);

/* Frames, for both ends. */

/** Sends all of a frame by that time, of the monotonic clock.
 * @return APR_SUCCESS; APR_TIMEUP; the system's error */
apr_status_t npie_child_send(int fd, npie_bytes_t fields,
                             apr_interval_time_t until, apr_pool_t *ptemp);
/** Waits for a whole frame.
 * @param until 0: as long as it takes
 * @return APR_SUCCESS; APR_EOF; APR_TIMEUP; NPIE_EPROTO */
apr_status_t npie_child_receive(npie_bytes_t *fields, int fd,
                                apr_interval_time_t until, apr_pool_t *p);

/* In the started process. */

/** Gives up what it has of who has started it: files, core, the way to more
 * privileges; and ends with it. To be called first.
 * @param name of the program; a sentence goes to standard error on failure
 * @param asroot what to name in the configuration: it does not run as root
 * @return 1; 0: it must not go on */
int npie_child_become(const char *name, const char *asroot);

#endif
