/* SPDX-License-Identifier: Apache-2.0
 * Blanks, invisible characters, accents.
 */
#include "base/plain.h"

#include <string.h>

#include <apr_lib.h>

#include "base/text.h"

/* Unicode 15: category Zs, and what of category Cf people paste unseen. */
static const struct {
    apr_uint32_t first, last;
    int blank;
} unseen[] = {
    { 0x0020, 0x0020, 1 }, { 0x00a0, 0x00a0, 1 }, { 0x00ad, 0x00ad, 0 },
    { 0x061c, 0x061c, 0 }, { 0x1680, 0x1680, 1 }, { 0x180e, 0x180e, 0 },
    { 0x2000, 0x200a, 1 }, { 0x200b, 0x200f, 0 }, { 0x202a, 0x202e, 0 },
    { 0x202f, 0x202f, 1 }, { 0x205f, 0x205f, 1 }, { 0x2060, 0x206f, 0 },
    { 0x3000, 0x3000, 1 }, { 0xfeff, 0xfeff, 0 }
};

/* The length of the blank or invisible character, 0 when it is neither. */
static apr_size_t unseen_at(int *pblank, const char *text)
{
    apr_uint32_t code = 0;
    /* A NUL ends a sequence before it is read past. */
    apr_size_t n = npie_text_sequence(&code, text, 4);

    for (apr_size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); ++i) {
        if (n > 0 && code >= unseen[i].first && code <= unseen[i].last) {
            *pblank = unseen[i].blank;
            return n;
        }
    }
    return 0;
}

apr_size_t npie_plain_blank(const char *text)
{
    int blank;

    return unseen_at(&blank, text);
}

char *npie_plain_visible(const char *text, apr_pool_t *p)
{
    char *result = apr_palloc(p, strlen(text) + 1);
    char *out = result;

    while (*text != '\0') {
        int blank = 0;
        apr_size_t n = unseen_at(&blank, text);

        if (n == 0) {
            *out++ = *text++;
        }
        else if (blank) {
            *out++ = ' ';
        }
        text += n;
    }
    *out = '\0';
    return result;
}

char *npie_plain_joined(const char *text, apr_pool_t *p)
{
    char *result = npie_plain_visible(text, p);
    char *out = result;

    for (const char *in = result; *in != '\0'; ++in) {
        if (*in != ' ' && *in != '-') {
            *out++ = *in;
        }
    }
    *out = '\0';
    return result;
}

/* The letter of ASCII that is meant; 0 for what is no letter and no digit. */
static char letter_of(apr_uint32_t code)
{
    static const char latin[] = "aaaaaaaceeeeiiiidnooooo\0ouuuuyts"
                                "aaaaaaaceeeeiiiidnooooo\0ouuuuyty";

    if (code < 0x80) {
        return apr_isalnum((int)code) ? (char)apr_tolower((int)code) : '\0';
    }
    return code >= 0xc0 && code <= 0xff ? latin[code - 0xc0] : '\0';
}

char *npie_plain_key(const char *name, apr_pool_t *p)
{
    char *key = apr_palloc(p, strlen(name) + 1);
    apr_size_t left = strlen(name), n;
    char *out = key;

    for (; left > 0; name += n, left -= n) {
        apr_uint32_t code = 0;

        n = npie_text_sequence(&code, name, left);
        n = n == 0 ? 1 : n;
        *out = letter_of(code);
        out += *out != '\0';
    }
    *out = '\0';
    return key;
}

int npie_plain_is_one_of(const char *names, const char *key)
{
    apr_size_t len = strlen(key);

    while (names != NULL && len > 0) {
        if (strncmp(names, key, len) == 0
            && (names[len] == ' ' || names[len] == '\0')) {
            return 1;
        }
        names = strchr(names, ' ');
        if (names != NULL) {
            ++names;
        }
    }
    return 0;
}
