/* SPDX-License-Identifier: Apache-2.0
 * Writes and reads fields between bars.
 */
#include "model/bars.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"

/* Appends a field with '|' and '%' escaped. Returns where it ends. */
static char *put(char *out, const char *text)
{
    for (; *text != '\0'; ++text) {
        if (*text == '|' || *text == '%') {
            out = apr_cpystrn(out, *text == '|' ? "%7C" : "%25", 4);
        } else {
            *out++ = *text;
        }
    }
    return out;
}

/* Reverses put() in place. */
static void unescape(char *text)
{
    char *out = text;

    while (*text != '\0') {
        if (strncmp(text, "%7C", 3) == 0 || strncmp(text, "%25", 3) == 0) {
            *out++ = text[1] == '7' ? '|' : '%';
            text += 3;
        } else {
            *out++ = *text++;
        }
    }
    *out = '\0';
}

char *npie_bars_write(const char *const *fields, int count, apr_pool_t *p)
{
    apr_size_t size = sizeof("||||");
    char *line, *out;

    for (int i = 0; i < count; ++i) {
        size += strlen(fields[i]) * 3 + 1;
    }
    out = line = apr_palloc(p, size);
    *out++ = '|';
    for (int i = 0; i < count; ++i) {
        *out++ = '|';
        out = put(out, fields[i]);
    }
    memcpy(out, "||", sizeof("||"));
    return line;
}

int npie_bars_read(const char **fields, int max, npie_bytes_t text,
                   apr_pool_t *p)
{
    char *line;
    int n = 0;

    if (text.len < 4
        || !npie_text_is_clean((const char *)text.data, text.len)
        || memcmp(text.data, "||", 2) != 0
        || memcmp(text.data + text.len - 2, "||", 2) != 0) {
        return 0;
    }
    line = npie_text_of(text, p);
    line[text.len - 2] = '\0';
    for (line += 2; line != NULL; ++n) {
        char *bar = strchr(line, '|');

        if (n == max) {
            return 0;
        }
        if (bar != NULL) {
            *bar++ = '\0';
        }
        unescape(line);
        fields[n] = line;
        line = bar;
    }
    return n;
}

int npie_bars_same(const char *line, npie_bytes_t text)
{
    return strlen(line) == text.len && memcmp(line, text.data, text.len) == 0;
}
