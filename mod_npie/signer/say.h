/* SPDX-License-Identifier: Apache-2.0
 * The signer's log lines, on standard error: httpd's error log or systemd's
 * journal receives them.
 */
#ifndef NPIE_SIGNER_SAY_H
#define NPIE_SIGNER_SAY_H

#include "base/status.h"

/**
 * Writes one line: time in UTC, program, process, level, text. One write(2),
 * so that lines of several processes do not mix; control characters become
 * '?'; longer text is cut at 900 bytes. One thread.
 * @param level "alert", "error", "warn", "notice" or "info"
 * @param fmt printf format (constant), English, no secrets
 */
void npie_signer_say(const char *level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/** Says why something failed: "<what>: <detail>", with the problem's number
 * when there is one. */
void npie_signer_say_err(const char *level, const char *what,
                         const npie_err_t *err);

#endif
