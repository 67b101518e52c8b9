/* SPDX-License-Identifier: Apache-2.0
 * The handler of the signals that end npie-renew.
 */
#include "renew/interrupt.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char at_once[] =
    "\nnpie-renew: interrumpido. Lo hecho hasta aquí queda guardado y nada se "
    "pierde.\n  Repita la misma orden para seguir donde quedó.\n";
static const char after_this[] =
    "\nnpie-renew: se termina con lo que está en curso y se da el resumen.\n"
    "  Otra vez Ctrl-C interrumpe ya; la misma orden sigue después con los que "
    "faltan.\n";

/* A handler has no other way to say what came. */
static volatile sig_atomic_t came, finishes;

static void say(const char *text)
{
    ssize_t put = write(STDERR_FILENO, text, strlen(text));

    (void)put;
}

static void handle(int number)
{
    if (finishes && !came) {
        came = 1;
        say(after_this);
        return;
    }
    say(at_once);
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
