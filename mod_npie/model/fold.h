/* SPDX-License-Identifier: Apache-2.0
 * Compares names as people do who write them differently.
 */
#ifndef NPIE_MODEL_FOLD_H
#define NPIE_MODEL_FOLD_H

#include <apr_pools.h>

/**
 * Reduces a name to its letters and digits, without case and accents: "Peña
 * Ñáñez, S. A. de C. V." and "PENA NANEZ SA DE CV" give the same. Letters that
 * Unicode does not decompose (o with stroke) stay as they are (UAX #15, NFKD).
 * Thread-safe.
 * @param text UTF-8, not NULL
 * @return NUL-ended UTF-8 in p; "" also for text that is not UTF-8
 */
const char *npie_fold(const char *text, apr_pool_t *p);

#endif
