/* SPDX-License-Identifier: Apache-2.0
 * Converts UTF-8 to WinAnsi and the extras of a letter.
 */
#include "letter/winansi.h"

#include <string.h>

#include "base/encoding.h"
#include "base/text.h"

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

/* The next code point of valid UTF-8. */
static unsigned decode(const char **at)
{
    apr_uint32_t code = 0;

    *at += npie_text_sequence(&code, *at, 4);
    return code;
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

/* The code of a character; 0 when WinAnsi lacks it. */
static unsigned char code_of(unsigned cp)
{
    if (cp < 0x80 || (cp >= 0xa0 && cp <= 0xff && cp != 0xad)) {
        return (unsigned char)cp;
    }
    for (unsigned char code = 0x80; code < 0xa0; ++code) {
        if (npie_encoding_windows(code) == cp) {
            return code;
        }
    }
    return 0;
}

static unsigned char encode(npie_extras_t *extras, unsigned cp)
{
    unsigned char code = code_of(cp);

    if (code == 0 && extras != NULL) {
        code = npie_extras_code(extras, cp);
    }
    return code != 0 ? code : nearest(cp);
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

char *npie_winansi_encode(npie_extras_t *extras, const char *text,
                          apr_pool_t *p)
{
    char *result = apr_palloc(p, strlen(text) + 1);
    char *out = result;

    while (*text != '\0') {
        unsigned cp = decode(&text);
        unsigned char marked = out == result ? 0
            : put_mark((unsigned char)out[-1], cp);
        unsigned char code = marked != 0 ? 0 : encode(extras, cp);

        if (marked != 0) {
            out[-1] = (char)marked;
        } else if (code != 0) {
            *out++ = (char)code;
        }
    }
    *out = '\0';
    return result;
}

unsigned npie_winansi_missing(const char *text)
{
    unsigned char last = 0;

    while (*text != '\0') {
        unsigned cp = decode(&text);
        unsigned char marked = put_mark(last, cp);

        last = marked != 0 ? marked : code_of(cp);
        if (last == 0 && npie_extras_place(cp) < 0) {
            /* A hyphen or blank of another width looks the same. */
            last = nearest(cp);
            if (last != '-' && last != ' ' && last != 0xa0) {
                return cp;
            }
        }
    }
    return 0;
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
    return code < 0x20 || code == 0x7f ? 0 : npie_encoding_windows(code);
}
