/* SPDX-License-Identifier: Apache-2.0
 * What went wrong: the project's status codes and the record that explains
 * one of them to a person.
 */
#ifndef NPIE_BASE_STATUS_H
#define NPIE_BASE_STATUS_H

#include <apr_errno.h>

#include "base/problem.h"

/** Status codes of this project, beside APR's own. APR_NOTFOUND means that
 * the thing asked for does not exist. */
enum {
    NPIE_EBASE = APR_OS_START_USERERR + 6400,
    NPIE_EINPUT,     /**< bad input from outside: refuse, tell why */
    NPIE_ESIGNATURE, /**< a signature or a certificate chain does not hold */
    NPIE_EPOLICY,    /**< well-formed, but the rules do not allow it */
    NPIE_ECONFLICT,  /**< somebody else was first; look again */
    NPIE_EPROTO,     /**< a peer of ours does not keep to the protocol */
    NPIE_EBACKEND,   /**< Redis, registry or signer out of reach; try later */
    NPIE_ECONFIG,    /**< a file or setting of the admin's is wrong */
    NPIE_EINTERNAL,  /**< a library failed where it must not */
    NPIE_EDAMAGED,   /**< stored data are not what was written */
    NPIE_EEND
};

/** Why a call failed. Callers own it (usually on the stack) and may pass
 * NULL where they do not care. Set only by npie_err_set(). */
typedef struct npie_err_t {
    apr_status_t status;    /**< the status the call returned */
    npie_problem_t problem; /**< number shown to the user; 0 = none chosen */
    char detail[256];       /**< English, for the log; no secrets; UTF-8, NUL ended */
} npie_err_t;

/**
 * Notes a failure and hands its status back, so that a function can end with
 * `return npie_err_set(err, NPIE_EINPUT, NPIE_P_..., "...")`.
 * @param err may be NULL: nothing is noted then
 * @param status never APR_SUCCESS
 * @param problem number for the user, or NPIE_P_NONE
 * @param fmt printf format (constant), English; longer text is cut
 * @return status
 */
apr_status_t npie_err_set(npie_err_t *err, apr_status_t status,
                          npie_problem_t problem, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__
/* A static analyser that sees one file at a time cannot know that a failure
 * noted is a failure returned. */
#define npie_err_set(err, status, ...) \
    (npie_err_set(err, status, __VA_ARGS__), (status))
#endif

/**
 * The English text of a status: of this project's codes, else APR's.
 * @param buf filled and NUL ended; len its size in bytes, at least 1
 * @return buf
 */
const char *npie_strerror(apr_status_t status, char *buf, apr_size_t len);

#endif
