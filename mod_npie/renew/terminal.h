/* SPDX-License-Identifier: Apache-2.0
 * Questions at the terminal, /dev/tty, whatever standard input is.
 */
#ifndef NPIE_RENEW_TERMINAL_H
#define NPIE_RENEW_TERMINAL_H

#include <apr_errno.h>

/** Is there a terminal to ask at? 1 = yes. */
int npie_terminal_is_there(void);

/**
 * Asks for a line without showing what is typed. A signal that ends or stops
 * the process finds the terminal as it was. Not thread-safe.
 * @param buf filled, NUL ended, without the line's end; size bytes
 * @return APR_SUCCESS; APR_ENOENT: no terminal; APR_EOF: nothing was typed;
 *         APR_EINVAL: longer than size allows
 */
apr_status_t npie_terminal_ask_hidden(char *buf, apr_size_t size,
                                      const char *question);

/** The same, with what is typed shown. */
apr_status_t npie_terminal_ask(char *buf, apr_size_t size,
                               const char *question);

#endif
