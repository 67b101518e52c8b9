/* SPDX-License-Identifier: Apache-2.0
 * Ctrl-C and SIGTERM: what has been done is said, and how to go on.
 */
#ifndef NPIE_RENEW_INTERRUPT_H
#define NPIE_RENEW_INTERRUPT_H

/**
 * Watches for SIGINT and SIGTERM. They end the process, after a line on
 * standard error; of a list the first of them only stops it, see
 * npie_interrupt_came().
 * @param list 1: a list is worked through
 */
void npie_interrupt_watch(int list);

/** Did such a signal come, so that no other employer is to be begun?
 * 1 = yes. */
int npie_interrupt_came(void);

#endif
