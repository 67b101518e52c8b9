/* SPDX-License-Identifier: Apache-2.0
 * What npie-ledger answers.
 */
#ifndef NPIE_LEDGER_SERVE_H
#define NPIE_LEDGER_SERVE_H

#include "ledger/store.h"

/** The backend of a place; NULL: there is none for it. */
const npie_ledger_backend_t *npie_ledger_backend(const char *place);

/**
 * Answers requests until the other end closes.
 * @param ready called once, after the first OPEN, with its place: what is
 *        needed no more is given up then; not 0: the program ends
 * @return 0, or what the program is to end with
 */
int npie_ledger_serve(int fd, int (*ready)(void *baton, const char *place),
                      void *baton, apr_pool_t *p);

#endif
