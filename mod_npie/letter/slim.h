/* SPDX-License-Identifier: Apache-2.0
 * Takes out of a TrueType font what a letter does not need: the programs that
 * fit its glyphs to coarse screens, names, and tables for other systems
 * (ISO 32000-1, 9.9; OpenType 1.9). Outlines and widths stay as they are.
 */
#ifndef NPIE_LETTER_SLIM_H
#define NPIE_LETTER_SLIM_H

#include <apr_pools.h>

#include "base/bytes.h"

/** Slims a font. The same font gives the same bytes. Never reads outside them.
 * @return in p; the font itself when it is not of the form that is known */
npie_bytes_t npie_slim(npie_bytes_t font, apr_pool_t *p);

#endif
