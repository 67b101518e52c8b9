/* SPDX-License-Identifier: Apache-2.0
 * The characters beyond WinAnsi.
 */
#include "letter/extras.h"

/* What the DejaVu fonts of all three kinds have of Latin writing, without
 * marks that shape no name. */
static const struct {
    unsigned short first, last;
} ranges[] = {
    { 0x0100, 0x01c3 }, { 0x01cd, 0x01e3 }, { 0x01e6, 0x01f0 },
    { 0x01f4, 0x01f6 }, { 0x01f8, 0x01f9 }, { 0x01fc, 0x0221 },
    { 0x0224, 0x0241 }, { 0x0250, 0x02af }, { 0x02b9, 0x02b9 },
    { 0x02bb, 0x02c1 }, { 0x0300, 0x033f }, { 0x1e00, 0x1e13 },
    { 0x1e18, 0x1e2d }, { 0x1e30, 0x1e4d }, { 0x1e54, 0x1e63 },
    { 0x1e68, 0x1e79 }, { 0x1e7c, 0x1e99 }, { 0x1e9b, 0x1e9b },
    { 0x1e9f, 0x1ea1 }, { 0x1eac, 0x1ead }, { 0x1eb0, 0x1eb1 },
    { 0x1eb6, 0x1eb9 }, { 0x1ebc, 0x1ebd }, { 0x1ec6, 0x1ec7 },
    { 0x1eca, 0x1ecd }, { 0x1ed8, 0x1edd }, { 0x1ee0, 0x1ee5 },
    { 0x1ee8, 0x1eeb }, { 0x1eee, 0x1ef5 }, { 0x1ef8, 0x1ef9 },
    { 0xa78b, 0xa78c }, { 0xfb01, 0xfb02 },
};

#define COUNT (sizeof(ranges) / sizeof(ranges[0]))

int npie_extras_place(unsigned cp)
{
    int before = 0;

    for (unsigned i = 0; i < COUNT; ++i) {
        if (cp >= ranges[i].first && cp <= ranges[i].last) {
            return before + (int)(cp - ranges[i].first);
        }
        before += ranges[i].last - ranges[i].first + 1;
    }
    return -1;
}

unsigned npie_extras_at(int place)
{
    for (unsigned i = 0; i < COUNT; ++i) {
        int size = ranges[i].last - ranges[i].first + 1;

        if (place < size) {
            return ranges[i].first + (unsigned)place;
        }
        place -= size;
    }
    return 0;
}

unsigned char npie_extras_code(npie_extras_t *extras, unsigned cp)
{
    if (npie_extras_place(cp) < 0) {
        return 0;
    }
    for (int i = 0; i < extras->count; ++i) {
        if (extras->cps[i] == cp) {
            return (unsigned char)(NPIE_EXTRAS_FIRST + i);
        }
    }
    if (extras->count == NPIE_EXTRAS_MAX) {
        extras->full = 1;
        return 0;
    }
    extras->cps[extras->count] = cp;
    return (unsigned char)(NPIE_EXTRAS_FIRST + extras->count++);
}

int npie_extras_is(char c)
{
    return c >= NPIE_EXTRAS_FIRST && c < NPIE_EXTRAS_FIRST + NPIE_EXTRAS_MAX;
}
