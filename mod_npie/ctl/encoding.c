/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 or Windows-1252?
 */
#include "ctl/encoding.h"

#include <string.h>

#include <apr_strings.h>

#include "base/text.h"
#include "letter/winansi.h"

static const char utf8[] = "utf-8";
static const char windows[] = "windows-1252";

/* What a file's bytes beyond ASCII are. */
typedef struct census_t {
    int characters; /* of UTF-8 */
    int strangers;  /* bytes that are no UTF-8 */
    int line;       /* of the first stranger, from 1 */
} census_t;

/* The length of the UTF-8 character that begins here; 0 when none does. */
static apr_size_t character(const unsigned char *at, apr_size_t left)
{
    apr_size_t n = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;

    /* C1 controls are well-formed too, whatever a field says of them. */
    if (left >= 2 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0) {
        return 2;
    }
    return left >= n && npie_text_is_clean((const char *)at, n) ? n : 0;
}

static void count(census_t *census, npie_bytes_t bytes)
{
    apr_size_t i = 0;
    int line = 1;

    memset(census, 0, sizeof(*census));
    while (i < bytes.len) {
        apr_size_t n = bytes.data[i] < 0x80
            ? 1 : character(bytes.data + i, bytes.len - i);

        line += bytes.data[i] == '\n';
        census->characters += n > 1;
        if (n == 0 && census->strangers++ == 0) {
            census->line = line;
        }
        i += n == 0 ? 1 : n;
    }
}

static char *put(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    }
    else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    else {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    return out;
}

/* Five codes of Windows-1252 are nothing, where the letters' alphabet has
 * bullets. */
static int is_nothing(unsigned char code)
{
    return strchr("\x81\x8d\x8f\x90\x9d", code) != NULL;
}

static apr_status_t from_windows(char **ptext, apr_size_t *plen,
                                 npie_bytes_t bytes, npie_err_t *err,
                                 apr_pool_t *p)
{
    char *out = apr_palloc(p, bytes.len * 3 + 1);
    int line = 1;

    *ptext = out;
    for (apr_size_t i = 0; i < bytes.len; i++) {
        unsigned char c = bytes.data[i];

        line += c == '\n';
        if (c >= 0x80 && is_nothing(c)) {
            return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                                "line %d: byte %02x is neither UTF-8 nor "
                                "Windows-1252: save the file as UTF-8", line,
                                c);
        }
        out = put(out, c < 0x80 ? c : npie_winansi_unicode(c));
    }
    *out = '\0';
    *plen = (apr_size_t)(out - *ptext);
    return APR_SUCCESS;
}

/* Which of the two, and is the file that? */
static apr_status_t choose(const char **pused, const census_t *census,
                           const char *name, npie_err_t *err)
{
    if (name != NULL && strcasecmp(name, windows) == 0) {
        *pused = windows;
        return APR_SUCCESS;
    }
    if (name != NULL && strcasecmp(name, utf8) != 0) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "\"%.40s\": the encodings are %s and %s", name,
                            utf8, windows);
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
                       "line, or give --encoding windows-1252 if the whole "
                       "file is that", census->line);
}

apr_status_t npie_ctl_decode(char **ptext, apr_size_t *plen,
                             const char **pused, npie_bytes_t bytes,
                             const char *name, npie_err_t *err,
                             apr_pool_t *p)
{
    census_t census;
    apr_status_t rv;

    if (bytes.len >= 2 && (memcmp(bytes.data, "\xff\xfe", 2) == 0
                           || memcmp(bytes.data, "\xfe\xff", 2) == 0)) {
        return npie_err_set(err, NPIE_EINPUT, NPIE_P_ENCODING,
                            "line 1: the file is UTF-16: save it as UTF-8");
    }
    if (bytes.len >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        bytes.data += 3;
        bytes.len -= 3;
    }
    count(&census, bytes);
    rv = choose(pused, &census, name, err);
    if (rv == APR_SUCCESS && *pused == windows) {
        return from_windows(ptext, plen, bytes, err, p);
    }
    if (rv == APR_SUCCESS) {
        *ptext = apr_pstrmemdup(p, (const char *)bytes.data, bytes.len);
        *plen = bytes.len;
    }
    return rv;
}
