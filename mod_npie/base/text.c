/* SPDX-License-Identifier: Apache-2.0
 * Strict UTF-8, and text forms of bytes and times.
 */
#include "base/text.h"

#include <string.h>

#include <apr_strings.h>

/* By the table of RFC 3629 section 4. */
apr_size_t npie_text_sequence(apr_uint32_t *code, const char *text,
                              apr_size_t len)
{
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char low, high;   /* of the second */
        unsigned char count;
    } forms[] = {
        { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 },
        { 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
        { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };
    const unsigned char *s = (const unsigned char *)text;
    apr_size_t i = 0;

    if (len == 0) {
        return 0;
    }
    if (s[0] < 0x80) {
        *code = s[0];
        return 1;
    }
    while (i < sizeof(forms) / sizeof(forms[0])
           && (s[0] < forms[i].first || s[0] > forms[i].last)) {
        ++i;
    }
    if (i == sizeof(forms) / sizeof(forms[0]) || forms[i].count > len
        || s[1] < forms[i].low || s[1] > forms[i].high) {
        return 0;
    }
    *code = s[0] & (0xFFu >> (forms[i].count + 1));
    *code = *code << 6 | (s[1] & 0x3Fu);
    for (apr_size_t k = 2; k < forms[i].count; ++k) {
        if ((s[k] & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (s[k] & 0x3Fu);
    }
    return forms[i].count;
}

static int is_clean(const char *text, apr_size_t len, int multiline)
{
    while (len > 0) {
        apr_uint32_t code = 0;
        apr_size_t n = npie_text_sequence(&code, text, len);

        if (n == 0) {
            return 0;
        }
        if ((code < 0x20 || (code >= 0x7F && code < 0xA0))
            && !(multiline
                 && (code == '\t' || code == '\r' || code == '\n'))) {
            return 0;
        }
        text += n;
        len -= n;
    }
    return 1;
}

int npie_text_is_clean(const char *text, apr_size_t len)
{
    return is_clean(text, len, 0);
}

int npie_text_is_clean_multiline(const char *text, apr_size_t len)
{
    return is_clean(text, len, 1);
}

apr_size_t npie_text_length(const char *text)
{
    apr_size_t count = 0;

    for (; *text != '\0'; ++text) {
        count += ((unsigned char)*text & 0xC0) != 0x80;
    }
    return count;
}

/* Bytes of the blank at s, 0 when there is none. */
static apr_size_t blank(const char *s)
{
    if (*s == ' ') {
        return 1;
    }
    return s[0] == '\xC2' && s[1] == '\xA0' ? 2 : 0;
}

char *npie_text_of(npie_bytes_t bytes, apr_pool_t *p)
{
    return bytes.len == 0 ? apr_pcalloc(p, 1)
        : apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
}

char *npie_text_trim(const char *text, apr_pool_t *p)
{
    char *result = apr_palloc(p, strlen(text) + 1);
    char *out = result;
    int pending = 0;

    while (*text != '\0') {
        apr_size_t n = blank(text);

        if (n > 0) {
            pending = 1;
            text += n;
            continue;
        }
        if (pending && out > result) {
            *out++ = ' ';
        }
        pending = 0;
        *out++ = *text++;
    }
    *out = '\0';
    return result;
}

char *npie_text_hex(npie_bytes_t bytes, apr_pool_t *p)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = apr_palloc(p, bytes.len * 2 + 1);

    for (apr_size_t i = 0; i < bytes.len; ++i) {
        hex[2 * i] = digits[bytes.data[i] >> 4];
        hex[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    hex[bytes.len * 2] = '\0';
    return hex;
}

int npie_text_is_hex64(const char *text, apr_size_t len)
{
    return len == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* The value of a base64 character, -1 for any other. */
static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+') {
        return 62;
    }
    return c == '/' ? 63 : -1;
}

apr_status_t npie_text_base64_decode(npie_bytes_t *out, const char *text,
                                     apr_size_t len, apr_pool_t *p)
{
    unsigned char *data = apr_palloc(p, len / 4 * 3 + 3);
    apr_uint32_t group = 0;
    apr_size_t n = 0;
    int have = 0, pads = 0;

    for (apr_size_t i = 0; i < len; ++i) {
        int value = base64_value(text[i]);

        if (text[i] == ' ' || text[i] == '\t' || text[i] == '\r'
            || text[i] == '\n') {
            continue;
        }
        if (text[i] == '=' && have + pads >= 2 && have + pads < 4) {
            ++pads;
            continue;
        }
        if (value < 0 || pads > 0) {
            return NPIE_EINPUT;
        }
        group = group << 6 | (apr_uint32_t)value;
        if (++have == 4) {
            data[n++] = (unsigned char)(group >> 16);
            data[n++] = (unsigned char)(group >> 8);
            data[n++] = (unsigned char)group;
            group = 0;
            have = 0;
        }
    }
    if (have > 0) {
        /* RFC 4648 section 3.5: bits that are cut off must be zero, or two
         * texts would stand for the same bytes. */
        group <<= 6 * (4 - have);
        if (have + pads != 4 || have < 2
            || (have == 2 ? group & 0xFFFF : group & 0xFF) != 0) {
            return NPIE_EINPUT;
        }
        data[n++] = (unsigned char)(group >> 16);
        if (have == 3) {
            data[n++] = (unsigned char)(group >> 8);
        }
    }
    out->data = data;
    out->len = n;
    return APR_SUCCESS;
}

static char *base64_encode(npie_bytes_t bytes, const char *alphabet,
                           int padded, apr_pool_t *p)
{
    char *text = apr_palloc(p, (bytes.len + 2) / 3 * 4 + 1);
    char *out = text;

    for (apr_size_t i = 0; i < bytes.len; i += 3) {
        apr_size_t left = bytes.len - i;
        apr_uint32_t group = (apr_uint32_t)bytes.data[i] << 16
            | (left > 1 ? (apr_uint32_t)bytes.data[i + 1] << 8 : 0)
            | (left > 2 ? bytes.data[i + 2] : 0u);

        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        if (left > 1) {
            *out++ = alphabet[group >> 6 & 63];
        }
        if (left > 2) {
            *out++ = alphabet[group & 63];
        }
        for (; padded && left < 3; ++left) {
            *out++ = '=';
        }
    }
    *out = '\0';
    return text;
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

char *npie_text_base64_encode(npie_bytes_t bytes, apr_pool_t *p)
{
    return base64_encode(bytes, ALNUM "+/", 1, p);
}

char *npie_text_base64url_encode(npie_bytes_t bytes, apr_pool_t *p)
{
    return base64_encode(bytes, ALNUM "-_", 0, p);
}

char *npie_text_time(apr_time_t t, apr_pool_t *p)
{
    apr_time_exp_t x;

    apr_time_exp_gmt(&x, t);
    return apr_psprintf(p, "%04d-%02d-%02dT%02d:%02d:%02dZ",
                        x.tm_year + 1900, x.tm_mon + 1, x.tm_mday, x.tm_hour,
                        x.tm_min, x.tm_sec);
}

/* Does text have the form, where a '0' stands for any digit? */
static int has_form(const char *text, const char *form)
{
    for (; *form != '\0'; ++text, ++form) {
        if (*form == '0' ? *text < '0' || *text > '9' : *text != *form) {
            return 0;
        }
    }
    return *text == '\0';
}

static int two_digits(const char *s)
{
    return (s[0] - '0') * 10 + s[1] - '0';
}

apr_status_t npie_text_time_parse(apr_time_t *t, const char *text)
{
    apr_time_exp_t x, back;
    apr_time_t time = 0;

    if (!has_form(text, "0000-00-00T00:00:00Z")) {
        return NPIE_EINPUT;
    }
    memset(&x, 0, sizeof(x));
    x.tm_year = two_digits(text) * 100 + two_digits(text + 2) - 1900;
    x.tm_mon = two_digits(text + 5) - 1;
    x.tm_mday = two_digits(text + 8);
    x.tm_hour = two_digits(text + 11);
    x.tm_min = two_digits(text + 14);
    x.tm_sec = two_digits(text + 17);
    if (apr_time_exp_gmt_get(&time, &x) != APR_SUCCESS
        || apr_time_exp_gmt(&back, time) != APR_SUCCESS) {
        return NPIE_EINPUT;
    }
    /* 30 February and 24:60 come back as another date. */
    if (back.tm_year != x.tm_year || back.tm_mon != x.tm_mon
        || back.tm_mday != x.tm_mday || back.tm_hour != x.tm_hour
        || back.tm_min != x.tm_min || back.tm_sec != x.tm_sec) {
        return NPIE_EINPUT;
    }
    *t = time;
    return APR_SUCCESS;
}

apr_time_exp_t npie_text_local(apr_time_t t)
{
    apr_time_exp_t x;

    apr_time_exp_tz(&x, t, -6 * 3600);
    return x;
}

char *npie_text_day(apr_time_t t, apr_pool_t *p)
{
    const apr_time_exp_t x = npie_text_local(t);

    return apr_psprintf(p, "%04d-%02d-%02d", x.tm_year + 1900, x.tm_mon + 1,
                        x.tm_mday);
}

int npie_text_equal_secret(const void *a, const void *b, apr_size_t len)
{
    const volatile unsigned char *x = a, *y = b;
    unsigned char differing = 0;

    for (apr_size_t i = 0; i < len; ++i) {
        differing |= x[i] ^ y[i];
    }
    return differing == 0;
}
