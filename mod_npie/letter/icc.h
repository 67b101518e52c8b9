/* SPDX-License-Identifier: Apache-2.0
 * The colour profile of the output intent.
 */
#ifndef NPIE_LETTER_ICC_H
#define NPIE_LETTER_ICC_H

#include <apr_pools.h>

#include "base/bytes.h"

/** Builds a grey display profile of version 2 (ICC.1:2001-04): D50, gamma 2.2.
 * Always the same bytes, in p. */
npie_bytes_t npie_icc_gray(apr_pool_t *p);

#endif
