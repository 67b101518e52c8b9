/* SPDX-License-Identifier: Apache-2.0
 * The databases of a test program, in a temporary directory.
 */
#ifndef NPIE_UNIT_BACKEND_H
#define NPIE_UNIT_BACKEND_H

/** Makes the directory; the caller removes it with npie_backend_remove().
 * @return its path, static per process */
const char *npie_backend_directory(void);
void npie_backend_remove(void);

/** Runs t/lib/backend.sh with an action.
 * @return its exit status */
int npie_backend_run(const char *action);

/* A call's status; a wrong one is told with what the fixture's err says. */
#define assert_status(f, expected, call)                                     \
    do {                                                                     \
        apr_status_t got_ = (call);                                          \
        if (got_ != (expected)) {                                            \
            fail_msg("%s: %d for %d: %s", #call, got_, (int)(expected),      \
                     (f)->err.detail);                                       \
        }                                                                    \
    } while (0)
#define assert_ok(f, call) assert_status(f, APR_SUCCESS, call)

#endif
