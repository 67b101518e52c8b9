/* SPDX-License-Identifier: Apache-2.0
 * One line an event.
 */
#include "signer/say.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 1000
#define TEXT_MAX_BYTES 900

void npie_signer_say(const char *level, const char *fmt, ...)
{
    char line[LINE_MAX_BYTES];
    char text[TEXT_MAX_BYTES + 1];
    char when[24];
    struct tm utc;
    time_t now = time(NULL);
    va_list ap;
    int len;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    /* What a peer sent may stand in the text: it must not end the line or
     * speak to a terminal. */
    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            *c = '?';
        }
    }
    gmtime_r(&now, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    len = snprintf(line, sizeof(line), "%s npie-signer[%ld] %s: %s\n", when,
                   (long)getpid(), level, text);
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0) {
        /* There is nowhere else to say it. */
        return;
    }
}

void npie_signer_say_err(const char *level, const char *what,
                         const npie_err_t *err)
{
    if (err->problem != NPIE_P_NONE) {
        npie_signer_say(level, "%s: problem %d: %s", what, (int)err->problem,
                        err->detail);
    }
    else {
        npie_signer_say(level, "%s: %s", what, err->detail);
    }
}
