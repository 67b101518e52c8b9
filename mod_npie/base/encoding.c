/* SPDX-License-Identifier: Apache-2.0
 * UTF-8, UTF-16 or Windows-1252?
 */
#include "base/encoding.h"

#include <string.h>

#include "base/text.h"

static const char utf8[] = "utf-8";
static const char utf16[] = "utf-16";
static const char windows[] = "windows-1252";

/* What a file's bytes beyond ASCII are. */
typedef struct census_t {
    int characters; /* of UTF-8 */
    int strangers;  /* bytes that are no UTF-8 */
    int line;       /* of the first stranger, from 1 */
} census_t;

apr_uint32_t npie_encoding_windows(unsigned char byte)
{
    static const unsigned short high[32] = {
        0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
        0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
        0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
    };

    return byte >= 0x80 && byte < 0xa0 ? high[byte - 0x80] : byte;
}

char *npie_encoding_put(char *out, apr_uint32_t code)
{
    static const unsigned char heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

    for (int i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(heads[n] | code);
    return out + n;
}

static void count(census_t *census, npie_bytes_t bytes)
{
    const char *text = (const char *)bytes.data;
    apr_uint32_t code;
    int line = 1;

    memset(census, 0, sizeof(*census));
    for (apr_size_t i = 0; i < bytes.len;) {
        apr_size_t n = npie_text_sequence(&code, text + i, bytes.len - i);

        line += text[i] == '\n';
        census->characters += n > 1;
        if (n == 0 && census->strangers++ == 0) {
            census->line = line;
        }
        i += n == 0 ? 1 : n;
    }
}

static apr_status_t from_windows(char **ptext, apr_size_t *plen,
                                 npie_bytes_t bytes, npie_err_t *err,
                                 apr_pool_t *p)
{
    char *out = apr_palloc(p, bytes.len * 3 + 1);
    int line = 1;

    *ptext = out;
    for (apr_size_t i = 0; i < bytes.len; i++) {
        apr_uint32_t code = npie_encoding_windows(bytes.data[i]);

        line += code == '\n';
        if (code == 0 && bytes.data[i] != 0) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                                "line %d: byte %02x is neither UTF-8 nor "
                                "Windows-1252: save the file as UTF-8", line,
                                bytes.data[i]);
        }
        out = npie_encoding_put(out, code);
    }
    *out = '\0';
    *plen = (apr_size_t)(out - *ptext);
    return APR_SUCCESS;
}

/* In which order UTF-16 has its bytes: 1 big end first, 0 small end first,
 * -1: it is no UTF-16. Without a mark two ASCII characters tell. */
static int big_end(npie_bytes_t bytes)
{
    const unsigned char *at = bytes.data;

    if (bytes.len < 2) {
        return -1;
    }
    if (at[0] == 0xff && at[1] == 0xfe) {
        return 0;
    }
    if (at[0] == 0xfe && at[1] == 0xff) {
        return 1;
    }
    if (bytes.len < 4 || (at[0] == 0) == (at[1] == 0)
        || (at[0] == 0) != (at[2] == 0) || (at[1] == 0) != (at[3] == 0)) {
        return -1;
    }
    return at[0] == 0;
}

/* The unit at i, in which a big end is byte `big`. */
static apr_uint32_t unit(npie_bytes_t bytes, apr_size_t i, int big)
{
    return bytes.data[i + (big ? 1 : 0)]
        | (apr_uint32_t)bytes.data[i + (big ? 0 : 1)] << 8;
}

static apr_status_t from_utf16(char **ptext, apr_size_t *plen,
                               npie_bytes_t bytes, int big, npie_err_t *err,
                               apr_pool_t *p)
{
    char *out = apr_palloc(p, bytes.len / 2 * 3 + 1);
    apr_size_t whole = bytes.len & ~(apr_size_t)1;
    int line = 1, bad = whole != bytes.len;

    *ptext = out;
    for (apr_size_t i = 0; i < whole && !bad; i += 2) {
        apr_uint32_t code = unit(bytes, i, big);

        /* RFC 2781 section 2.2: two surrogates make one character. */
        if (code >= 0xd800 && code < 0xe000) {
            apr_uint32_t low = i + 2 < whole ? unit(bytes, i + 2, big) : 0;

            bad = code >= 0xdc00 || low < 0xdc00 || low >= 0xe000;
            code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
            i += 2;
        }
        line += code == '\n';
        if (!bad && !(i == 0 && code == 0xfeff)) {
            out = npie_encoding_put(out, code);
        }
    }
    *out = '\0';
    *plen = (apr_size_t)(out - *ptext);
    return !bad ? APR_SUCCESS
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                       "line %d: the file is UTF-16 with half a character in "
                       "it: save it as UTF-8", line);
}

/* UTF-8 or Windows-1252, and is the file that? */
static apr_status_t choose(const char **pused, const census_t *census,
                           const char *name, npie_err_t *err)
{
    if (name != NULL && strcasecmp(name, windows) == 0) {
        *pused = windows;
        return APR_SUCCESS;
    }
    *pused = census->strangers == 0 ? utf8 : windows;
    if (census->strangers == 0 || (name == NULL && census->characters == 0)) {
        return APR_SUCCESS;
    }
    return name != NULL
        ? npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                       "line %d is not UTF-8: save the file as UTF-8, or give "
                       "--encoding windows-1252", census->line)
        : npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                       "line %d is not UTF-8, other lines are: mend that "
                       "line, or save the whole file as UTF-8",
                       census->line);
}

/* A file of a spreadsheet program that is no text, by its first bytes; NULL:
 * it is none. */
static const char *workbook(npie_bytes_t bytes)
{
    static const struct {
        const char *begin;
        apr_size_t len;
        const char *what;
    } kinds[] = {
        { "PK\003\004", 4, "a workbook (.xlsx or .ods)" },
        { "\xd0\xcf\x11\xe0", 4, "a workbook (.xls)" },
        { "<html", 5, "a web page" }, { "<!DOCTYPE", 9, "a web page" },
        { "<table", 6, "a web page" }, { "<?xml", 5, "XML" },
    };

    for (apr_size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (bytes.len >= kinds[i].len
            && strncasecmp((const char *)bytes.data, kinds[i].begin,
                           kinds[i].len) == 0) {
            return kinds[i].what;
        }
    }
    return NULL;
}

apr_status_t npie_encoding_decode(char **ptext, apr_size_t *plen,
                                  const char **pused, npie_bytes_t bytes,
                                  const char *name, npie_err_t *err,
                                  apr_pool_t *p)
{
    int big = big_end(bytes);
    census_t census;
    apr_status_t rv;

    if (name != NULL && strcasecmp(name, windows) != 0
        && strcasecmp(name, utf8) != 0 && strcasecmp(name, utf16) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "\"%.40s\": the encodings are %s, %s and %s", name,
                            utf8, utf16, windows);
    }
    if (workbook(bytes) != NULL) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING, "the file is %s"
                            ": open it in the spreadsheet program and save it "
                            "as CSV UTF-8", workbook(bytes));
    }
    if (name == NULL ? big >= 0 : strcasecmp(name, utf16) == 0) {
        *pused = utf16;
        return from_utf16(ptext, plen, bytes, big > 0, err, p);
    }
    if (bytes.len >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        bytes.data += 3;
        bytes.len -= 3;
    }
    /* The end of a file as DOS marked it. */
    while (bytes.len > 0 && bytes.data[bytes.len - 1] == 0x1a) {
        bytes.len--;
    }
    count(&census, bytes);
    rv = choose(pused, &census, name, err);
    if (rv == APR_SUCCESS && *pused == windows) {
        return from_windows(ptext, plen, bytes, err, p);
    }
    if (rv == APR_SUCCESS) {
        *ptext = npie_text_of(bytes, p);
        *plen = bytes.len;
    }
    return rv;
}
