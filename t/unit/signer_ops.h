/* SPDX-License-Identifier: Apache-2.0
 * What npie-signer answers with, in this process, for tests that go round its
 * socket.
 */
#ifndef NPIE_UNIT_SIGNER_OPS_H
#define NPIE_UNIT_SIGNER_OPS_H

#include "signer/op.h"
#include "unit/signer_fixture.h"

/* Everything that the program opens when it starts, but its sandbox. */
void signer_ops(npie_ops_t *ops, const fixture_signer_t *signer,
                apr_pool_t *p);

#endif
