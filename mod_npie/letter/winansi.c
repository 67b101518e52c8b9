/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 to WinAnsi, with the nearest letter for what it lacks.
 */
#include "letter/winansi.h"

#include <string.h>

/* Codes 0x80 to 0x9f. */
static const unsigned short high[32] = {
    0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
    0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
};

/* U+0100 to U+017F without their marks. */
static const char latin_a[] =
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkk"
    "LlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* Combining marks: the letters they may stand on, and what comes of it. */
static const struct {
    unsigned short mark;
    const char *letters;
    const char *marked;
} marks[] = {
    { 0x0300, "AEIOUaeiou", "\xc0\xc8\xcc\xd2\xd9\xe0\xe8\xec\xf2\xf9" },
    { 0x0301, "AEIOUYaeiouy",
      "\xc1\xc9\xcd\xd3\xda\xdd\xe1\xe9\xed\xf3\xfa\xfd" },
    { 0x0302, "AEIOUaeiou", "\xc2\xca\xce\xd4\xdb\xe2\xea\xee\xf4\xfb" },
    { 0x0303, "ANOano", "\xc3\xd1\xd5\xe3\xf1\xf5" },
    { 0x0308, "AEIOUYaeiouy",
      "\xc4\xcb\xcf\xd6\xdc\x9f\xe4\xeb\xef\xf6\xfc\xff" },
    { 0x030a, "Aa", "\xc5\xe5" },
    { 0x030c, "SZsz", "\x8a\x8e\x9a\x9e" },
    { 0x0327, "Cc", "\xc7\xe7" }
};

static unsigned decode(const unsigned char **at)
{
    const unsigned char *s = *at;
    unsigned more = s[0] < 0x80 ? 0 : s[0] < 0xe0 ? 1 : s[0] < 0xf0 ? 2 : 3;
    unsigned cp = more == 0 ? s[0] : s[0] & (0x3fu >> more);

    for (unsigned i = 1; i <= more; ++i) {
        cp = cp << 6 | (s[i] & 0x3fu);
    }
    *at = s + more + 1;
    return cp;
}

/* The nearest code for a character WinAnsi lacks; 0 = it has no width. */
static unsigned char nearest(unsigned cp)
{
    if (cp >= 0x100 && cp < 0x180) {
        return (unsigned char)latin_a[cp - 0x100];
    }
    if (cp >= 0xff01 && cp <= 0xff5e) {
        return (unsigned char)(cp - 0xff01 + '!');
    }
    if ((cp >= 0x200b && cp <= 0x200f) || cp == 0xfeff || cp == 0x00ad
        || (cp >= 0x0300 && cp <= 0x036f)) {
        return 0;
    }
    switch (cp) {
    case 0x2010: case 0x2011: case 0x2212:
        return '-';
    case 0x2015:
        return 0x97;
    case 0x2032:
        return '\'';
    case 0x2033:
        return '"';
    case 0x2007: case 0x202f:
        return 0xa0;
    case 0x1e9e:
        return 0xdf;
    default:
        return cp >= 0x2000 && cp <= 0x200a ? ' ' : '?';
    }
}

static unsigned char encode(unsigned cp)
{
    if (cp < 0x80 || (cp >= 0xa0 && cp <= 0xff && cp != 0xad)) {
        return (unsigned char)cp;
    }
    for (unsigned i = 0; i < 32; ++i) {
        if (high[i] == cp) {
            return (unsigned char)(0x80 + i);
        }
    }
    return nearest(cp);
}

/* Puts a combining mark on a letter. 0 = no such letter. */
static unsigned char put_mark(unsigned char letter, unsigned cp)
{
    const char *at;

    for (unsigned i = 0; i < sizeof(marks) / sizeof(marks[0]); ++i) {
        if (marks[i].mark == cp && letter != '\0') {
            at = strchr(marks[i].letters, letter);
            return at == NULL ? 0
                : (unsigned char)marks[i].marked[at - marks[i].letters];
        }
    }
    return 0;
}

char *npie_winansi_encode(const char *text, apr_pool_t *p)
{
    const unsigned char *at = (const unsigned char *)text;
    char *result = apr_palloc(p, strlen(text) + 1);
    char *out = result;

    while (*at != '\0') {
        unsigned cp = decode(&at);
        unsigned char marked = out == result ? 0
            : put_mark((unsigned char)out[-1], cp);
        unsigned char code = encode(cp);

        if (marked != 0) {
            out[-1] = (char)marked;
        } else if (code != 0) {
            *out++ = (char)code;
        }
    }
    *out = '\0';
    return result;
}

void npie_winansi_upper(char *text)
{
    for (; *text != '\0'; ++text) {
        unsigned char c = (unsigned char)*text;

        if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7)) {
            *text = (char)(c - 0x20);
        } else if (c == 0x9a || c == 0x9c || c == 0x9e) {
            *text = (char)(c - 0x10);
        } else if (c == 0xff) {
            *text = (char)0x9f;
        }
    }
}

unsigned npie_winansi_unicode(unsigned char code)
{
    if (code < 0x20 || code == 0x7f) {
        return 0;
    }
    return code >= 0x80 && code < 0xa0 ? high[code - 0x80] : code;
}
