/* SPDX-License-Identifier: Apache-2.0
 * Changes of texts: words between separators, and lines.
 */
#include <string.h>

#include "fuzz/mutation.h"

/* From one place to another. */
typedef struct span_t {
    size_t from;
    size_t len;
} span_t;

/* What readers of texts trip over. */
static const char *const odd[] = {
    "", " ", "\t", "\n", "\r\n", "\r", "0", "-1", "1", "007", "2147483648",
    "18446744073709551616", "-9223372036854775808", "1e400", "%", "%00", "%0A",
    "%zz", "%C3%B1", "\xc3\xb1", "\xc3", "\xff\xfe", "\xef\xbb\xbf", "\xed\xa0\x80",
    "\xf0\x9f\x98\x80", "\xe2\x80\x8b", "\xe2\x80\xae", "\"", "\"\"", "'", "\\",
    "\\u0000", "\\ud800", "{", "}", "{{", "{}", "[", "]", "[[[[", "null", "true", "<",
    ">", "&", "&amp;", "=", "==", ";", ",", "#", "|", "||", "--", "..", "../", "/",
    "@", ":", "file:", "\x7f", "\x1b[2J", "9999-99-99", "1970-01-01T00:00:00Z",
};

static int is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        || c >= 0x80;
}

/* The word, or the run of equal separators, at a place. */
static span_t word_at(const fuzz_input_t *input, size_t at)
{
    const int word = is_word(input->data[at]);
    size_t from = at, to = at + 1;

    while (from > 0 && is_word(input->data[from - 1]) == word) {
        --from;
    }
    while (to < input->size && is_word(input->data[to]) == word) {
        ++to;
    }
    return (span_t){ from, to - from };
}

/* The line at a place, with its end. */
static span_t line_at(const fuzz_input_t *input, size_t at)
{
    const uint8_t *end = memchr(input->data + at, '\n', input->size - at);
    const size_t to = end != NULL ? (size_t)(end - input->data) + 1
                                  : input->size;

    while (at > 0 && input->data[at - 1] != '\n') {
        --at;
    }
    return (span_t){ at, to - at };
}

static span_t some_span(const fuzz_input_t *input, fuzz_random_t *random)
{
    const size_t at = fuzz_random_below(random, input->size);

    return fuzz_random_below(random, 3) == 0 ? line_at(input, at)
                                             : word_at(input, at);
}

/* The same word many times: counts and sizes that have limits. */
static void repeat(fuzz_input_t *input, span_t span, fuzz_random_t *random)
{
    const size_t count = 1 + fuzz_random_below(random, 70);

    for (size_t i = 0; i < count && span.len < 256; ++i) {
        fuzz_splice(input, span.from, 0, input->data + span.from, span.len);
    }
}

int fuzz_change_text(fuzz_input_t *input, fuzz_random_t *random)
{
    const char *text = odd[fuzz_random_below(random,
                                             sizeof(odd) / sizeof(*odd))];
    span_t span, other;

    if (input->size == 0) {
        return 0;
    }
    span = some_span(input, random);
    other = some_span(input, random);
    switch (fuzz_random_below(random, 7)) {
    case 0: /* emptied */
        fuzz_splice(input, span.from, span.len, NULL, 0);
        break;
    case 1: /* doubled */
        fuzz_splice(input, span.from, 0, input->data + span.from, span.len);
        break;
    case 2: /* another in its place */
        fuzz_splice(input, span.from, span.len, input->data + other.from,
                    other.len);
        break;
    case 3: /* another before it */
        fuzz_splice(input, span.from, 0, input->data + other.from, other.len);
        break;
    case 4:
        fuzz_splice(input, span.from, span.len, (const uint8_t *)text,
                    strlen(text));
        break;
    case 5:
        fuzz_splice(input, span.from + fuzz_random_below(random, span.len), 0,
                    (const uint8_t *)text, strlen(text));
        break;
    default:
        repeat(input, span, random);
        break;
    }
    return 1;
}
