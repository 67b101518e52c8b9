/* SPDX-License-Identifier: Apache-2.0
 * The terminal without echo, and back.
 */
#include "renew/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define WATCHED (sizeof(watched) / sizeof(watched[0]))

/* A handler has no other way to say what came. */
static volatile sig_atomic_t caught;

static void note(int signal)
{
    caught = signal;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

int npie_terminal_is_there(void)
{
    int fd = open_terminal();

    return fd >= 0 && close(fd) == 0;
}

static void write_all(int fd, const char *text)
{
    apr_size_t len = strlen(text);
    ssize_t put;

    while (len > 0) {
        put = write(fd, text, len);
        if (put < 0) {
            return;
        }
        text += put;
        len -= (apr_size_t)put;
    }
}

/* One line, byte by byte: what comes after it is not ours. */
static apr_status_t read_line(char *buf, apr_size_t size, int fd)
{
    apr_size_t len = 0;
    int too_long = 0;
    ssize_t got;
    char c;

    for (;;) {
        got = read(fd, &c, 1);
        if (got != 1 || c == '\n') {
            break;
        }
        if (len + 1 < size) {
            buf[len++] = c;
        }
        else {
            too_long = 1;
        }
    }
    buf[len] = '\0';
    if (got != 1) {
        memset(buf, 0, size);
        return APR_EOF;
    }
    return too_long ? APR_EINVAL : APR_SUCCESS;
}

static apr_status_t ask_once(char *buf, apr_size_t size, const char *question,
                             int hidden)
{
    struct sigaction before[WATCHED], watch;
    struct termios was, quiet;
    int fd = open_terminal();
    apr_status_t rv;

    if (fd < 0 || tcgetattr(fd, &was) != 0) {
        return APR_ENOENT;
    }
    memset(&watch, 0, sizeof(watch));
    watch.sa_handler = note;
    caught = 0;
    for (apr_size_t i = 0; i < WATCHED; ++i) {
        sigaction(watched[i], &watch, &before[i]);
    }
    if (hidden) {
        quiet = was;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ECHONL;
        tcsetattr(fd, TCSAFLUSH, &quiet);
    }
    /* Only now: who types as soon as asked must not be shown either. */
    write_all(fd, question);
    rv = read_line(buf, size, fd);
    if (hidden) {
        tcsetattr(fd, TCSAFLUSH, &was);
    }
    for (apr_size_t i = 0; i < WATCHED; ++i) {
        sigaction(watched[i], &before[i], NULL);
    }
    close(fd);
    return rv;
}

static apr_status_t ask(char *buf, apr_size_t size, const char *question,
                        int hidden)
{
    apr_status_t rv;

    /* After a stop (Ctrl-Z) the question is put again. */
    do {
        rv = ask_once(buf, size, question, hidden);
        if (caught != 0) {
            kill(getpid(), caught);
        }
    } while (caught == SIGTSTP);
    return rv;
}

apr_status_t npie_terminal_ask_hidden(char *buf, apr_size_t size,
                                      const char *question)
{
    return ask(buf, size, question, 1);
}

apr_status_t npie_terminal_ask(char *buf, apr_size_t size,
                               const char *question)
{
    return ask(buf, size, question, 0);
}
