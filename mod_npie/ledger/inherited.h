/* SPDX-License-Identifier: Apache-2.0
 * Descriptors of who has started a process.
 */
#ifndef NPIE_LEDGER_INHERITED_H
#define NPIE_LEDGER_INHERITED_H

/** Closes all descriptors from 3 up. May be called between fork and exec. */
void npie_close_inherited(void);

#endif
