/* SPDX-License-Identifier: Apache-2.0
 * The handler of the signals that end npie-renew.
 */
#include "renew/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "renew/language.h"

/* A handler has no other way to say what came. */
static volatile sig_atomic_t came, finishes;

/* What happens, and what to do: write() alone is allowed in a handler. */
static void say(npie_sentence_t what, npie_sentence_t then)
{
    const char *const texts[] = { "\nnpie-renew: ", npie_language_say(what),
                                  "\n  ", npie_language_say(then), "\n" };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); ++i) {
        ssize_t put = write(STDERR_FILENO, texts[i], strlen(texts[i]));

        (void)put;
    }
}

static void handle(int number)
{
    if (finishes && !came) {
        came = 1;
        say(NPIE_S_RENEW_FINISHES, NPIE_S_RENEW_FINISHES_THEN);
        return;
    }
    say(NPIE_S_RENEW_INTERRUPTED, NPIE_S_RENEW_INTERRUPTED_THEN);
    signal(number, SIG_DFL);
    raise(number);
}

void npie_interrupt_watch(int list)
{
    struct sigaction watch;

    memset(&watch, 0, sizeof(watch));
    watch.sa_handler = handle;
    watch.sa_flags = SA_RESTART;
    finishes = list;
    sigaction(SIGINT, &watch, NULL);
    sigaction(SIGTERM, &watch, NULL);
}

int npie_interrupt_came(void)
{
    return came;
}
